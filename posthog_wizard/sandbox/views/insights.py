"""Saved insights."""

from typing import Any

from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import Collection, Field, QueryParameters, agrees
from posthog_wizard.sandbox.api.http_messages import invalid
from posthog_wizard.sandbox.api.known_keys import ALPHABET, random_text
from posthog_wizard.sandbox.api.routes import TRUE, RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.views.dashboards import DASHBOARDS, TILE

_WITHOUT_NODE = ("HogQLQuery", "HogQuery")  # kinds that are not refused though nothing is around them
_DRAWN = ("Trends", "Funnels", "Retention", "Paths", "Stickiness", "Lifecycle")
_SOURCES = {
    "InsightVizNode": tuple(f"{kind}Query" for kind in _DRAWN),
    "DataVisualizationNode": ("HogQLQuery",),
}
_SERIES = ("EventsNode", "ActionsNode", "DataWarehouseNode")


def _query(name: str, value: Any) -> Any:
    """A query in the node that the web application draws it with, as PostHog's schema describes it."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise invalid(name, "A query is an object with a `kind`.")
    node = value["kind"] in _SOURCES
    source: Any = value.get("source") if node else value
    kind = source.get("kind") if isinstance(source, dict) else None
    if not node and value["kind"].endswith("Query") and value["kind"] not in _WITHOUT_NODE:
        raise invalid(name, f"A {value['kind']} belongs into the `source` of an InsightVizNode.")
    if node and kind not in _SOURCES[value["kind"]]:
        raise invalid(name, f"The `source` of a {value['kind']} cannot be {kind!r}.")
    series = source.get("series") or []
    for part in (source, *(series if isinstance(series, list) else [series])):
        if part is not source and (not isinstance(part, dict) or part.get("kind") not in _SERIES):
            raise invalid(name, f"Each of `series` has a `kind`: {', '.join(_SERIES)}.")
        properties = part.get("properties") or []
        grouped = part is source and isinstance(properties, dict) and isinstance(properties.get("values"), list)
        if not isinstance(properties, list) and not grouped:
            raise invalid(name, "`properties` is a list of filters.")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    """`favorited` counts by being there, whatever it says; what is on a dashboard counts as saved."""
    saved = bool(row["saved"] or row["dashboards"])
    wanted = ("favorited" not in asked or row["favorited"]) and (
        "saved" not in asked or saved == (asked["saved"] in TRUE)
    )
    return bool(wanted) and agrees(asked, row, "short_id", "dashboards", "tags", "created_by")


def _made(context: RequestContext, row: Row) -> Row:
    _check_dashboards(context, row)
    return row | {"short_id": random_text(ALPHABET, 8), **_touched(context)}


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    _check_dashboards(context, sent)
    return before | sent | _touched(context)


def _touched(context: RequestContext) -> Row:
    return {"last_modified_at": context.time, "last_modified_by": INSIGHTS.author(context)}


def _check_dashboards(context: RequestContext, sent: Row) -> None:
    there = {one["id"] for one in context.rows(DASHBOARDS.name)}
    for identifier in sent.get("dashboards", ()):
        if identifier not in there:
            raise invalid("dashboards", f'Invalid pk "{identifier}" - object does not exist.', "does_not_exist")


def _shown(context: RequestContext, row: Row) -> Row:
    """With the dashboards that are still there, and without a result: that is the query endpoint's."""
    there = {one["id"] for one in context.rows(DASHBOARDS.name)}
    on = [identifier for identifier in row["dashboards"] if identifier in there]
    tiles = [{"id": one * TILE + row["id"], "dashboard_id": one} for one in on]
    return row | {"dashboards": on, "dashboard_tiles": tiles, "result": None}


INSIGHTS = Collection(
    name="insights",
    scope="insight",
    fields={
        "name": Field(fields.or_null(fields.text(400)), None),
        "description": Field(fields.or_null(fields.text(400)), ""),
        "query": Field(_query, None),
        "favorited": Field(fields.boolean, False),
        "saved": Field(fields.boolean, False),
        "tags": Field(fields.TAGS, []),
        "dashboards": Field(fields.list_of(fields.number(1)), []),
    },
    given=catalog.GIVEN["insights"],
    parameters=frozenset({"short_id", "favorited", "saved", "dashboards", "tags", "created_by"}),
    matches=_matches,
    made=_made,
    changed=_changed,
    shown=_shown,
)  # fmt: skip
ROUTES = INSIGHTS.routes
