"""The query of an insight: put right where it is plain what was meant, and within the node that draws it. Pure.

https://posthog.com/docs/api/insights; the nodes are those of PostHog's frontend/src/queries/schema.

Chart and table settings, SQL's variables and how a chart looks stay; breakdowns and dates do not, since they say what
is counted.
"""

from __future__ import annotations

from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.merging import Fields, StoredRow, merged
from posthog_wizard.tools.nested_names import refuse_misspelled

_VIZ, _SQL = "InsightVizNode", "DataVisualizationNode"
_CHARTS = ("TrendsQuery", "FunnelsQuery", "RetentionQuery", "PathsQuery", "LifecycleQuery", "StickinessQuery")
_NODES = {**dict.fromkeys(_CHARTS, _VIZ), "HogQLQuery": _SQL}
_LEAST = {"TrendsQuery": 1, "FunnelsQuery": 2, "LifecycleQuery": 1, "StickinessQuery": 1}
_NEEDED = {"RetentionQuery": "retentionFilter", "PathsQuery": "pathsFilter", "HogQLQuery": "query"}
_SAY = {
    "RetentionQuery": 'Add {"period":"Week","targetEntity":{"id":"signed_up","type":"events"},"returningEntity":{…}}.',
    "PathsQuery": 'Add {"includeEventTypes":["$pageview"]}.',
    "HogQLQuery": "Put the SQL there.",
}
_VALUED = ("avg", "sum", "min", "max", "median", "p75", "p90", "p95", "p99")
_FILTERS = 'Write [{"key":"$os","value":"iOS","operator":"exact","type":"event"}].'
# How a chart looks, not what it counts.
_LOOKS = ("display", "layout", "showLegend", "showValuesOnSeries", "funnelVizType")


def source_of(wanted: StoredRow, stored: Any = None) -> dict[str, Any]:
    """The query without a node around it, as PostHog can answer it. Raises WrongUsage, which says what is missing or unknown."""
    bare: Any = wanted.get("source") if wanted.get("kind") in _NODES.values() else wanted
    kind = bare.get("kind") if isinstance(bare, dict) else None
    if kind not in (*_NODES,):  # it may be a list
        raise WrongUsage(f"`query.source.kind` is {kind!r}", f"use {', '.join(_NODES)}")
    if (field := _NEEDED.get(kind)) and bare.get(field) in (None, ""):
        raise WrongUsage(f"`query.{field}` is missing", _SAY[kind])
    series = bare.get("series", [])
    if not isinstance(series, list) or len(series) < _LEAST.get(kind, 0):
        raise WrongUsage(
            f"a {kind} needs at least {_LEAST.get(kind, 0)} `series`", 'add {"kind":"EventsNode","event":"…"}'
        )
    right = {"series": [_series(one) for one in series]} if series else {}
    filters = {"properties": _filters(bare["properties"], grouped=True)} if "properties" in bare else {}
    whole = {**bare, **right, **filters}
    refuse_misspelled(kind, whole, "query" if bare is wanted else "query.source", stored)
    return whole


def node(wanted: StoredRow, stored: Any = None) -> dict[str, Any]:
    """The query as a saved insight holds it: with the node that draws it, which stays as it is stored. Raises WrongUsage."""
    source = source_of(wanted, stored)
    kind = _NODES[source["kind"]]
    given = {**wanted, "kind": kind} if wanted.get("kind") in _NODES.values() else {"kind": kind}
    before = stored if isinstance(stored, dict) and stored.get("kind") == kind else {}
    found = before.get("source")
    inner = found if isinstance(found, dict) else {}
    whole: dict[str, Any] = merged(Fields(), before, given | {"source": source})
    return whole | {"source": _with_looks(source, inner) if inner.get("kind") == source["kind"] else source}


def _with_looks(source: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a new query of the same kind does not say, though it is lost otherwise: SQL's variables, and how the chart looks."""
    if source["kind"] == "HogQLQuery":
        return before | source
    field = source["kind"][:1].lower() + source["kind"].removesuffix("Query")[1:] + "Filter"
    looks = {name: value for name, value in (before.get(field) or {}).items() if name in _LOOKS}
    return source | ({field: looks | (source.get(field) or {})} if looks else {})


def _series(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise WrongUsage("`series` holds something else than events", 'write [{"kind":"EventsNode","event":"…"}]')
    if one.get("math") in _VALUED and not one.get("math_property"):
        raise WrongUsage(f"`math` {one['math']} needs `math_property`", "name the numeric property")
    kind = {} if one.get("kind") else {"kind": "ActionsNode" if isinstance(one.get("id"), int) else "EventsNode"}
    filters = {"properties": _filters(one["properties"], grouped=False)} if one.get("properties") else {}
    return kind | one | filters


def _filters(given: Any, *, grouped: bool) -> Any:
    """A list of filters, or for a whole query a group of lists; one filter alone, or a flat group, is put right."""
    if isinstance(given, dict) and "key" in given:
        given = [given]
    if not isinstance(given, dict):
        if given is not None and not (isinstance(given, list) and all(isinstance(one, dict) for one in given)):
            raise WrongUsage("`properties` holds something else than filters", _FILTERS)
        return given
    values, kind = given.get("values"), given.get("type", "AND")
    if not isinstance(values, list) or (not grouped and kind != "AND"):
        raise WrongUsage("`properties` is an object, not a list of filters", _FILTERS)
    if all(isinstance(one, dict) and "values" not in one for one in values):
        return {"type": kind, "values": [{"type": kind, "values": values}]} if grouped else values
    return given
