"""Saved insights."""

from __future__ import annotations

import secrets
import string
from typing import Any

from posthog_wizard.sandbox.api.api_errors import invalid
from posthog_wizard.sandbox.api.collection import Collection, Field, QueryParameters
from posthog_wizard.sandbox.api.fields import TAGS, boolean_field, list_field, number_field, or_null, text_field
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.views.dashboards import DASHBOARDS, TILE

_LETTERS = string.ascii_letters + string.digits
_SHORT_ID = 8  # characters
_WITHOUT_NODE = ("HogQLQuery", "DataTableNode", "HogQuery")  # kinds that are not refused though nothing is around them


def _query(name: str, value: Any) -> Any:
    """A query in its node: the web application draws nothing else."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise invalid(name, "A query is an object with a `kind`.", "invalid")
    if value["kind"].endswith("Query") and value["kind"] not in _WITHOUT_NODE:
        raise invalid(name, f"A {value['kind']} belongs into the `source` of an InsightVizNode.", "invalid")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    """`favorited` and `saved` count by being there, whatever they say."""
    wanted = ("favorited" not in asked or row["favorited"]) and ("saved" not in asked or row["saved"])
    return bool(wanted) and asked.get("short_id", row["short_id"]) == row["short_id"]


def _made(context: RequestContext, row: Row) -> Row:
    _check_dashboards(context, row)
    short_id = "".join(secrets.choice(_LETTERS) for _ in range(_SHORT_ID))
    return row | {"short_id": short_id, "last_modified_at": context.time}


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    _check_dashboards(context, sent)
    return before | sent | {"last_modified_at": context.time}


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
        "name": Field(or_null(text_field(400)), None),
        "description": Field(or_null(text_field(400)), ""),
        "query": Field(_query, None),
        "favorited": Field(boolean_field, False),
        "saved": Field(boolean_field, True),
        "tags": Field(TAGS, []),
        "dashboards": Field(list_field(number_field(1)), []),
    },
    given={"derived_name": None, "filters": {}, "last_refresh": None},
    parameters=frozenset({"short_id", "favorited", "saved"}),
    matches=_matches,
    made=_made,
    changed=_changed,
    shown=_shown,
)
ROUTES = INSIGHTS.routes
