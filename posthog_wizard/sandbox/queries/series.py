"""How a series is counted: the `math` of an EventsNode as an aggregate over the table of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_wizard.sandbox.hogql.terms import as_number
from posthog_wizard.sandbox.queries.property_filters import Events
from posthog_wizard.sandbox.reader import QueryRejected

_COUNTS = {
    "total": "count(*)",
    "dau": "count(DISTINCT {alias}.person_id)",
    "unique_session": "count(DISTINCT {alias}.session_id)",
}
VALUES = {
    "sum": "sum({0})",
    "avg": "avg({0})",
    "min": "min({0})",
    "max": "max({0})",
    "median": "quantile_cont({0}, 0.5)",
    "p75": "quantile_cont({0}, 0.75)",
    "p90": "quantile_cont({0}, 0.9)",
    "p95": "quantile_cont({0}, 0.95)",
    "p99": "quantile_cont({0}, 0.99)",
}
ACTIVE_USERS = {"weekly_active": 7, "monthly_active": 30}  # days that a person counts after each event
FIRST = "first_time_for_user"
_ALL = (*_COUNTS, *ACTIVE_USERS, FIRST, "hogql", *VALUES)


def label(node: Mapping[str, Any]) -> Any:
    """What people call the series."""
    return node.get("custom_name") or node.get("name") or node.get("event") or "All events"


def math(node: Mapping[str, Any]) -> str:
    """The node's `math`. Raises QueryRejected for one that the sandbox does not know."""
    found = str(node.get("math") or "total")
    if found not in _ALL:
        raise QueryRejected(f"The sandbox does not know the math {found!r}; there are {', '.join(_ALL)}.", "math")
    return found


def aggregate(node: Mapping[str, Any], events: Events) -> str:
    """The value of a group of events, as SQL over their table."""
    found = math(node)
    if found == "hogql":
        return as_number(events.expression(str(node.get("math_hogql") or ""))).sql
    if found in VALUES:
        return VALUES[found].format(_value(node, events))
    return _COUNTS.get(found, _COUNTS["dau"]).format(alias=f'"{events.source.alias}"')


def _value(node: Mapping[str, Any], events: Events) -> str:
    """The number that `math_property` names, as SQL."""
    key = node.get("math_property")
    if not isinstance(key, str) or not key:
        raise QueryRejected(f"The math {node.get('math')!r} needs `math_property`.", "math_property")
    kind = "person" if str(node.get("math_property_type", "")).startswith("person") else "event"
    return as_number(events.prop(key, kind)).sql
