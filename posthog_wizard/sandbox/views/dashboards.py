"""Dashboards. Which insights are on one is kept with the insights, as PostHog's API changes it."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.api.collection import Collection, Field, dated
from posthog_wizard.sandbox.api.fields import TAGS, boolean_field, or_null, text_field
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row

TILE = 1000  # a tile's id: its dashboard's times this, plus the insight's
_IN_A_TILE = ("id", "short_id", "name", "derived_name", "description", "tags", "favorited", "query", "last_refresh")


def _shown(context: RequestContext, row: Row) -> Row:
    insights = [one for one in context.rows("insights") if row["id"] in one["dashboards"]]
    return row | {"tiles": [_tile(row, dated(one, context.now)) for one in insights]}


def _tile(dashboard: Row, insight: Row) -> dict[str, Any]:
    shown = {name: insight.get(name) for name in _IN_A_TILE} | {"result": None}
    return {"id": dashboard["id"] * TILE + insight["id"], "insight": shown, "text": None}


DASHBOARDS = Collection(
    name="dashboards",
    scope="dashboard",
    fields={
        "name": Field(or_null(text_field(400)), None),
        "description": Field(text_field(), ""),
        "pinned": Field(boolean_field, False),
        "tags": Field(TAGS, []),
    },
    shown=_shown,
    bare_lists=True,
)
ROUTES = DASHBOARDS.routes
