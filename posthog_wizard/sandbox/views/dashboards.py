"""Dashboards. Which insights are on one is kept with the insights, as PostHog's API changes it."""

from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import UNKEPT, Collection, Field, dated
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.sample import catalog

TILE = 1000  # a tile's id: its dashboard's times this, plus the insight's
_UNPLAYED = ("tiles", "use_template", "use_dashboard", "delete_insights")
_IN_A_TILE = ("id", "short_id", "name", "derived_name", "description", "tags", "favorited", "query", "last_refresh")


def _shown(context: RequestContext, row: Row) -> Row:
    insights = [one for one in context.rows("insights") if row["id"] in one["dashboards"]]
    shown = [{name: dated(one, context.now).get(name) for name in _IN_A_TILE} | {"result": None} for one in insights]
    tiles = [{"id": row["id"] * TILE + insight["id"], "insight": insight, "text": None} for insight in shown]
    return row | {"team_id": context.project, "tiles": tiles}


def _kept(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _UNPLAYED}


DASHBOARDS = Collection(
    name="dashboards",
    scope="dashboard",
    fields={
        "name": Field(fields.or_null(fields.text(400)), None),
        "description": Field(fields.text(), ""),
        "pinned": Field(fields.boolean, False),
        "tags": Field(fields.TAGS, []),
        "restriction_level": Field(fields.number(), 21),
        "breakdown_colors": Field(fields.list_of(fields.mapping), []),
        "data_color_theme_id": Field(fields.or_null(fields.number()), None),
        "filters": Field(fields.mapping, {}),
        "quick_filter_ids": Field(fields.or_null(fields.list_of(fields.text())), []),
        **dict.fromkeys(_UNPLAYED, Field(fields.unplayed, UNKEPT)),
    },
    given=catalog.GIVEN["dashboards"],
    made=lambda _context, row: _kept(row),
    changed=lambda _context, before, sent: before | _kept(sent),
    shown=_shown,
    bare_lists=True,
)  # fmt: skip
ROUTES = DASHBOARDS.routes
