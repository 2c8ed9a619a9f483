"""The insights toolset: saved insights, and queries that are not saved.

A query is put right where it is plain what was meant, and within the node that draws it: https://posthog.com/docs/api/insights;
the nodes are those of PostHog's frontend/src/queries/schema. Chart and table settings, SQL's variables and how a chart looks
stay; breakdowns and dates do not, since they say what is counted.
"""

from typing import Annotated, Any, Literal, Required, TypedDict

from posthog_wizard.errors import ApiError, BadKey, MissingScope, NotSupported, RateLimited, Unreachable, WrongUsage
from posthog_wizard.model import NOTHING
from posthog_wizard.tools import query_runs
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.merging import Fields, StoredRow, merged
from posthog_wizard.tools.nested_names import refuse_misspelled
from posthog_wizard.tools.parameters import Description, Limit, More, NewName, Object, Offset, Rename, Search, Tags
from posthog_wizard.tools.resource import Resource, changes, find_insight
from posthog_wizard.tools.tool import ASKS, CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.value_types import Constraints

_VIZ, _SQL = "InsightVizNode", "DataVisualizationNode"
_CHARTS = ("TrendsQuery", "FunnelsQuery", "RetentionQuery", "PathsQuery", "LifecycleQuery", "StickinessQuery")
_NODES = {**dict.fromkeys(_CHARTS, _VIZ), "HogQLQuery": _SQL}
_LEAST = {"TrendsQuery": 1, "FunnelsQuery": 2, "LifecycleQuery": 1, "StickinessQuery": 1}
_NEEDED = {"RetentionQuery": "retentionFilter", "PathsQuery": "pathsFilter", "HogQLQuery": "query"}
_SAY = {
    "RetentionQuery": 'Add {"period":"Week","targetEntity":{"id":"signed_up","type":"events"},"returningEntity":{…}}.',
    "PathsQuery": 'Add {"includeEventTypes":["$pageview"]}.',
    "HogQLQuery": "Put the SQL there.",
}
_VALUED = ("avg", "sum", "min", "max", "median", "p75", "p90", "p95", "p99")
_FILTERS = 'Write [{"key":"$os","value":"iOS","operator":"exact","type":"event"}].'
# How a chart looks, not what it counts.
_LOOKS = ("display", "layout", "showLegend", "showValuesOnSeries", "funnelVizType", "aggregationAxisFormat", "aggregationAxisPostfix",
          "aggregationAxisPrefix", "decimalPlaces", "minDecimalPlaces", "goalLines", "yAxisScaleType", "showAlertThresholdLines",
          "showLabelsOnSeries", "showMultipleYAxes", "showPercentStackView", "showTrendLines", "resultCustomizationBy",
          "resultCustomizations", "stacked", "dashboardDisplay")  # fmt: skip
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
    return await _answered(call, _source_of(query))


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
    return _INSIGHTS.show(call, await find_insight(call, insight_id))


@tool(
    "Query an insight",
    feature="insights",
    scopes=("insight:read", "query:read"),
    hints=READS,
    rest="Run its query with query-run and a shorter dateRange or fewer series.",
)
async def insight_query(call: Call, insight_id: _InsightId, more: More = NOTHING) -> dict[str, Any]:
    """Run a saved insight's query and return its numbers."""
    found = await find_insight(call, insight_id)
    if not found.get("query"):
        raise NotSupported(
            f"insight `{insight_id}` is an old one: it has filters but no query",
            "open it in PostHog and save it again, or write its query for query-run",
        )
    answer = await _answered(call, found["query"], **more)
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
    name: Rename = None,
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
    found = await find_insight(call, insight_id)
    if query is not None:
        body["query"] = node(query, found.get("query"))
    return await _INSIGHTS.change(call, found["id"], body)


@tool("Delete an insight", feature="insights", scopes=("insight:write",), hints=DELETES)
async def insight_delete(call: Call, insight_id: _InsightId) -> dict[str, Any]:
    """Delete a saved insight, also from dashboards. It can be restored in PostHog."""
    return await _INSIGHTS.delete(call, await find_insight(call, insight_id))


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


def _source_of(wanted: StoredRow, stored: Any = None) -> dict[str, Any]:
    """The query without a node around it, as PostHog can answer it. Raises WrongUsage, which says what is missing or unknown."""
    bare: Any = wanted.get("source") if wanted.get("kind") in _NODES.values() else wanted
    kind = bare.get("kind") if isinstance(bare, dict) else None
    if kind not in (*_NODES,):  # it may be a list
        raise WrongUsage(f"`query.source.kind` is {kind!r}", f"use {', '.join(_NODES)}")
    if (field := _NEEDED.get(kind)) and bare.get(field) in (None, ""):
        raise WrongUsage(f"`query.{field}` is missing", _SAY[kind])
    series = bare.get("series", [])
    if not isinstance(series, list) or len(series) < _LEAST.get(kind, 0):
        raise WrongUsage(
            f"a {kind} needs at least {_LEAST.get(kind, 0)} `series`", 'add {"kind":"EventsNode","event":"…"}'
        )
    right = {"series": [_series(one) for one in series]} if series else {}
    filters = {"properties": _filters(bare["properties"], grouped=True)} if "properties" in bare else {}
    whole = {**bare, **right, **filters}
    refuse_misspelled(kind, whole, "query" if bare is wanted else "query.source", stored)
    return whole


def node(wanted: StoredRow, stored: Any = None) -> dict[str, Any]:
    """The query as a saved insight holds it: with the node that draws it, which stays as it is stored. Raises WrongUsage."""
    source = _source_of(wanted, stored)
    kind = _NODES[source["kind"]]
    said = {**wanted, "kind": kind} if wanted.get("kind") in _NODES.values() else {"kind": kind}
    before = stored if isinstance(stored, dict) and stored.get("kind") == kind else {}
    found = before.get("source")
    inner = found if isinstance(found, dict) else {}
    whole: dict[str, Any] = merged(Fields(), before, said | {"source": source})
    return whole | {"source": _with_looks(source, inner) if inner.get("kind") == source["kind"] else source}


def _with_looks(source: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a new query of the same kind does not say, though it is lost otherwise: SQL's variables, and how the chart looks."""
    if source["kind"] == "HogQLQuery":
        return before | source
    field = source["kind"][:1].lower() + source["kind"].removesuffix("Query")[1:] + "Filter"
    looks = {name: value for name, value in (before.get(field) or {}).items() if name in _LOOKS}
    theme = {name: before[name] for name in ("dataColorTheme",) if name in before}
    return theme | source | ({field: looks | (source.get(field) or {})} if looks else {})


def _series(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise WrongUsage("`series` holds something else than events", 'write [{"kind":"EventsNode","event":"…"}]')
    if one.get("math") in _VALUED and not one.get("math_property"):
        raise WrongUsage(f"`math` {one['math']} needs `math_property`", "name the numeric property")
    kind = {} if one.get("kind") else {"kind": "ActionsNode" if isinstance(one.get("id"), int) else "EventsNode"}
    filters = {"properties": _filters(one["properties"], grouped=False)} if one.get("properties") else {}
    return kind | one | filters


def _filters(value: Any, *, grouped: bool) -> Any:
    """A list of filters, or for a whole query a group of lists; one filter alone, or a flat group, is put right."""
    if isinstance(value, dict) and "key" in value:
        value = [value]
    if not isinstance(value, dict):
        if value is not None and not (isinstance(value, list) and all(isinstance(one, dict) for one in value)):
            raise WrongUsage("`properties` holds something else than filters", _FILTERS)
        return value
    values, kind = value.get("values"), value.get("type", "AND")
    if not isinstance(values, list) or (not grouped and kind != "AND"):
        raise WrongUsage("`properties` is an object, not a list of filters", _FILTERS)
    if all(isinstance(one, dict) and "values" not in one for one in values):
        return {"type": kind, "values": [{"type": kind, "values": values}]} if grouped else values
    return value
