"""LifecycleQuery: who is new, returns, comes back or goes dormant. See https://posthog.com/docs/product-analytics/lifecycle."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader

_STATUSES = ("new", "returning", "resurrecting", "dormant")


def answer(query: Query, reader: Reader) -> Answer:
    """A result for each status; those who went dormant count below zero. Raises QueryRejected."""
    nodes = query.get("series")
    if not isinstance(nodes, list) or len(nodes) != 1:
        raise QueryRejected("A LifecycleQuery has one of `series` here.", "series")
    interval, events = dates.interval_of(query), Events.of(reader)
    points = dates.buckets(dates.date_range(query, reader.now), interval)
    end = dates.shifted(points[-1], interval, 1) - timedelta(microseconds=1)
    whole = dates.Range(dates.shifted(points[0], interval, -1), end)  # who is there at first may have been there before
    asked = both([events.series(nodes[0]), events.conditions(query), whole.condition("e.timestamp")])
    found = reader.run(
        f"SELECT min({dates.bucket('e.first_seen', interval)}), list_sort(list(DISTINCT {dates.bucket('e.timestamp', interval)})) "
        f"FROM events AS e WHERE {asked} GROUP BY e.person_id"
    ).rows
    counts = Counter(one for born, seen in found for one in _statuses(_at(born), [_at(one) for one in seen], interval))
    return {"results": [_row(nodes[0], status, points, counts, interval) for status in _STATUSES]}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text[:-1])


def _statuses(born: datetime, seen: Sequence[datetime], interval: str) -> Iterator[tuple[str, datetime]]:
    """What one person was in which interval."""
    yield ("new" if seen[0] == born else "resurrecting"), seen[0]
    for before, at in pairwise(seen):
        yield ("returning" if dates.shifted(before, interval, 1) == at else "resurrecting"), at
    for at in seen:
        if (following := dates.shifted(at, interval, 1)) not in seen:
            yield "dormant", following


def _row(
    node: Query, status: str, points: Sequence[datetime], counts: Counter[tuple[str, datetime]], interval: str
) -> Answer:
    data = [float(counts[status, at]) * (-1 if status == "dormant" else 1) for at in points]
    event = node.get("event") or "All events"
    return {
        "action": {"id": node.get("event"), "name": event, "type": "events", "order": 0, "math": "total"},
        "label": f"{event} - {status}",
        "status": status,
        "count": sum(data),
        "data": data,
        **dates.axis(points, interval),
    }
