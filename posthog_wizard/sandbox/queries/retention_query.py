"""RetentionQuery: who comes back, and when. See https://posthog.com/docs/product-analytics/retention."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.queries.series import Events
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, moment_text, whole_number

_FIRST_TIME, _RECURRING = "retention_first_time", "retention_recurring"


def answer(query: Query, reader: Reader) -> Answer:
    """A row for each interval in which people began: how many came back in each interval from then on."""
    asked = query.get("retentionFilter") or {}
    period = str(asked.get("period") or "Day").lower()
    count = whole_number(asked, "totalIntervals", 8, least=1, most=60)
    if period not in {"hour", "day", "week", "month"}:
        raise QueryRejected("`period` is Hour, Day, Week or Month.", "retentionFilter")
    kind = asked.get("retentionType") or _RECURRING
    if kind not in {_FIRST_TIME, _RECURRING}:
        raise QueryRejected(f"The sandbox does not know the retention type {kind!r}.", "retentionFilter")
    points = _points(query, reader.now, period, count)
    target, returning = (_entity(asked.get(name), reader) for name in ("targetEntity", "returningEntity"))
    moments = [moment_text(at) for at in points]
    found = _counted(query, reader, period, points, (target, returning, kind == _FIRST_TIME))
    return {
        "results": [
            {
                "date": start,
                "label": f"{period.title()} {begun}",
                "values": [
                    {"count": found.get((start, at), 0), "label": f"{period.title()} {index}"}
                    for index, at in enumerate(moments[begun:])
                ],
            }
            for begun, start in enumerate(moments)
        ]
    }


def _points(query: Query, now: datetime, period: str, count: int) -> list[datetime]:
    """The first moments of the intervals; without a date range those that end now."""
    if (query.get("dateRange") or {}).get("date_from"):
        return dates.buckets(dates.date_range(query, now), period)[:count]
    last = dates.start_of(now, period)
    return [dates.shifted(last, period, index - count + 1) for index in range(count)]


def _entity(given: Any, reader: Reader) -> str:
    entity = given or {"id": "$pageview", "type": "events"}
    if not isinstance(entity, Mapping) or entity.get("type", "events") != "events":
        raise QueryRejected("Retention is of events here.", "retentionFilter")
    node = {"kind": "EventsNode", "event": entity.get("id"), "properties": entity.get("properties")}
    return Events.of(reader).series(node)


def _counted(
    query: Query, reader: Reader, period: str, points: list[datetime], asked: tuple[str, str, bool]
) -> dict[tuple[str, str], int]:
    """(interval begun, interval come back) -> people."""
    target, returning, first_only = asked
    whole = dates.Range(points[0], dates.shifted(points[-1], period, 1))
    point = dates.bucket("e.timestamp", period)
    who = Events.of(reader).conditions(query)
    begun = f"min({point}) AS began" if first_only else f"{point} AS began"
    cohort = f"SELECT e.person_id AS person_id, {begun} FROM events AS e WHERE ({target}) AND {who} GROUP BY ALL"
    back = f"SELECT DISTINCT e.person_id AS person_id, {point} AS came FROM events AS e WHERE ({returning}) AND {who}"
    came = reader.run(
        f"SELECT begun.began, back.came, count(*) FROM ({cohort}) AS begun JOIN ({back}) AS back USING (person_id) "
        f"WHERE back.came > begun.began AND {whole.condition('begun.began')} GROUP BY ALL"
    )
    began = reader.run(f"SELECT began, began, count(*) FROM ({cohort}) WHERE {whole.condition('began')} GROUP BY ALL")
    return {(begun_at, at): people for begun_at, at, people in (*came.rows, *began.rows)}
