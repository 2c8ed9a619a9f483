"""The events and properties that a project has seen: descriptions from the story, the rest from the events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from posthog_wizard.sandbox.api.http_messages import HttpReply, invalid
from posthog_wizard.sandbox.api.routes import FALSE, PAGED, TRUE, RequestContext, Route
from posthog_wizard.sandbox.sample import catalog

_SEEN = "SELECT event, min(timestamp), max(timestamp) FROM events GROUP BY event ORDER BY event"
_KINDS = {"event": 1, "person": 2, "group": 3, "session": 4}


def _events(context: RequestContext) -> HttpReply:
    described = {one.name: one.description for one in catalog.EVENTS}
    rows = [
        {
            "id": _identifier("event", name),
            "name": name,
            "description": described.get(name, ""),
            "created_at": first,
            "last_seen_at": last,
            "tags": [],
            "hidden": False,
        }
        for name, first, last in context.engine().sql(_SEEN, project_id=context.project).rows
    ]
    return context.page([row for row in rows if _said(context, "search") in row["name"].lower()])


def _properties(context: RequestContext) -> HttpReply:
    asked, kind = context.request.query, context.request.query.get("type", "event")
    if kind not in _KINDS:
        raise invalid("type", f'"{kind}" is not a valid choice.', "invalid_choice")
    if kind == "group" and "group_type_index" not in asked:
        raise invalid("type", "`group_type_index` must be set for `group` type")
    names = [name for name in _SOURCES[kind](context) if _said(context, "search") in name.lower()]
    if asked.get("exclude_core_properties") in TRUE:
        names = [name for name in names if not name.startswith("$")]
    if asked.get("is_feature_flag") in TRUE | FALSE:
        names = [name for name in names if name.startswith("$feature/") == (asked["is_feature_flag"] in TRUE)]
    return context.page([_property(kind, name) for name in names])


def _of_events(context: RequestContext) -> Iterable[str]:
    """Of the named events where that is asked for, else of all."""
    asked = context.request.query
    if asked.get("filter_by_event_names") not in TRUE:
        return _names(context, "events")
    try:
        names = json.loads(asked.get("event_names", "[]"))
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid("event_names", "event_names must be a JSON list of names.")
    return _names(context, "events WHERE event IN (SELECT unnest(?::VARCHAR[]))", names)


def _names(context: RequestContext, source: str, *parameters: Any) -> list[str]:
    text = f"SELECT DISTINCT unnest(json_keys(properties)) AS name FROM {source} ORDER BY 1"
    return [str(name) for (name,) in context.engine().sql(text, parameters, project_id=context.project).rows]


def _property(kind: str, name: str) -> dict[str, Any]:
    known = catalog.PROPERTIES[kind].get(name)
    return {
        "id": _identifier(kind, name),
        "name": name,
        "description": known.description if known else "",
        "property_type": known.type if known else "String",
        "is_numerical": bool(known and known.type == "Numeric"),
        "type": _KINDS[kind],
        "tags": [],
        "hidden": False,
    }


def _identifier(kind: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{catalog.SITE}/{kind}/{name}"))


def _said(context: RequestContext, name: str) -> str:
    return context.request.query.get(name, "").lower()


_SOURCES: dict[str, Callable[[RequestContext], Iterable[str]]] = {
    "event": _of_events,
    "person": lambda context: _names(context, "persons"),
    "group": lambda _visit: (),
    "session": lambda _visit: catalog.PROPERTIES["session"],
}
_PARAMETERS = frozenset((
    "search", "type", "event_names", "filter_by_event_names", "is_feature_flag", "exclude_core_properties", "exclude_hidden",
    "group_type_index",
))  # fmt: skip
ROUTES: tuple[Route, ...] = (
    Route("GET", "event_definitions/", "event_definition:read", _events, PAGED | {"search"}),
    Route("GET", "property_definitions/", "property_definition:read", _properties, PAGED | _PARAMETERS),
)
