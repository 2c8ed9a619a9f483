"""EventsQuery: a list of events, its columns and conditions in HogQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from posthog_wizard.sandbox.hogql.tables import Source
from posthog_wizard.sandbox.queries import dates, filters, hogql
from posthog_wizard.sandbox.queries.shapes import whole
from posthog_wizard.sandbox.rejected import QueryRejected

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Reader

COLUMNS = ("uuid", "event", "timestamp", "distinct_id", "properties")
USUAL = 100


def answer(query: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """Columns, types and rows. Raises QueryRejected."""
    columns = [column for one in query.get("select") or ["*"] for column in (COLUMNS if one == "*" else (str(one),))]
    conditions = " AND ".join(["{filters}", *(f"({one})" for one in query.get("where") or [])])
    if not isinstance(query.get("orderBy") or [], list):
        raise QueryRejected("`orderBy` is a list.", "orderBy")
    order = ", ".join(str(one) for one in query.get("orderBy") or ["timestamp DESC"])
    limit, offset = whole(query, "limit", USUAL, least=1), whole(query, "offset", 0)
    text = f"SELECT {', '.join(columns)} FROM events WHERE {conditions} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
    return hogql.run(text, {"filters": lambda source: _condition(query, source, reader)}, reader)


def _condition(query: Mapping[str, Any], source: Source, reader: Reader) -> str:
    event = filters.series_condition({"kind": "EventsNode", "event": query.get("event")}, source, reader.now)
    after = dates.parsed(query.get("after") or "all", reader.now)
    before = dates.parsed(query["before"], reader.now) if query.get("before") else reader.now
    within = dates.Range(after, before).condition(source.fields["timestamp"].sql)
    return filters.both([event, within, filters.conditions(query, source, reader.now)])
