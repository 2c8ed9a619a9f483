"""HogQLQuery: SQL that an agent wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from posthog_wizard.sandbox.hogql import translated
from posthog_wizard.sandbox.rejected import QueryRejected

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Reader


def answer(query: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """Columns, types and rows of a HogQL query. Raises QueryRejected."""
    text = query.get("query")
    if not isinstance(text, str):
        raise QueryRejected("A HogQLQuery needs its SQL in `query`.")
    plan = translated(text, now=reader.now, most_rows=reader.most_rows)
    table = reader.run(plan.sql)
    return {
        "columns": list(table.columns),
        "types": [list(pair) for pair in zip(table.columns, table.types, strict=True)],
        "results": table.rows[: plan.limit],
        "hasMore": len(table.rows) > plan.limit,
        "limit": plan.limit,
        "offset": plan.offset,
        "hogql": text,
    }
