"""Breakdowns: the value by which a series or funnel is split, and which of them are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from posthog_wizard.sandbox.hogql.terms import as_text, sql_text
from posthog_wizard.sandbox.queries.property_filters import Events
from posthog_wizard.sandbox.queries.shapes import whole_number

NO_VALUE = "$$_posthog_breakdown_null_$$"  # as PostHog calls the missing value
OTHER = "$$_posthog_breakdown_other_$$"
_USUAL = 25


class Breakdown(NamedTuple):
    """What to split by: a column of texts, as SQL over the table of events. `most`: values that are shown."""

    sql: str
    most: int
    hide_other: bool


def breakdown(query: Mapping[str, Any], events: Events) -> Breakdown | None:
    """The query's `breakdownFilter`, None where there is none. Raises QueryRejected."""
    given = query.get("breakdownFilter") or {}
    wanted = [(one.get("property"), one.get("type")) for one in given.get("breakdowns") or []]
    if not wanted:
        keys = given.get("breakdown")
        wanted = [(key, given.get("breakdown_type")) for key in (keys if isinstance(keys, list) else [keys]) if key]
    if not wanted:
        return None
    columns = [as_text(events.prop(str(key), str(kind or "event"))).sql for key, kind in wanted]
    joined = " || '::' || ".join(f"coalesce({column}, {sql_text(NO_VALUE)})" for column in columns)
    most = whole_number(given, "breakdown_limit", _USUAL, least=1, most=1000)
    return Breakdown(joined, most, bool(given.get("breakdown_hide_other_aggregation")))
