"""What the bundled server's tools ask of PostHog: resources with their fields, queries, and a world of a few rows.

Parameters and body fields are those of PostHog's own tools (2025 and 2026); anything else is refused.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from tests.support.posthog import Reply, Route, Visit, failure, invalid, not_found
from tests.support.posthog_core import page

SURVEY = "0190cccc-0000-0000-0000-000000000001"
ISSUE = "0190dddd-0000-0000-0000-000000000001"
PAGED = frozenset({"limit", "offset"})


def rows() -> dict[str, list[dict[str, Any]]]:
    """The rows of every resource, fresh."""
    return copy.deepcopy(
        {
            "dashboards": [DASHBOARD, {"id": 12, "name": "Growth", "pinned": False, "tags": ["q3"]}],
            "insights": [INSIGHT, OLD_INSIGHT, ALL_DIGITS],
            "feature_flags": [FLAG, {"id": 32, "key": "new-nav-two", "name": "", "active": False, "filters": {}}],
            "experiments": [RUNNING, DRAFT],
            "surveys": [{"id": SURVEY, "name": "NPS", "type": "popover", "questions": [], "start_date": "2026-01-01"}],
            "event_definitions": [
                {"id": "e1", "name": "$pageview", "last_seen_at": "2026-01-02"},
                {"id": "e2", "name": "paid"},
            ],
            "property_definitions": [
                {"id": "p1", "name": "plan", "property_type": "String"},
                {"id": "p2", "name": "secret", "property_type": "String", "hidden": True},
            ],
        }
    )


DASHBOARD = {
    "id": 11,
    "name": "Overview",
    "description": "All of it",
    "pinned": True,
    "tags": [],
    "tiles": [
        {
            "id": 1,
            "insight": {"id": 21, "short_id": "aBcD1234", "name": "Signups", "query": {"kind": "InsightVizNode"}},
        },
        {"id": 2, "insight": None, "text": {"body": "Read me"}},
        {"id": 3, "insight": None, "text": None, "widget": {"kind": "clock"}},
    ],
}
TRENDS = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "signup"}]}
INSIGHT = {
    "id": 21,
    "short_id": "aBcD1234",
    "name": "Signups",
    "query": {"kind": "InsightVizNode", "source": TRENDS},
    "dashboards": [12],
    "favorited": True,
    "result": [{"data": [1] * 50}],
}
OLD_INSIGHT = {
    "id": 22,
    "short_id": "oldOld00",
    "name": "Old",
    "query": None,
    "filters": {"insight": "TRENDS"},
    "dashboards": [],
}
ALL_DIGITS = {"id": 23, "short_id": "12345678", "name": "Digits", "query": INSIGHT["query"],
              "dashboards": None, "dashboard_tiles": [{"id": 5, "dashboard_id": 11}]}  # fmt: skip
FLAG: dict[str, Any] = {
    "id": 31,
    "key": "new-nav",
    "name": "New navigation",
    "active": True,
    "tags": [],
    "filters": {
        "groups": [{"properties": [], "rollout_percentage": 10}],
        "multivariate": {"variants": [{"key": "control", "rollout_percentage": 100}]},
        "payloads": {"control": "1"},
    },
}
METRIC = {
    "kind": "ExperimentMetric",
    "metric_type": "mean",
    "name": "paid",
    "source": {"kind": "EventsNode", "event": "paid"},
}
RUNNING: dict[str, Any] = {
    "id": 41,
    "name": "Button",
    "feature_flag_key": "button",
    "feature_flag": {"id": 33, "key": "button"},
    "start_date": "2026-01-01T00:00:00Z",
    "end_date": None,
    "metrics": [METRIC],
    "metrics_secondary": [METRIC | {"name": "broken"}],
    "saved_metrics": [{"metadata": {"type": "primary"}, "query": METRIC | {"name": "shared"}}],
    "parameters": {"feature_flag_variants": [{"key": "control"}, {"key": "test"}], "minimum_detectable_effect": 30},
    "exposure_criteria": {"filterTestAccounts": True},
}
DRAFT = {"id": 42, "name": "Draft", "feature_flag_key": "draft", "start_date": None, "metrics": [], "parameters": None}

# ------------------------------------------------------------------ resources


def resource(
    name: str, scope: str, parameters: str, fields: str, *, search: str = "search", key: str = "name"
) -> tuple[Route, ...]:
    """The four rows of a resource: list, get, create, change. It knows how PostHog filters the list."""
    one, several = f"/api/projects/{{project_id}}/{name}/{{id}}/", f"/api/projects/{{project_id}}/{name}/"
    may = frozenset(fields.split())

    def found(visit: Visit) -> dict[str, Any] | None:
        return next((row for row in visit.world[name] if str(row["id"]) == visit["id"]), None)

    def listed(visit: Visit) -> Reply:
        asked = dict(visit.request.query)
        kept = [row for row in visit.world[name] if asked.get(search, "").lower() in str(row.get(key, "")).lower()]
        kept = [row for row in kept if asked.get("short_id", row.get("short_id")) == row.get("short_id")]
        return page(visit, [row for row in kept if row.get("favorited") or "favorited" not in asked])

    def got(visit: Visit) -> Reply:
        return not_found() if (row := found(visit)) is None else Reply(body=row)

    def created(visit: Visit) -> Reply:
        row = {"id": 99, "short_id": "newNew99"} | visit.request.body
        visit.world[name].append(row)
        return Reply(201, row)

    def changed(visit: Visit) -> Reply:
        row = found(visit)
        if row is None:
            return not_found()
        row.update(visit.request.body)
        return Reply(body=row)

    return (
        Route("GET", several, listed, f"{scope}:read", PAGED | frozenset(parameters.split())),
        Route("GET", one, got, f"{scope}:read"),
        Route("POST", several, created, f"{scope}:write", fields=may),
        Route("PATCH", one, changed, f"{scope}:write", fields=may | {"deleted"}),
    )


def stats(visit: Visit) -> Reply:
    return Reply(body={"survey shown": {"total_count": 7}, "asked": dict(visit.request.query)})


# ------------------------------------------------------------------ queries


def queried(visit: Visit) -> Reply:
    """Answers by the query's kind; a HogQL query that begins with a word below does what the word says."""
    query = visit.request.body["query"]
    if query["kind"] == "ErrorTrackingQuery":
        return Reply(
            body={"results": [issue for issue in ISSUES if query.get("issueId", ISSUE) == issue["id"]], "hasMore": True}
        )
    if query["kind"] == "ExperimentQuery" and query["metric"]["name"] == "broken":
        return failure(500)
    word = query.get("query", "").partition(" ")[0]
    return {"ASYNC": _started, "BAD": _refused, "EMPTY": _empty}.get(word, _done)(visit)


ISSUES = [{"id": ISSUE, "name": "TypeError", "status": "active", "aggregations": {"occurrences": 3}}]
RESULT = {
    "columns": ["n"],
    "types": ["UInt64"],
    "results": [[1], [2]],
    "hasMore": True,
    "limit": 2,
    "timings": [1, 2, 3],
}


def _done(_: Visit) -> Reply:
    return Reply(body=RESULT)


def _empty(_: Visit) -> Reply:
    return Reply(body={"columns": ["n"]})


def _refused(_: Visit) -> Reply:
    return invalid("query", "Unknown table `nothing`.")


def _started(visit: Visit) -> Reply:
    visit.world.setdefault("looks", 0)
    return Reply(202, {"query_status": {"id": "q-1", "complete": False}})


def polled(visit: Visit) -> Reply:
    """Not done at the first two looks; `world["failing"]` makes it end with an error."""
    visit.world["looks"] += 1
    progress = {"rows_read": 5, "estimated_rows_total": 10} if visit.world["looks"] == 1 else None
    running = {"id": visit["query_id"], "complete": False, "query_progress": progress}
    if visit.world["looks"] < 3:
        return Reply(body={"query_status": running})
    if visit.world.get("failing"):
        return Reply(
            body={"query_status": {"id": "q-1", "complete": True, "error": True, "error_message": "Memory limit"}}
        )
    return Reply(body={"query_status": {"id": "q-1", "complete": True, "error": False, "results": RESULT}})


def generated(visit: Visit) -> Reply:
    ack = {"type": "message", "data": {"type": "ack"}}
    return Reply(body=[ack, {"type": "message", "data": {"content": f"SELECT 1 -- {visit.request.body['query']}"}}])


def searched(visit: Visit) -> Reply:
    return Reply(body={"content": f"About {visit.request.body['query']}"})


SURVEY_FIELDS = (
    "name description type questions conditions appearance schedule start_date end_date archived responses_limit "
    "iteration_count iteration_frequency_days enable_partial_responses linked_flag_id targeting_flag_id "
    "targeting_flag_filters remove_targeting_flag"
)
EXPERIMENT_FIELDS = (
    "name description feature_flag_key type metrics metrics_secondary parameters exposure_criteria stats_config holdout_id "
    "start_date end_date archived conclusion conclusion_comment tags"
)
PROPERTY_PARAMETERS = "search type event_names filter_by_event_names is_feature_flag exclude_core_properties exclude_hidden group_type_index"
ROUTES: tuple[Route, ...] = (
    *resource("dashboards", "dashboard", "search folder", "name description pinned tags"),
    *resource("insights", "insight", "search short_id favorited", "name description query favorited tags dashboards"),
    *resource("feature_flags", "feature_flag", "search active archived", "key name filters active tags", key="key"),
    *resource("experiments", "experiment", "search", EXPERIMENT_FIELDS),
    Route(
        "GET", "/api/projects/{project_id}/surveys/stats/", stats, "survey:read", frozenset({"date_from", "date_to"})
    ),
    Route(
        "GET",
        "/api/projects/{project_id}/surveys/{id}/stats/",
        stats,
        "survey:read",
        frozenset({"date_from", "date_to"}),
    ),
    *resource("surveys", "survey", "search", SURVEY_FIELDS),
    *resource("event_definitions", "event_definition", "search", ""),
    *resource("property_definitions", "property_definition", PROPERTY_PARAMETERS, ""),
    Route(
        "POST", "/api/environments/{project_id}/query/", queried, "query:read", fields=frozenset({"query", "refresh"})
    ),
    Route("GET", "/api/environments/{project_id}/query/{query_id}/", polled, "query:read"),
    Route(
        "POST",
        "/api/environments/{project_id}/max_tools/create_and_query_insight/",
        generated,
        "insight:read",
        fields=frozenset({"query", "insight_type"}),
    ),
    Route(
        "POST",
        "/api/projects/{project_id}/mcp_tools/docs_search/",
        searched,
        "project:read",
        fields=frozenset({"query"}),
    ),
)


def said(text: str) -> dict[str, Any]:
    """The data of a tool's answer: what stands between its two marks."""
    lines = text.splitlines()
    mark = next(line for line in lines if line.startswith("posthog-data-"))
    first, last = lines.index(mark), len(lines) - 1 - lines[::-1].index(mark)
    found: dict[str, Any] = json.loads("\n".join(lines[first + 1 : last]))
    return found
