"""StickinessQuery: in how many intervals people did it. See https://posthog.com/docs/product-analytics/stickiness."""

from posthog_wizard.sandbox.queries import dates, series
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, whole_number

_OPERATORS = {"gte": ">=", "lte": "<=", "exact": "="}


def answer(query: Query, reader: Reader) -> Answer:
    """For each series how many people were there in one interval, in two, and so on. Raises QueryRejected."""
    nodes = query.get("series")
    if not isinstance(nodes, list) or not nodes:
        raise QueryRejected("A StickinessQuery has at least one of `series`.", "series")

    def rows(range_: dates.Range) -> list[Answer]:
        return [_row(query, reader, range_, index, node) for index, node in enumerate(nodes)]

    return {"results": dates.with_time_before(query, dates.date_range(query, reader.now), rows)}


def _row(query: Query, reader: Reader, range_: dates.Range, index: int, node: Query) -> Answer:
    shown, events, interval = query.get("stickinessFilter") or {}, Events.of(reader), dates.interval_of(query)
    asked = both([events.series(node), events.conditions(query), range_.condition("e.timestamp")])
    inner = (
        f"SELECT e.person_id, {dates.bucket('e.timestamp', interval)} AS point FROM events AS e WHERE {asked} "
        f"GROUP BY ALL HAVING {_criteria(shown.get('stickinessCriteria') or {})}"
    )
    found = reader.run(
        f"SELECT times, count(*) FROM (SELECT count(*) AS times FROM ({inner}) GROUP BY person_id) GROUP BY times"
    ).rows
    times = range(1, len(dates.buckets(range_, interval)) + 1)
    data = [dict(found).get(one, 0) for one in times]
    more = " or more" if shown.get("computedAs") == "cumulative" else ""
    called = series.label(node)
    return {
        "action": {"id": node.get("event"), "name": called, "type": "events", "order": index},
        "label": called,
        "count": sum(data),
        "data": [sum(data[start:]) for start in range(len(data))] if more else data,
        "days": list(times),
        "labels": [f"{one} {interval}{'' if one == 1 else 's'}{more}" for one in times],
    }


def _criteria(given: Query) -> str:
    if not given:
        return "count(*) > 0"
    if given.get("operator") not in _OPERATORS:
        raise QueryRejected(f"`stickinessCriteria` has an operator: {', '.join(_OPERATORS)}.", "stickinessFilter")
    return f"count(*) {_OPERATORS[given['operator']]} {whole_number(given, 'value', 1)}"
