"""TrendsQuery: how often, by how many, or how much, over time. See https://posthog.com/docs/product-analytics/trends/overview."""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from posthog_wizard.sandbox.hogql.terms import sql_text
from posthog_wizard.sandbox.queries import dates, series
from posthog_wizard.sandbox.queries.series import NO_VALUE, OTHER, Breakdown, Events, both, breakdown
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, moment_text

# displays with one number a series
_WHOLE = ("BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap")
_CUMULATIVE = "ActionsLineGraphCumulative"
_LABELS = {NO_VALUE: "None", OTHER: "Other"}
_MOST_SERIES = 26  # as many as formulas have letters
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right if right else 0,
}
_LONGEST_FORMULA = 200  # characters


class _Frame(NamedTuple):
    query: Query
    reader: Reader
    range: dates.Range
    interval: str
    whole: bool  # one number instead of one an interval

    @property
    def events(self) -> Events:
        return Events.of(self.reader)

    @property
    def points(self) -> list[Any]:
        return dates.buckets(self.range, self.interval)


def answer(query: Query, reader: Reader) -> Answer:
    """One result for each series and value of the breakdown. Raises QueryRejected."""
    nodes = query.get("series")
    if not isinstance(nodes, list) or not 0 < len(nodes) <= _MOST_SERIES:
        raise QueryRejected(f"A TrendsQuery has 1 to {_MOST_SERIES} `series`.", "series")
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
        results = [row for formula in wanted for row in _calculated(formula, results, whole=frame.whole)]
    if shown.get("display") != _CUMULATIVE:
        return results
    cumulated = ((row, list(accumulate(row["data"]))) for row in results)
    return [row | {"data": data, "count": data[-1] if data else row["count"]} for row, data in cumulated]


def _series(frame: _Frame, node: Query, index: int) -> list[Answer]:
    """One series: a row for each value of the breakdown, those with the largest sums first."""
    split = breakdown(frame.query, frame.events)
    values = _values(frame, node, split)
    totals = {value: sum(found.values()) for value, found in values.items()}
    order = sorted(values, key=lambda value: (value == OTHER, -totals[value], str(value)))
    return [_row(frame, node, index, value, values[value]) for value in order] or [_row(frame, node, index, None, {})]


def _values(frame: _Frame, node: Query, split: Breakdown | None) -> dict[str | None, dict[str, float]]:
    """Value of the breakdown -> interval -> number."""
    wanted, number = split.sql if split else "NULL", series.aggregate(node, frame.events)
    source, column = _source(frame, node)
    if split:
        largest = f"ORDER BY number DESC NULLS LAST, value LIMIT {split.most}"
        most = frame.reader.run(f"SELECT {wanted} AS value, {number} AS number {source} {largest}").rows
        if top := ", ".join(sql_text(str(value)) for value, _ in most):
            wanted = f"CASE WHEN {split.sql} IN ({top}) THEN {split.sql} ELSE {sql_text(OTHER)} END"
    point = "NULL" if frame.whole else dates.bucket(column, frame.interval)
    found = frame.reader.run(f"SELECT {wanted} AS value, {point} AS point, {number} AS number {source} ORDER BY ALL")
    values: dict[str | None, dict[str, float]] = {}
    for value, at, number in found.rows:
        if value != OTHER or not (split and split.hide_other):
            values.setdefault(value, {})[str(at)] = number or 0
    return values


def _source(frame: _Frame, node: Query) -> tuple[str, str]:
    """The events of a series as FROM and WHERE, and the column of the time at which one counts."""
    table, column, days = "events AS e", "e.timestamp", series.ACTIVE_USERS.get(series.math(node))
    if days is not None:  # each event counts on the days after it, too
        table += f" CROSS JOIN LATERAL (SELECT unnest(generate_series(date_trunc('day', e.timestamp), date_trunc('day', e.timestamp) + to_days({days - 1}), to_days(1))) AS counted)"  # fmt: skip
        column = column if frame.whole else "counted"
    asked = [frame.events.series(node), frame.events.conditions(frame.query)]
    if series.math(node) == series.FIRST:
        earliest = f"SELECT arg_min(e.uuid, e.timestamp) FROM events AS e WHERE {both(asked)} GROUP BY e.person_id"
        asked.append(f"e.uuid IN ({earliest})")
    return f"FROM {table} WHERE {both([*asked, frame.range.condition(column)])} GROUP BY ALL", column


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


# ------------------------------------------------------------------ formulas: `A / B * 100`, where A is the first series


def _calculated(formula: str, results: Sequence[Answer], *, whole: bool) -> list[Answer]:
    groups: dict[Any, dict[str, Answer]] = {}
    for row in results:
        groups.setdefault(row.get("breakdown_value"), {})[chr(ord("A") + row["action"]["order"])] = row
    zero = dict.fromkeys((letter for group in groups.values() for letter in group), 0.0)
    made: list[Answer] = []
    for group in groups.values():
        first = next(iter(group.values()))
        label = first["label"] if "breakdown_value" in first else f"Formula ({formula})"
        columns = ([row["aggregated_value"]] if whole else row["data"] for row in group.values())
        values = [
            _evaluated(formula, {**zero, **dict(zip(group, one, strict=True))}) for one in zip(*columns, strict=True)
        ]
        counted = {"aggregated_value": values[0]} if whole else {"data": values}
        made.append({**first, "label": label, "action": None, **counted, "count": values[0] if whole else sum(values)})
    return made


def _evaluated(formula: str, numbers: Mapping[str, float]) -> float:
    """A series without this value of the breakdown counts as zero, and so does a division by zero."""
    if len(formula) > _LONGEST_FORMULA:
        raise QueryRejected(f"The formula is longer than {_LONGEST_FORMULA} characters.", "formula")
    try:
        found = _value(ast.parse(formula.upper(), mode="eval").body, numbers)
    except (SyntaxError, OverflowError, RecursionError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise QueryRejected(f"`{formula}` is no formula: write letters of series, numbers and + - * / ( ).", "formula")
    return found


def _value(node: ast.expr, numbers: Mapping[str, float]) -> float:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, numbers), _value(node.right, numbers))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, numbers)
    if isinstance(node, ast.Name) and node.id in numbers:
        return numbers[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    raise ValueError(ast.dump(node)[:_LONGEST_FORMULA])
