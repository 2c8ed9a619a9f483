"""Dashboards. Which insights are on one is kept with the insights, as PostHog's API changes it."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.api.collection import Collection, QueryParameters, dated, mentions
from posthog_wizard.sandbox.api.fields import TAGS, boolean_field, or_null, text_field
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.views.accounts import author

TILE = 1000  # a tile's id: its dashboard's times this, plus the insight's
_IN_A_TILE = ("id", "short_id", "name", "derived_name", "description", "tags", "favorited", "query", "last_refresh")


def _matches(asked: QueryParameters, row: Row) -> bool:
    return mentions(row, ("name", "description"), asked.get("search", ""))


def _made(context: RequestContext, row: Row) -> Row:
    return row | {"created_by": author(context)}


def _shown(context: RequestContext, row: Row) -> Row:
    insights = [one for one in context.store.rows("insights", context.project) if row["id"] in one["dashboards"]]
    return row | {"tiles": [_tile(row, dated(one, context.now)) for one in insights]}


def _tile(dashboard: Row, insight: Row) -> dict[str, Any]:
    shown = {name: insight.get(name) for name in _IN_A_TILE} | {"result": None}
    return {"id": dashboard["id"] * TILE + insight["id"], "insight": shown, "text": None}


def _listed(_visit: RequestContext, row: Row) -> Row:
    return row


DASHBOARDS = Collection(
    name="dashboards",
    scope="dashboard",
    checks={"name": or_null(text_field(400)), "description": text_field(), "pinned": boolean_field, "tags": TAGS},
    defaults={"name": None, "description": "", "pinned": False, "tags": []},
    parameters=frozenset({"search"}),
    matches=_matches,
    made=_made,
    shown=_shown,
    listed=_listed,
)
ROUTES = DASHBOARDS.routes
