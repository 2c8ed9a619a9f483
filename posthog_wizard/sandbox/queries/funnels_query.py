"""FunnelsQuery: how many people take step after step in time, in this order, right after each other, or in any order.

https://posthog.com/docs/product-analytics/funnels
"""

import statistics
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.queries.series import NO_VALUE, OTHER, Breakdown, Events, both, breakdown
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader

_FEWEST_STEPS, MOST_STEPS = 2, 20
_WINDOW = (14, "day")  # to take all steps in, unless the query says otherwise
_LONGEST = 1_000_000  # units
_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400, "month": 31 * 86400}
_FIXED = {
    "funnelVizType": ("steps", "Funnels are counted by steps here"),
    "breakdownAttributionType": ("first_touch", "A breakdown takes a person's first value here"),
}


class _Walk(NamedTuple):
    """One person's way through the funnel: the value of the breakdown, and the moments of the steps taken, in seconds."""

    value: str | None
    moments: tuple[float, ...]


def answer(query: Query, reader: Reader) -> Answer:
    """The steps, or a list of steps for each value of the breakdown. Raises QueryRejected."""
    nodes = query.get("series")
    if not isinstance(nodes, list) or not _FEWEST_STEPS <= len(nodes) <= MOST_STEPS:
        raise QueryRejected(f"A FunnelsQuery has {_FEWEST_STEPS} to {MOST_STEPS} `series`.", "series")
    _refuse(query)
    events = Events.of(reader)
    split = breakdown(query, events)
    asked = both([events.conditions(query), dates.date_range(query, reader.now).condition("e.timestamp")])
    steps = [both([events.series(node), asked]) for node in nodes]
    shown, value = query.get("funnelsFilter") or {}, split.sql if split else "NULL"
    order = shown.get("funnelOrderType") or "ordered"
    if order == "ordered":
        walks = _walked(reader, steps, window(shown), value)
    elif order in _ORDERS:
        seen = asked if order == "strict" else " OR ".join(f"({step})" for step in steps)
        walks = _walked_otherwise(reader, steps, seen, value, partial(_ORDERS[order], len(steps), window(shown)))
    else:
        raise QueryRejected(
            f"`funnelOrderType` is {order!r}; there are ordered, {', '.join(_ORDERS)}.", "funnelOrderType"
        )
    if order == "unordered":
        nodes = [
            {"name": f"Completed {number} step{'' if number == 1 else 's'}"} for number in range(1, len(nodes) + 1)
        ]
    if split is None:
        return {"results": [_step(node, index, walks, None) for index, node in enumerate(nodes)]}
    groups = _by_value(walks, split)
    return {
        "results": [[_step(node, index, some, value) for index, node in enumerate(nodes)] for value, some in groups]
    }


def _refuse(query: Query) -> None:
    shown = query.get("funnelsFilter") or {}
    for field, (known, said) in _FIXED.items():
        if shown.get(field) not in {None, known}:
            raise QueryRejected(f"{said}: `{field}` is {shown[field]!r}, use {known!r}.", field)


def window(shown: Query) -> int:
    """The seconds in which all steps must be taken."""
    amount, unit = shown.get("funnelWindowInterval"), shown.get("funnelWindowIntervalUnit") or _WINDOW[1]
    amount = _WINDOW[0] if amount is None else amount
    if unit not in _SPANS or not isinstance(amount, int | float) or not 0 < amount <= _LONGEST:
        raise QueryRejected(f"The conversion window is {amount!r} {unit!r}; the units are {', '.join(_SPANS)}.", "funnelWindowInterval")  # fmt: skip
    return int(amount * _SPANS[unit])


def _walked(reader: Reader, steps: Sequence[str], seconds: int, value: str = "NULL") -> list[_Walk]:
    """Every person's furthest way: from each first step the next ones as early as they come, within the window.

    `steps` are conditions on the events `e`, and `value` is what to split by, as SQL. An event counts for one step only.
    """
    flags = ", ".join(f"({step}) AS step{index}" for index, step in enumerate(steps))
    any_step = " OR ".join(f"({step})" for step in steps)
    ways = " ".join(
        f"ASOF LEFT JOIN (SELECT person_id, place, seen FROM taken WHERE step{index}) AS s{index} "
        f"ON s{index}.person_id = s0.person_id AND s{index}.place > s{index - 1}.place"
        for index in range(1, len(steps))
    )
    columns = ", ".join(f"s{index}.seen AS at{index}" for index in range(len(steps)))
    late = ", ".join(
        f"CASE WHEN {' AND '.join(f'at{before} - at0 <= {seconds}' for before in range(1, index + 1))} THEN at{index} END"
        for index in range(1, len(steps))
    )
    found = reader.run(
        f"WITH matched AS (SELECT e.person_id AS person_id, epoch(e.timestamp) AS seen, e.uuid AS uuid, {value} AS value, {flags} "
        f"FROM events AS e WHERE {any_step}), "
        f"taken AS (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY seen, {', '.join(f'NOT step{index}' for index in range(len(steps)))}, uuid) AS place FROM matched), "
        "first_values AS (SELECT person_id, arg_min(value, place) AS value FROM taken GROUP BY person_id), "
        f"ways AS (SELECT s0.person_id AS person_id, {columns} FROM (SELECT person_id, place, seen FROM taken WHERE step0) AS s0 {ways}), "
        f"cut AS (SELECT person_id, at0, [{late}] AS later FROM ways) "
        "SELECT any_value(first_values.value), arg_max(list_concat([at0], later), (list_count(later), -at0)) "
        "FROM cut JOIN first_values USING (person_id) GROUP BY cut.person_id ORDER BY cut.person_id"
    )
    return [_Walk(value, tuple(at for at in moments if at is not None)) for value, moments in found.rows]


_Seen = Sequence[tuple[float, list[bool]]]  # moments, and for each step whether it was taken then


def _walked_otherwise(
    reader: Reader, steps: Sequence[str], seen: str, value: str, furthest: Callable[[_Seen], list[float]]
) -> list[_Walk]:
    """Every person's furthest way by another order than the steps'."""
    flags = ", ".join(f"({step})" for step in steps)
    order = "ORDER BY e.timestamp, e.uuid"
    found = reader.run(
        f"SELECT first({value} {order}), list(epoch(e.timestamp) {order}), "
        f"list([{flags}] {order}) FROM events AS e WHERE {seen} "
        "GROUP BY e.person_id ORDER BY e.person_id"
    ).rows
    walks = [_Walk(value, tuple(furthest(list(zip(*rest, strict=True))))) for value, *rest in found]
    return [walk for walk in walks if walk.moments]


def _strict(count: int, seconds: int, seen: _Seen) -> list[float]:
    """One step right after the other, with nothing between them."""
    best: list[float] = []
    for start in range(len(seen)):
        way: list[float] = []
        for step, (at, is_) in enumerate(seen[start : start + count]):
            if not is_[step] or at - seen[start][0] > seconds:
                break
            way.append(at)
        best = max(best, way, key=len)
    return best


def _unordered(count: int, seconds: int, seen: _Seen) -> list[float]:
    """The most of the steps within the time, whichever comes first."""
    best: list[float] = []
    for start, (began, _) in enumerate(seen):
        taken: dict[int, float] = {}
        for at, is_ in seen[start:]:
            if at - began > seconds or len(taken) == count:
                break
            taken |= dict.fromkeys([step for step in range(count) if is_[step] and step not in taken][:1], at)
        best = max(best, sorted(taken.values()), key=len)
    return best


_ORDERS = {"strict": _strict, "unordered": _unordered}


def _by_value(walks: Sequence[_Walk], split: Breakdown) -> list[tuple[str, list[_Walk]]]:
    """The walks of each value, the commonest first, the rest together."""
    groups: dict[str, list[_Walk]] = {}
    for walk in walks:
        groups.setdefault(walk.value or NO_VALUE, []).append(walk)
    order = sorted(groups, key=lambda value: (-len(groups[value]), value))
    rest = [walk for value in order[split.most :] for walk in groups[value]]
    shown = [(value, groups[value]) for value in order[: split.most]]
    return shown + ([(OTHER, rest)] if rest and not split.hide_other else [])


def _step(node: Query, index: int, walks: Sequence[_Walk], value: str | None) -> Answer:
    reached = [walk.moments for walk in walks if len(walk.moments) > index]
    seconds = [moments[index] - moments[index - 1] for moments in reached] if index else []
    called = node.get("name") or node.get("event") or "All events"
    return {
        "action_id": node.get("event"),
        "name": called,
        "custom_name": node.get("custom_name"),
        "order": index,
        "people": [],
        "count": len(reached),
        "type": "events",
        "average_conversion_time": statistics.fmean(seconds) if seconds else None,
        "median_conversion_time": statistics.median(seconds) if seconds else None,
    } | ({} if value is None else {"breakdown": [value], "breakdown_value": [value]})
