"""TrendsQuery: how often, by how many, or how much, over time. See https://posthog.com/docs/product-analytics/trends/overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from posthog_wizard.sandbox.hogql.terms import sql_text
from posthog_wizard.sandbox.queries import dates, series, shapes
from posthog_wizard.sandbox.queries.formulas import calculated
from posthog_wizard.sandbox.queries.property_filters import Events, both
from posthog_wizard.sandbox.queries.series import NO_VALUE, OTHER, Breakdown, breakdown
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, moment_text

# displays with one number a series
_WHOLE = ("BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap")
_CUMULATIVE = "ActionsLineGraphCumulative"
_LABELS = {NO_VALUE: "None", OTHER: "Other"}
_MOST_SERIES = 26  # as many as formulas have letters


class _Frame(NamedTuple):
    """What all series of a query share."""

    query: Query
    reader: Reader
    range: dates.Range
    interval: str
    whole: bool  # one number instead of one an interval

    @property
    def events(self) -> Events:
        """The table that all series count."""
        return Events.of(self.reader)

    @property
    def points(self) -> list[Any]:
        """The first moments of the intervals."""
        return dates.buckets(self.range, self.interval)


def answer(query: Query, reader: Reader) -> Answer:
    """One result for each series and value of the breakdown. Raises QueryRejected."""
    nodes = query.get("series")
    if not isinstance(nodes, list) or not 0 < len(nodes) <= _MOST_SERIES:
        raise QueryRejected(f"A TrendsQuery has 1 to {_MOST_SERIES} `series`.", "series")
    shapes.refuse_groups(query)
    shown = query.get("trendsFilter") or {}
    whole = shown.get("display") in _WHOLE
    frame = _Frame(query, reader, dates.date_range(query, reader.now), dates.interval_of(query), whole)
    results = dates.with_time_before(
        query, frame.range, lambda range_: _results(frame._replace(range=range_), nodes, shown)
    )
    return {"results": results, "hasMore": False, "resolved_date_range": frame.range.told()}


def _results(frame: _Frame, nodes: Sequence[Query], shown: Query) -> list[Answer]:
    results = [row for index, node in enumerate(nodes) for row in _series(frame, node, index)]
    formulas = (
        [one.get("formula") for one in shown.get("formulaNodes") or []]
        or shown.get("formulas")
        or [shown.get("formula")]
    )
    wanted = [str(one) for one in formulas if one]
    if wanted:
        results = [row for formula in wanted for row in calculated(formula, results, whole=frame.whole)]
    return [_cumulated(row) for row in results] if shown.get("display") == _CUMULATIVE else results


def _series(frame: _Frame, node: Query, index: int) -> list[Answer]:
    """One series: a row for each value of the breakdown, those with the largest sums first."""
    split = breakdown(frame.query, frame.events)
    values = _values(frame, node, split)
    totals = {value: sum(found.values()) for value, found in values.items()}
    order = sorted(values, key=lambda value: (value == OTHER, -totals[value], str(value)))
    return [_row(frame, node, index, value, values[value]) for value in order] or [_row(frame, node, index, None, {})]


def _values(frame: _Frame, node: Query, split: Breakdown | None) -> dict[str | None, dict[str, float]]:
    """Value of the breakdown -> interval -> number."""
    wanted = split.sql if split else "NULL"
    if split and (top := ", ".join(sql_text(one) for one in _top(frame, node, split))):
        wanted = f"CASE WHEN {split.sql} IN ({top}) THEN {split.sql} ELSE {sql_text(OTHER)} END"
    point = "NULL" if frame.whole else dates.bucket(_column(frame, node), frame.interval)
    found = frame.reader.run(
        f"SELECT {wanted} AS value, {point} AS point, {series.aggregate(node, frame.events)} AS number "
        f"FROM {_from(node)} WHERE {_where(frame, node)} GROUP BY ALL ORDER BY ALL"
    )
    values: dict[str | None, dict[str, float]] = {}
    for value, at, number in found.rows:
        if value != OTHER or not (split and split.hide_other):
            values.setdefault(value, {})[str(at)] = number or 0
    return values


def _top(frame: _Frame, node: Query, split: Breakdown) -> list[str]:
    """The values of the breakdown that are shown one by one."""
    found = frame.reader.run(
        f"SELECT {split.sql} AS value, {series.aggregate(node, frame.events)} AS number FROM {_from(node)} "
        f"WHERE {_where(frame, node)} GROUP BY ALL ORDER BY number DESC NULLS LAST, value LIMIT {split.most}"
    )
    return [str(value) for value, _ in found.rows]


def _column(frame: _Frame, node: Query) -> str:
    """The time at which an event counts."""
    return "counted" if series.math(node) in series.ACTIVE_USERS and not frame.whole else "e.timestamp"


def _from(node: Query) -> str:
    """The table of events; for weekly and monthly active people each event counts on the days after it, too."""
    days = series.ACTIVE_USERS.get(series.math(node))
    if days is None:
        return "events AS e"
    return f"events AS e CROSS JOIN LATERAL (SELECT unnest(generate_series(date_trunc('day', e.timestamp), date_trunc('day', e.timestamp) + to_days({days - 1}), to_days(1))) AS counted)"  # fmt: skip


def _where(frame: _Frame, node: Query) -> str:
    asked = [frame.events.series(node), frame.events.conditions(frame.query)]
    if series.math(node) == series.FIRST:
        earliest = f"SELECT arg_min(e.uuid, e.timestamp) FROM events AS e WHERE {both(asked)} GROUP BY e.person_id"
        asked.append(f"e.uuid IN ({earliest})")
    return both([*asked, frame.range.condition(_column(frame, node))])


def _row(frame: _Frame, node: Query, index: int, value: str | None, found: Mapping[str, float]) -> Answer:
    called = series.label(node)
    shown = {"label": called} if value is None else {"label": _LABELS.get(value, value), "breakdown_value": value}
    action = {
        "id": node.get("event"),
        "type": "events",
        "order": index,
        "name": called,
        "math": series.math(node),
        "math_property": node.get("math_property"),
    }
    if frame.whole:
        number = found.get("None", 0)
        empty: Answer = {"data": [], "days": [], "labels": []}
        return {"action": action, "count": number, "aggregated_value": number} | empty | shown
    data = [found.get(moment_text(at), 0) for at in frame.points]
    return {"action": action, "count": sum(data), "data": data} | dates.axis(frame.points, frame.interval) | shown


def _cumulated(row: Answer) -> Answer:
    data = list(accumulate(row["data"]))
    return row | {"data": data, "count": data[-1] if data else row["count"]}
