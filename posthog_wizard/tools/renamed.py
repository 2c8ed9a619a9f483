"""Tools of PostHog's hosted server (September 2026) that are ours under another name, or that another tool makes needless.

They are not listed: an agent that knows the hosted server calls them all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_Arguments = Mapping[str, Any]
_Turn = Callable[[_Arguments], tuple[str, dict[str, Any]]]


def _to(tool: str, **more: Any) -> _Turn:
    """The same arguments, and these."""
    return lambda given: (tool, {**more, **given})


def _query(kind: str) -> _Turn:
    """A query's fields as arguments: those of its tool of the hosted server."""

    def turned(given: _Arguments) -> tuple[str, dict[str, Any]]:
        as_text = isinstance(given.get("query"), str)
        return "query-run", dict(given) if as_text else {"query": {"kind": kind, **_inner(given)}}

    return turned


def _inner(given: _Arguments) -> _Arguments:
    return given["query"] if isinstance(given.get("query"), Mapping) else given


def _sql(given: _Arguments) -> tuple[str, dict[str, Any]]:
    inner = {"kind": "HogQLQuery", **{name: value for name, value in given.items() if name in {"query", "variables"}}}
    return "query-run", {"query": inner}


def _schema(given: _Arguments) -> tuple[str, dict[str, Any]]:
    """What `read-data-schema` asks about: {"query": {"kind": "events" | "event_properties" | "entity_properties", ...}}."""
    asked = dict(_inner(given))
    kind = asked.pop("kind", "events")
    paged = {name: asked[name] for name in ("limit", "offset") if name in asked}
    if kind == "event_properties":
        named = asked.get("event_name") or asked.get("event")
        return "properties-list", {"type": "event", "event_name": named, "include_predefined_properties": True} | paged
    if kind == "entity_properties":
        return "property-definitions", {"type": asked.get("entity", "person")} | paged
    if kind == "events":
        return "event-definitions-list", paged | ({"q": asked["search"]} if "search" in asked else {})
    return "read-data-schema", dict(given)  # which is not ours


_TURNS: Mapping[str, _Turn] = {
    "experiment-list": _to("experiment-get-all"),
    "experiment-launch": _to("experiment-update", launch=True),
    "experiment-archive": _to("experiment-update", archive=True),
    "feature-flag-get-definition-by-key": _to("feature-flag-get-definition"),
    "insights-list": _to("insights-get-all"),
    "insight-create": _to("insight-create-from-query"),
    "organization-get": _to("organization-details-get"),
    "query-error-tracking-issue": _to("error-details"),
    "query-error-tracking-issues-list": _to("list-errors"),
    "query-trends": _query("TrendsQuery"),
    "query-funnel": _query("FunnelsQuery"),
    "query-retention": _query("RetentionQuery"),
    "query-paths": _query("PathsQuery"),
    "query-stickiness": _query("StickinessQuery"),
    "query-lifecycle": _query("LifecycleQuery"),
    "execute-sql": _sql,
    "read-data-schema": _schema,
}
_INSTEAD: Mapping[str, str] = {
    "dashboard-create-tile": "add-insight-to-dashboard",
    "dashboard-insights-run": "dashboard-get, then insight-query for each insight",
    "experiment-end": "experiment-update with `conclude`",
    "experiment-reset": "experiment-update with `restart`",
    "experiment-pause": "update-feature-flag with `active` false",
    "experiment-resume": "update-feature-flag with `active` true",
    "experiment-ship-variant": "update-feature-flag with the winner at 100 in `filters`",
    "read-data-schema": "event-definitions-list, properties-list, or query-run with SQL for values",
    "query-error-tracking-issue-events": "query-run with SQL over the events `$exception`",
    **{
        f"query-{kind}-actors": "query-run with SQL over `persons`"
        for kind in ("trends", "funnel", "retention", "paths", "stickiness", "lifecycle")
    },
}


def ours(name: str, arguments: _Arguments) -> tuple[str, _Arguments]:
    """The tool that does what the hosted server's tool of that name does, and its arguments; the same where there is none."""
    turn = _TURNS.get(name)
    return turn(arguments) if turn else (name, arguments)


def instead(name: str) -> str | None:
    """What to use instead of a tool of the hosted server that has no counterpart here; None for a name that it has not."""
    return _INSTEAD.get(name)
