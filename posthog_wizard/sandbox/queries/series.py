"""What a query asks of the table of events, in SQL: its filters, its series and how they are counted, its breakdown.

Operators: https://posthog.com/docs/product-analytics/trends/filters
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Self

from posthog_wizard.sandbox.hogql.scope import TableSource, table_source
from posthog_wizard.sandbox.hogql.select import expression
from posthog_wizard.sandbox.hogql.terms import Term, as_number, as_text, as_time, moment_term, sql_text, string_term
from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.reader import Query, QueryRejected, Reader, whole_number
from posthog_wizard.sandbox.sample import catalog

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
_ALL = (*_COUNTS, *ACTIVE_USERS, FIRST, "hogql", *VALUES)
_LIKE_WILD = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_TRUE = "true"
_rejected = partial(QueryRejected, attribute="properties")


def both(found: Sequence[str]) -> str:
    """All conditions at once."""
    kept = [one for one in found if one != _TRUE]
    return " AND ".join(f"({one})" for one in kept) if kept else _TRUE


class Events(NamedTuple):
    """The table of events under a name, and what a query's filters ask of it, as SQL."""

    source: TableSource
    now: datetime

    @classmethod
    def of(cls, reader: Reader) -> Self:
        """The table as `e`."""
        return cls(table_source("events", "e"), reader.now)

    def conditions(self, query: Query) -> str:
        """What a query's `properties` and `filterTestAccounts` ask of an event."""
        team = sql_text("%" + catalog.TEAM_DOMAIN)
        outside = f"coalesce({self.prop('email', 'person').sql} NOT ILIKE {team}, true)"
        return both([self.properties(query.get("properties")), outside if query.get("filterTestAccounts") else _TRUE])

    def series(self, node: Query) -> str:
        """What a series asks of an event: its name and properties. Raises QueryRejected for other nodes than events."""
        if node.get("kind") != "EventsNode":
            raise QueryRejected(f"The sandbox counts EventsNodes only, not {node.get('kind')!r}.", "series")
        event = node.get("event")
        named = f"{self.source.fields['event'].sql} = {sql_text(str(event))}" if event else _TRUE
        return both([named, self.properties(node.get("properties")), self.properties(node.get("fixedProperties"))])

    def properties(self, given: Any) -> str:
        """A list of filters, all of which must match, or a group with AND or OR."""
        if not given:
            return _TRUE
        if isinstance(given, Mapping) and "values" in given:
            kind = str(given.get("type", "AND")).upper()
            if kind not in {"AND", "OR"} or not isinstance(given["values"], list):
                raise _rejected(f"A group of filters has a type AND or OR, not {kind!r}, and a list of values.")
            parts = (one if isinstance(one, Mapping) and "values" in one else [one] for one in given["values"])
            return f" {kind} ".join(f"({self.properties(part)})" for part in parts) or _TRUE
        if not isinstance(given, list):
            raise _rejected("`properties` is a list of filters, or a group with `type` and `values`.")
        return both([self._one(one) for one in given])

    def prop(self, key: str, kind: str = "event") -> Term:
        """A property by its name and the `type` of a filter or breakdown. Raises QueryRejected for types without data here."""
        chains = {
            "event": ("properties", key),
            "feature": ("properties", key),
            "event_metadata": (key,),
            "person": ("person", "properties", key),
        }
        if kind == "hogql":
            return self.expression(key)
        if kind not in chains:
            raise _rejected(f"The sandbox knows properties of the types event, person and hogql, not {kind!r}.")
        found = self.source.find(chains[kind])
        if found is None:
            raise _rejected(f"There is no `{key}`.")
        return found

    def expression(self, text: str) -> Term:
        """One HogQL expression over the table. Raises QueryRejected."""
        return expression(text, self.source, self.now)

    def _one(self, given: Any) -> str:
        if not isinstance(given, Mapping) or not isinstance(given.get("key"), str):
            raise _rejected("A filter is an object with `key`, `operator` and `value`.")
        kind, operator = str(given.get("type") or "event"), str(given.get("operator") or "exact")
        if kind == "hogql":
            return f"coalesce(CAST({self.expression(given['key']).sql} AS BOOLEAN), false)"
        if operator not in _OPERATORS:
            raise _rejected(f"The sandbox does not know the operator {operator!r}; there are {', '.join(_OPERATORS)}.")
        found, value = self.prop(given["key"], kind), given.get("value")
        if value is None and operator not in {"is_set", "is_not_set"}:
            raise _rejected(f"The filter on `{given['key']}` has no `value`.")
        return _OPERATORS[operator](found, value, self.now)


_Operator = Callable[[Term, Any, datetime], str]


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _exact(found: Term, value: Any, _: datetime) -> str:
    values = _values(value)
    if found.type == "Number":
        options = [_constant(one).sql for one in values]
        return f"coalesce({found.sql} IN ({', '.join(options)}), false)" if options else "false"
    options = [sql_text(_text(one)) for one in values]
    return f"coalesce({as_text(found).sql} IN ({', '.join(options)}), false)" if options else "false"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _constant(value: Any) -> Term:
    try:
        number = float(str(value))
    except ValueError:
        raise _rejected(f"`{value}` is not a number.") from None
    return Term(f"CAST({sql_text(repr(number))} AS DOUBLE)", "Number")


def _compared(operator: str) -> _Operator:
    return lambda found, value, _: f"coalesce({as_number(found).sql} {operator} {_constant(value).sql}, false)"


def _contains(found: Term, value: Any, _: datetime) -> str:
    parts = [
        f"{as_text(found).sql} ILIKE {sql_text('%' + _text(one).translate(_LIKE_WILD) + '%')} ESCAPE '\\'"
        for one in _values(value)
    ]
    return f"coalesce({' OR '.join(parts)}, false)"


def _matches(found: Term, value: Any, _: datetime) -> str:
    return f"coalesce(regexp_matches({as_text(found).sql}, {string_term(_text(value)).sql}), false)"


def _dated(operator: str) -> _Operator:
    def dated(found: Term, value: Any, now: datetime) -> str:
        at = moment_term(dates.parse_date(value, now)).sql
        return f"coalesce({as_time(found).sql} {operator} {at}, false)"

    return dated


def _on_day(found: Term, value: Any, now: datetime) -> str:
    return f"coalesce(CAST({as_time(found).sql} AS DATE) = CAST({moment_term(dates.parse_date(value, now)).sql} AS DATE), false)"


def _between(found: Term, value: Any, _: datetime) -> str:
    low_and_high = _values(value)
    if len(low_and_high) != 2:  # noqa: PLR2004 - low and high
        raise _rejected("`between` takes a list of two numbers.")
    low, high = (_constant(one).sql for one in low_and_high)
    return f"coalesce({as_number(found).sql} BETWEEN {low} AND {high}, false)"


def _not(operator: _Operator) -> _Operator:
    return lambda found, value, now: f"NOT ({operator(found, value, now)})"


_OPERATORS: dict[str, _Operator] = {
    "exact": _exact,
    "is_not": _not(_exact),
    "in": _exact,
    "not_in": _not(_exact),
    "icontains": _contains,
    "not_icontains": _not(_contains),
    "regex": _matches,
    "not_regex": _not(_matches),
    "gt": _compared(">"),
    "gte": _compared(">="),
    "lt": _compared("<"),
    "lte": _compared("<="),
    "min": _compared(">="),
    "max": _compared("<="),
    "between": _between,
    "not_between": _not(_between),
    "is_set": lambda found, *_: f"{found.sql} IS NOT NULL",
    "is_not_set": lambda found, *_: f"{found.sql} IS NULL",
    "is_date_exact": _on_day,
    "is_date_before": _dated("<"),
    "is_date_after": _dated(">"),
}


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
    if found not in VALUES:
        return _COUNTS.get(found, _COUNTS["dau"]).format(alias=f'"{events.source.alias}"')
    key = node.get("math_property")
    if not isinstance(key, str) or not key:
        raise QueryRejected(f"The math {node.get('math')!r} needs `math_property`.", "math_property")
    said = "session" if key == "$session_duration" else str(node.get("math_property_type"))
    kind = next((one for one in ("person", "session", "data_warehouse") if said.startswith(one)), "event")
    return VALUES[found].format(as_number(events.prop(key, kind)).sql)


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
    most = whole_number(given, "breakdown_limit", 25, least=1, most=1000)
    return Breakdown(joined, most, bool(given.get("breakdown_hide_other_aggregation")))
