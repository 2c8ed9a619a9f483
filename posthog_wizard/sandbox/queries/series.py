"""How a series is counted, the `math` of an EventsNode as an aggregate over the table of events, and how it is split."""

from __future__ import annotations

from typing import Any, NamedTuple

from posthog_wizard.sandbox.hogql.terms import as_number, as_text, sql_text
from posthog_wizard.sandbox.queries.property_filters import Events
from posthog_wizard.sandbox.queries.shapes import whole_number
from posthog_wizard.sandbox.reader import Query, QueryRejected

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
NO_VALUE = "$$_posthog_breakdown_null_$$"  # as PostHog calls the missing value of a breakdown
OTHER = "$$_posthog_breakdown_other_$$"
_USUAL = 25  # values that are shown
_ALL = (*_COUNTS, *ACTIVE_USERS, FIRST, "hogql", *VALUES)


def label(node: Query) -> Any:
    """What people call the series."""
    return node.get("custom_name") or node.get("name") or node.get("event") or "All events"


def math(node: Query) -> str:
    """The node's `math`. Raises QueryRejected for one that the sandbox does not know."""
    found = str(node.get("math") or "total")
    if found not in _ALL:
        raise QueryRejected(f"The sandbox does not know the math {found!r}; there are {', '.join(_ALL)}.", "math")
    return found


def aggregate(node: Query, events: Events) -> str:
    """The value of a group of events, as SQL over their table."""
    found = math(node)
    if found == "hogql":
        return as_number(events.expression(str(node.get("math_hogql") or ""))).sql
    if found in VALUES:
        return VALUES[found].format(_value(node, events))
    return _COUNTS.get(found, _COUNTS["dau"]).format(alias=f'"{events.source.alias}"')


def _value(node: Query, events: Events) -> str:
    """The number that `math_property` names, as SQL."""
    key = node.get("math_property")
    if not isinstance(key, str) or not key:
        raise QueryRejected(f"The math {node.get('math')!r} needs `math_property`.", "math_property")
    kind = "person" if str(node.get("math_property_type", "")).startswith("person") else "event"
    return as_number(events.prop(key, kind)).sql


class Breakdown(NamedTuple):
    """What to split by: a column of texts, as SQL over the table of events. `most`: values that are shown."""

    sql: str
    most: int
    hide_other: bool


def breakdown(query: Query, events: Events) -> Breakdown | None:
    """The query's `breakdownFilter`, None where there is none. Raises QueryRejected."""
    given = query.get("breakdownFilter") or {}
    wanted = [(one.get("property"), one.get("type")) for one in given.get("breakdowns") or []]
    if not wanted:
        keys = given.get("breakdown")
        wanted = [(key, given.get("breakdown_type")) for key in (keys if isinstance(keys, list) else [keys]) if key]
    if not wanted:
        return None
    columns = [as_text(events.prop(str(key), str(kind or "event"))).sql for key, kind in wanted]
    joined = " || '::' || ".join(f"coalesce({column}, {sql_text(NO_VALUE)})" for column in columns)
    most = whole_number(given, "breakdown_limit", _USUAL, least=1, most=1000)
    return Breakdown(joined, most, bool(given.get("breakdown_hide_other_aggregation")))
