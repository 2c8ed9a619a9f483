"""EventsQuery: a list of events, its columns and conditions in HogQL."""

from posthog_wizard.sandbox.hogql.scope import TableSource
from posthog_wizard.sandbox.queries import dates, hogql_query
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, whole_number

_COLUMNS = ("uuid", "event", "timestamp", "distinct_id", "properties")


def answer(query: Query, reader: Reader) -> Answer:
    """Columns, types and rows. Raises QueryRejected."""
    columns = [column for one in query.get("select") or ["*"] for column in (_COLUMNS if one == "*" else (str(one),))]
    conditions = " AND ".join(["{filters}", *(f"({one})" for one in query.get("where") or [])])
    if not isinstance(query.get("orderBy") or [], list):
        raise QueryRejected("`orderBy` is a list.", "orderBy")
    order = ", ".join(str(one) for one in query.get("orderBy") or ["timestamp DESC"])
    limit, offset = whole_number(query, "limit", 100, least=1), whole_number(query, "offset", 0)
    text = f"SELECT {', '.join(columns)} FROM events WHERE {conditions} ORDER BY {order} LIMIT {limit} OFFSET {offset}"

    def filters(source: TableSource) -> str:
        events = Events(source, reader.now)
        event = events.series({"kind": "EventsNode", "event": query.get("event")})
        after = dates.parse_date(query.get("after") or "all", reader.now)
        before = dates.parse_date(query["before"], reader.now) if query.get("before") else reader.now
        within = dates.Range(after, before).condition(source.fields["timestamp"].sql)
        return both([event, within, events.conditions(query)])

    return hogql_query.run_hogql(text, {"filters": filters}, reader)
