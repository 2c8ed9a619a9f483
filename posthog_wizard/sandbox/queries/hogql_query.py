"""HogQLQuery: SQL that an agent wrote. See https://posthog.com/docs/sql."""

from collections.abc import Mapping

from posthog_wizard.sandbox.hogql.scope import Placeholder, TableSource
from posthog_wizard.sandbox.hogql.select import translated
from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader


def answer(query: Query, reader: Reader) -> Answer:
    """Columns, types and rows of a HogQL query. Raises QueryRejected."""
    text = query.get("query")
    if not isinstance(text, str):
        raise QueryRejected("A HogQLQuery needs its SQL in `query`.")
    given = query.get("filters") or {}

    def filters(source: TableSource) -> str:
        found = [Events(source, reader.now).conditions(given)]
        if given.get("dateRange"):
            found.append(dates.date_range(given, reader.now).condition(source.fields["timestamp"].sql))
        return both(found)

    return run_hogql(text, {"filters": filters}, reader)


def run_hogql(text: str, placeholders: Mapping[str, Placeholder], reader: Reader) -> Answer:
    """The rows of a text of HogQL; `{name}` in it stands for a placeholder, a condition on the table of events."""
    sql, limit, offset = translated(text, now=reader.now, most_rows=reader.most_rows, placeholders=placeholders)
    table = reader.run(sql)
    return {
        "columns": list(table.columns),
        "types": [list(pair) for pair in zip(table.columns, table.types, strict=True)],
        "results": table.rows[:limit],
        "hasMore": len(table.rows) > limit,
        "limit": limit,
        "offset": offset,
        "hogql": text,
    }
