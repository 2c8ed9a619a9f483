"""The insights toolset: saved insights, and queries that are not saved."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Required, TypedDict

from posthog_wizard.errors import ApiError, BadKey, MissingScope, NotSupported, RateLimited, Unreachable
from posthog_wizard.model import NOTHING
from posthog_wizard.tools import find, query_runs
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.insight_nodes import node, source_of
from posthog_wizard.tools.parameters import (
    Description,
    Limit,
    More,
    NewName,
    NewNameOrNone,
    Object,
    Offset,
    Search,
    Tags,
)
from posthog_wizard.tools.resource import Resource, changes
from posthog_wizard.tools.tool import ASKS, CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.value_types import Constraints

_InsightId = Annotated[str, Constraints(min_length=1, description="Numeric or short id")]
_NAMED = ("id", "short_id", "name", "derived_name", "description")
_INSIGHTS = Resource(
    "insights/",
    "insight",
    shown=(*_NAMED, "tags", "favorited", "dashboards", "query", "filters", "created_at", "last_modified_at"),
    listed=(*_NAMED, "tags", "favorited", "dashboards", "last_modified_at"),
    named_by="short_id",
)


_Kind = Literal["TrendsQuery", "FunnelsQuery", "RetentionQuery", "PathsQuery", "LifecycleQuery", "StickinessQuery", "HogQLQuery",
                "InsightVizNode", "DataVisualizationNode"]  # fmt: skip


class _Query(TypedDict, total=False):
    """A query of PostHog. `nested_names` has the fields beyond the named ones."""

    kind: Required[_Kind]
    query: Annotated[str, Constraints(description="HogQLQuery: the SQL")]
    series: Annotated[list[Object], Constraints(description="EventsNodes")]
    dateRange: Object
    source: Annotated[Object, Constraints(description="The query within a node")]


_AnyQuery = Annotated[
    _Query,
    Constraints(
        description='{"kind":"HogQLQuery","query":"SELECT event, count() FROM events WHERE timestamp > now() - INTERVAL 7 DAY '
        'GROUP BY event LIMIT 100"} or {"kind":"TrendsQuery","series":[{"kind":"EventsNode","event":"$pageview","math":"dau"}],'
        '"dateRange":{"date_from":"-7d"},"interval":"day","breakdownFilter":{"breakdown":"$browser","breakdown_type":"event"},'
        '"properties":[{"key":"$os","value":"iOS","operator":"exact","type":"event"}],"filterTestAccounts":true} or the same '
        'with "kind":"FunnelsQuery" and 2+ series, LifecycleQuery or StickinessQuery; RetentionQuery has retentionFilter, PathsQuery '
        "pathsFilter. math sum, avg, p95… needs math_property"
    ),
]
_SavedQuery = Annotated[_Query | None, Constraints(shown={"type": "object", "description": "As in query-run"})]
_NewQuery = Annotated[
    _Query, Constraints(shown={"type": "object", "description": "As in query-run; run it there first"})
]


@tool(
    "Run a query",
    feature="insights",
    scopes=("query:read",),
    hints=READS,
    rest="Ask for fewer columns or rows (LIMIT and OFFSET in HogQL, a shorter dateRange or a coarser interval elsewhere).",
)
async def query_run(call: Call, query: _AnyQuery) -> dict[str, Any]:
    """Run a query, e.g. trends, funnels or HogQL (SQL), and return its numbers. HogQL returns 100 rows unless LIMIT says more."""
    return await _answered(call, source_of(query))


@tool("List insights", feature="insights", scopes=("insight:read",), hints=READS)
async def insights_get_all(
    call: Call,
    search: Search = None,
    favorited: Annotated[bool, Constraints(description="Only favorites")] = False,
    limit: Limit = 50,
    offset: Offset = 0,
    more: More = NOTHING,
) -> dict[str, Any]:
    """List the project's saved insights, without their results."""
    # PostHog filters by the parameter's presence, whatever its value.
    return await _INSIGHTS.list(call, offset, search=search, limit=limit, favorited=True if favorited else None, **more)


@tool("Get an insight", feature="insights", scopes=("insight:read",), hints=READS)
async def insight_get(call: Call, insight_id: _InsightId, more: More = NOTHING) -> dict[str, Any]:  # noqa: ARG001
    """Get a saved insight and its query. For its numbers use insight-query."""
    return _INSIGHTS.show(call, await find.find_insight(call, insight_id))


@tool(
    "Query an insight",
    feature="insights",
    scopes=("insight:read", "query:read"),
    hints=READS,
    rest="Run its query with query-run and a shorter dateRange or fewer series.",
)
async def insight_query(call: Call, insight_id: _InsightId, more: More = NOTHING) -> dict[str, Any]:
    """Run a saved insight's query and return its numbers."""
    found = await find.find_insight(call, insight_id)
    if not found.get("query"):
        raise NotSupported(
            f"insight `{insight_id}` is an old one: it has filters but no query",
            "open it in PostHog and save it again, or write its query for query-run",
        )
    overrides = {name: value for name, value in more.items() if name != "output_format"}  # which is our own
    answer = await _answered(call, found["query"], **overrides)
    return {"insight": _INSIGHTS.show(call, found, (*_NAMED, "query"))} | answer


@tool("Save a query as an insight", feature="insights", scopes=("insight:write",), hints=CREATES)
async def insight_create_from_query(
    call: Call,
    name: NewName,
    query: _NewQuery,
    description: Description = None,
    favorited: Annotated[bool, Constraints(description="Mark as favorite")] = False,
    tags: Tags = None,
    dashboards: Annotated[list[int] | None, Constraints(hidden=True)] = None,
) -> dict[str, Any]:
    """Save a query as an insight."""
    # PostHog before March 2026 takes an insight for unsaved otherwise, and does not list it.
    body = given(
        name=name, query=node(query), description=description, favorited=favorited, tags=tags, dashboards=dashboards
    )
    return await _INSIGHTS.create(call, body | {"saved": True})


@tool("Update an insight", feature="insights", scopes=("insight:write",), hints=UPDATES)
async def insight_update(
    call: Call,
    insight_id: _InsightId,
    name: NewNameOrNone = None,
    description: Description = None,
    query: _SavedQuery = None,
    favorited: Annotated[bool | None, Constraints(description="Favorite or not")] = None,
    tags: Tags = None,
    dashboards: Annotated[list[int] | None, Constraints(description="All its dashboards")] = None,
) -> dict[str, Any]:
    """Change a saved insight; what is left out stays."""
    body = changes(
        name=name, description=description, query=query, favorited=favorited, tags=tags, dashboards=dashboards
    )
    found = await find.find_insight(call, insight_id)
    if query is not None:
        body["query"] = node(query, found.get("query"))
    return await _INSIGHTS.change(call, found["id"], body)


@tool("Delete an insight", feature="insights", scopes=("insight:write",), hints=DELETES)
async def insight_delete(call: Call, insight_id: _InsightId) -> dict[str, Any]:
    """Delete a saved insight, also from dashboards. It can be restored in PostHog."""
    return await _INSIGHTS.delete(call, await find.find_insight(call, insight_id))


@tool(
    "Ask PostHog AI for SQL",
    feature="insights",
    scopes=("query:read", "insight:read"),
    hints=ASKS,
    rest="Ask a narrower question, or run the SQL with query-run.",
)
async def query_generate_hogql_from_question(
    call: Call, question: Annotated[str, Constraints(min_length=1, max_length=1000, description="In plain words")]
) -> dict[str, Any]:
    """Have PostHog AI turn a question into HogQL and run it. Only where PostHog AI is switched on."""
    path = f"/api/environments/{call.project}/max_tools/create_and_query_insight/"
    try:
        answer = await call.ask(path, {"query": question, "insight_type": "sql"}, repeatable=False)
    except (BadKey, RateLimited, Unreachable):
        raise
    except ApiError as error:
        if isinstance(error, MissingScope) and error.scope:
            raise
        raise NotSupported(
            f"PostHog AI does not answer here ({error.message})",
            "write the HogQL yourself and use `query-run`, or have an admin approve AI data processing in PostHog",
        ) from error
    return {"results": [one for one in answer if not _is_receipt(one)] if isinstance(answer, list) else [answer]}


def _is_receipt(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "message" and (item.get("data") or {}).get("type") == "ack"


async def _answered(call: Call, source: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = await query_runs.run_query(call, source, "async", **more)
    return query_runs.trimmed_response(response)
