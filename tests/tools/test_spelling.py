"""PostHog's own spelling of tools and arguments, row by row, in ours. See `aliases`."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.errors import WrongUsage
from posthog_wizard.server.service import BY_NAME
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.aliases import instead, ours, passed
from posthog_wizard.tools.arguments import checked_arguments
from tests.support.serving import bench
from tests.tools.cases import QUERY

Arguments = dict[str, Any]
UUID = "0190cccc-0000-0000-0000-000000000001"
SQL = {"kind": "HogQLQuery", "query": "SELECT 1"}
HALVES = [{"key": "control", "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
NOBODY = {"groups": [{"properties": [], "rollout_percentage": 0}]}
OPEN = [{"type": "open", "question": "?"}]
MEAN = [{"metric_type": "mean", "event_name": "a"}]
DATES = {"date_from": "-7d", "date_to": "-1d"}
# tool, as it is called, what of it the function gets
FIRST_SERVER: tuple[tuple[str, Arguments, Arguments], ...] = (
    ("add-insight-to-dashboard", {"data": {"insightId": "9", "dashboardId": 1}}, {"insight_id": "9", "dashboard_id": 1}),
    ("dashboard-create", {"data": {"name": "a", "description": "b", "pinned": True, "tags": ["c"]}}, {"name": "a", "tags": ["c"]}),
    ("dashboard-delete", {"dashboardId": 1}, {"dashboard_id": 1}),
    ("dashboard-get", {"dashboardId": 1}, {"dashboard_id": 1}),
    ("dashboard-update", {"dashboardId": 1, "data": {"name": "a"}}, {"dashboard_id": 1, "name": "a"}),
    ("dashboards-get-all", {"data": {"limit": 1, "offset": 2, "search": "a", "pinned": True}}, {"limit": 1, "pinned": True}),
    ("docs-search", {"query": "a"}, {"query": "a"}),
    ("error-details", {"issueId": UUID, "dateFrom": "a", "dateTo": "b"}, {"issue_id": UUID, "date_from": "a", "date_to": "b"}),
    ("list-errors", {"orderBy": "users", "orderDirection": "ASC", "filterTestAccounts": False, "status": "all"},
     {"order_by": "users", "order_direction": "ASC", "filter_test_accounts": False, "status": "all"}),
    ("create-feature-flag", {"name": "", "key": "k", "description": "Why", "filters": NOBODY, "active": True}, {"key": "k", "name": "Why"}),
    ("update-feature-flag", {"flagKey": "k", "data": {"description": "Why", "active": False}}, {"flag_key": "k", "name": "Why"}),
    ("delete-feature-flag", {"flagKey": "k"}, {"flag_key": "k"}),
    ("feature-flag-get-definition", {"flagId": 1}, {"flag_id": 1}),
    ("feature-flag-get-definition", {"flagKey": "k"}, {"flag_key": "k"}),
    ("experiment-create", {"name": "a", "feature_flag_key": "k", "type": "web", "primary_metrics": MEAN, "variants": HALVES,
                           "target_properties": {"plan": "pro"}, "draft": False, "holdout_id": 1},
     {"target_properties": {"plan": "pro"}, "variants": HALVES, "holdout_id": 1}),
    ("experiment-delete", {"experimentId": 1}, {"experiment_id": 1}),
    ("experiment-get", {"experimentId": 1}, {"experiment_id": 1}),
    ("experiment-results-get", {"experimentId": 1, "refresh": True}, {"experiment_id": 1, "refresh": True}),
    ("experiment-update", {"experimentId": 1, "data": {"launch": True}}, {"experiment_id": 1, "launch": True}),
    ("insight-create-from-query", {"data": {"name": "a", "query": SQL, "favorited": True}}, {"query": SQL, "favorited": True}),
    ("insight-delete", {"insightId": "a"}, {"insight_id": "a"}),
    ("insight-get", {"insightId": "a"}, {"insight_id": "a"}),
    ("insight-query", {"insightId": "a"}, {"insight_id": "a"}),
    ("insight-update", {"insightId": "a", "data": {"name": "b", "query": SQL}}, {"insight_id": "a", "name": "b", "query": SQL}),
    ("insights-get-all", {"data": {"limit": 1, "favorited": True, "search": "a"}}, {"limit": 1, "favorited": True, "search": "a"}),
    ("query-run", {"query": {"kind": "DataVisualizationNode", "source": SQL}}, {"query": {"kind": "DataVisualizationNode", "source": SQL}}),
    ("get-llm-total-costs-for-project", {"projectId": 1, "days": 6}, {"project_id": 1, "days": 6}),
    ("switch-organization", {"orgId": UUID}, {"org_id": UUID}),
    ("switch-project", {"projectId": 1}, {"project_id": 1}),
    ("event-definitions-list", {"q": "a"}, {"q": "a"}),
    ("properties-list", {"type": "event", "eventName": "a", "includePredefinedProperties": True},
     {"event_name": "a", "include_predefined_properties": True}),
    ("survey-get", {"surveyId": UUID}, {"survey_id": UUID}),
    ("survey-delete", {"surveyId": UUID}, {"survey_id": UUID}),
    ("survey-stats", {"survey_id": UUID, "date_from": "a"}, {"survey_id": UUID, "date_from": "a"}),
    ("survey-create", {"name": "a", "questions": OPEN, "targeting_flag_filters": NOBODY, "linked_flag_id": 1}, {"linked_flag_id": 1}),
    ("survey-update", {"surveyId": UUID, "targeting_flag_id": 3, "schedule": "always"}, {"survey_id": UUID, "more": {"targeting_flag_id": 3}}),
    ("surveys-get-all", {"limit": 1, "search": "a"}, {"limit": 1, "search": "a"}),
    ("surveys-global-stats", DATES, DATES),
)  # fmt: skip
HOSTED_SERVER: tuple[tuple[str, Arguments, Arguments], ...] = (
    ("dashboard-delete", {"id": 1}, {"dashboard_id": 1}),
    ("dashboard-get", {"id": 1, "variables_override": {"a": 1}}, {"dashboard_id": 1, "more": {"variables_override": {"a": 1}}}),
    ("dashboard-update", {"id": 1, "quick_filter_ids": ["a"]}, {"dashboard_id": 1, "more": {"quick_filter_ids": ["a"]}}),
    ("dashboard-create", {"name": "a", "restriction_level": 21}, {"more": {"restriction_level": 21}}),
    ("dashboards-get-all", {"folder": "a"}, {"more": {"folder": "a"}}),
    ("create-feature-flag", {"key": "k", "evaluation_contexts": ["web"], "is_remote_configuration": True, "evaluation_runtime": "server"},
     {"more": {"evaluation_contexts": ["web"], "is_remote_configuration": True, "evaluation_runtime": "server"}}),
    ("update-feature-flag", {"id": 1, "key": "new", "archived": True, "ensure_experience_continuity": True},
     {"flag_id": 1, "flag_key": None, "more": {"key": "new", "archived": True, "ensure_experience_continuity": True}}),
    ("update-feature-flag", {"key": "k", "active": False}, {"flag_key": "k"}),
    ("delete-feature-flag", {"id": 1}, {"flag_id": 1}),
    ("delete-feature-flag", {"key": "k"}, {"flag_key": "k"}),
    ("feature-flag-get-definition", {"id": 1}, {"flag_id": 1}),
    ("feature-flag-get-all", {"archived": True, "type": "boolean", "key": "k"}, {"more": {"archived": True, "type": "boolean", "key": "k"}}),
    ("experiment-create", {"name": "a", "feature_flag_key": "k", "stats_config": {"method": "frequentist"}, "tags": ["t"]},
     {"more": {"stats_config": {"method": "frequentist"}, "tags": ["t"]}}),
    ("experiment-delete", {"id": 1}, {"experiment_id": 1}),
    ("experiment-get", {"id": 1}, {"experiment_id": 1}),
    ("experiment-get-all", {"status": "running", "order": "name"}, {"more": {"status": "running", "order": "name"}}),
    ("experiment-results-get", {"id": 1}, {"experiment_id": 1}),
    ("experiment-update", {"id": 1, "metrics": MEAN, "archived": True, "conclusion": "won"},
     {"experiment_id": 1, "primary_metrics": MEAN, "archive": True, "more": {"conclusion": "won"}}),
    ("experiment-update", {"id": 1, "metrics_secondary": MEAN, "exposure_criteria": {}}, {"secondary_metrics": MEAN}),
    ("insight-create-from-query", {"name": "a", "query": SQL, "dashboards": [1]}, {"dashboards": [1]}),
    ("insight-delete", {"id": "a"}, {"insight_id": "a"}),
    ("insight-get", {"id": 9}, {"insight_id": "9"}),
    ("insight-get", {"short_id": "a"}, {"insight_id": "a"}),
    ("insight-query", {"id": "a", "output_format": "json"}, {"insight_id": "a"}),
    ("insight-update", {"id": "a", "dashboards": [1, 2]}, {"insight_id": "a", "dashboards": [1, 2]}),
    ("insight-get", {"id": "a", "include_dashboards": True}, {"insight_id": "a"}),
    ("dashboard-get", {"id": 1, "include_dashboards": True}, {"dashboard_id": 1}),
    ("dashboard-update", {"id": 1, "name": "a", "include_dashboards": True}, {"name": "a"}),
    ("error-details", {"issueId": UUID, "filterTestAccounts": False, "volumeResolution": 3, "includeSparkline": True},
     {"more": {"filterTestAccounts": False, "volumeResolution": 3}}),
    ("insights-get-all", {"saved": True, "created_by": 1}, {"more": {"saved": True, "created_by": 1}}),
    ("error-details", {"issueId": UUID, "dateRange": DATES}, {"issue_id": UUID, **DATES}),
    ("error-details", {"id": UUID}, {"issue_id": UUID}),
    ("list-errors", {"dateRange": DATES, "searchQuery": "a"}, {**DATES, "more": {"searchQuery": "a"}}),
    ("switch-organization", {"id": UUID}, {"org_id": UUID}),
    ("switch-organization", {"organizationId": UUID}, {"org_id": UUID}),
    ("switch-organization", {"organization_id": UUID}, {"org_id": UUID}),
    ("switch-project", {"id": 1}, {"project_id": 1}),
    ("event-definitions-list", {"search": "a"}, {"q": "a"}),
    ("survey-create", {"name": "a", "questions": OPEN, "schedule": "always"}, {"more": {"schedule": "always"}}),
    ("survey-delete", {"id": UUID}, {"survey_id": UUID}),
    ("survey-get", {"id": UUID}, {"survey_id": UUID}),
    ("survey-update", {"id": UUID, "translations": {}}, {"survey_id": UUID, "more": {"translations": {}}}),
    ("survey-stats", {"id": UUID, "include_per_question_stats": True}, {"more": {"include_per_question_stats": True}}),
    ("api-search", {"q": "cohorts"}, {"query": "cohorts"}),
    ("docs-search", {"search": "flags"}, {"query": "flags"}),
    ("api-describe", {"id": "cohorts_list"}, {"operation": "cohorts_list"}),
    ("api-read", {"operationId": "cohorts_list", "params": {"limit": 1}}, {"operation": "cohorts_list", "parameters": {"limit": 1}}),
    ("api-write", {"operation": "cohorts_create", "data": {"name": "a"}}, {"body": {"name": "a"}}),
    ("surveys-get-all", {"type": "api", "archived": False}, {"more": {"type": "api", "archived": False}}),
)  # fmt: skip
AS_TEXT: tuple[tuple[str, Arguments, Arguments], ...] = (
    ("query-run", {"query": '{"kind": "HogQLQuery", "query": "SELECT 1"}'}, {"query": SQL}),
    ("dashboards-get-all", {"limit": "10", "pinned": "true"}, {"limit": 10, "pinned": True}),
    ("dashboards-get-all", {"limit": 10.0}, {"limit": 10}),
    ("dashboards-get-all", {"limit": "10.0"}, {"limit": 10}),
    ("dashboards-get-all", {"data": '{"limit": 10}'}, {"limit": 10}),
    ("dashboards-get-all", {"search": "10"}, {"search": "10"}),  # a text is wanted
    ("dashboards-get-all", {"search": '{"a": 1}'}, {"search": '{"a": 1}'}),
    ("dashboard-get", {"dashboard_id": "12"}, {"dashboard_id": 12}),
    ("dashboard-create", {"name": "a", "tags": '["b"]'}, {"tags": ["b"]}),
    ("insight-get", {"insight_id": 9}, {"insight_id": "9"}),
    ("insight-get", {"insight_id": 9.0}, {"insight_id": "9"}),
    ("insight-update", {"insight_id": "a", "dashboards": "[1, 2]"}, {"dashboards": [1, 2]}),
    ("insight-update", {"insight_id": "a", "dashboards": ["1", 2.0]}, {"dashboards": [1, 2]}),
    ("error-details", {"issue_id": UUID, "dateRange": '{"date_from": "-7d"}'}, {"date_from": "-7d"}),
    ("experiment-create", {"name": "a", "feature_flag_key": "k", "minimum_detectable_effect": "5", "variants": [
        {"key": "control", "rollout_percentage": "50"}, '{"key": "test", "rollout_percentage": 50}']},
     {"minimum_detectable_effect": 5, "variants": HALVES}),
    ("create-feature-flag", {"key": "k", "filters": '{"groups": "[]"}'}, {"filters": {"groups": []}}),
    ("query-run", {"query": "SELECT 1"}, {"query": SQL}),
    ("query-run", {"query": "  with a as (select 1) select * from a"}, {"query": SQL | {"query": "  with a as (select 1) select * from a"}}),
    ("insight-create-from-query", {"data": {"name": "a", "query": "SELECT 1"}}, {"query": SQL}),
    ("insight-update", {"insight_id": "a", "query": "SELECT 1"}, {"query": SQL}),
    ("dashboards-get-all", {"pinned": "True"}, {"pinned": True}),
    ("dashboards-get-all", {"pinned": "FALSE", "limit": " 10 "}, {"pinned": False, "limit": 10}),
    ("survey-create", {"name": "a", "questions": [{"type": "rating", "question": "?", "display": "number", "scale": "5", "optional": "true"}]},
     {"questions": [{"type": "rating", "question": "?", "display": "number", "scale": 5, "optional": True}]}),
    ("survey-update", {"survey_id": UUID, "questions": '[{"type": "single_choice", "question": "?", "choices": "[\\"a\\", \\"b\\"]"}]'},
     {"questions": [{"type": "single_choice", "question": "?", "choices": ["a", "b"]}]}),
    ("create-feature-flag", {"key": "k", "is_remote_configuration": "true"}, {"more": {"is_remote_configuration": True}}),
)  # fmt: skip


@pytest.mark.parametrize(("tool", "said", "taken"), [*FIRST_SERVER, *HOSTED_SERVER, *AS_TEXT])
def test_it_is_understood(tool: str, said: Arguments, taken: Arguments) -> None:
    found = checked_arguments(BY_NAME[tool], said)
    assert {name: found.get(name) for name in taken} == taken


def test_what_the_caller_said_is_not_changed() -> None:
    said = {"query": '{"kind": "HogQLQuery", "query": "SELECT 1"}', "data": {}}
    checked_arguments(BY_NAME["query-run"], said)
    assert said == {"query": '{"kind": "HogQLQuery", "query": "SELECT 1"}', "data": {}}


def test_every_tool_with_arguments_has_a_row() -> None:
    rows = {tool for tool, _, _ in (*FIRST_SERVER, *HOSTED_SERVER)}
    ours_alone = {
        *("property-definitions", "query-generate-hogql-from-question", "organizations-get", "projects-get"),
    }
    assert {tool.name for tool in TOOLS if tool.parameters} - rows == ours_alone


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_what_passes_is_taken_by_a_tool_that_passes_it(tool: Any) -> None:
    assert bool(passed(tool.name)) == ("more" in tool.parameters)
    assert not set(passed(tool.name)) & set(tool.parameters)


WRONG: tuple[tuple[str, Arguments, str], ...] = (
    ("dashboards-get-all", {"limit": "1e999"}, "`limit` must be an integer"),
    ("dashboards-get-all", {"limit": "[1]"}, "`limit` must be an integer"),
    ("dashboards-get-all", {"limit": "true"}, "`limit` must be an integer"),
    ("dashboards-get-all", {"limit": "null"}, "`limit` must be an integer"),
    ("dashboards-get-all", {"pinned": "1"}, "`pinned` must be true or false"),
    ("dashboards-get-all", {"search": 10}, "`search` must be a string"),
    ("insight-get", {"insight_id": 9.5}, "`insight_id` must be a string"),
    ("insight-get", {"insight_id": True}, "`insight_id` must be a string"),
    ("dashboard-get", {"id": 1, "dashboard_id": 2}, "there is no argument `id`"),
    ("dashboard-get", {"more": {"a": 1}}, "there is no argument `a`"),
    ("docs-search", {"query": "a", "more": {}}, "there is no argument `more`"),
    ("query-run", {"query": '{"kind": "Hog'}, "`query` must be an object"),
    ("query-run", {"query": "[" * 2000 + "]" * 2000}, "`query` must be an object"),
    ("dashboard-update", {"id": 1, "quick_filter_id": ["a"]}, "`quick_filter_id` (did you mean `quick_filter_ids`?)"),
    ("create-feature-flag", {"key": "k", "is_remote_configuration": "maybe"}, "`is_remote_configuration` must be true or false"),
    ("experiment-create", {"name": "a", "feature_flag_key": "k", "variants": [{"key": "a", "rollout_percentage": 1, "nam": "b"}]},
     "there is no argument `variants.0.nam` (did you mean `variants.0.name`?)"),
)  # fmt: skip


@pytest.mark.parametrize(("tool", "said", "words"), WRONG)
def test_what_is_still_wrong_is_named_with_its_path(tool: str, said: Arguments, words: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        checked_arguments(BY_NAME[tool], said)
    assert words in caught.value.message


# ------------------------------------------------------------------ tools

SERIES = [{"kind": "EventsNode", "event": "a"}]
RENAMED: tuple[tuple[str, Arguments, str, Arguments], ...] = (
    ("experiment-list", {"status": "running"}, "experiment-get-all", {"status": "running"}),
    ("experiment-launch", {"id": 1}, "experiment-update", {"id": 1, "launch": True}),
    ("experiment-archive", {"id": 1}, "experiment-update", {"id": 1, "archive": True}),
    ("feature-flag-get-definition-by-key", {"key": "k"}, "feature-flag-get-definition", {"key": "k"}),
    ("insights-list", {"search": "a"}, "insights-get-all", {"search": "a"}),
    ("insight-create", {"name": "a", "query": SQL}, "insight-create-from-query", {"name": "a", "query": SQL}),
    ("organization-get", {}, "organization-details-get", {}),
    ("query-error-tracking-issue", {"issueId": UUID}, "error-details", {"issueId": UUID}),
    ("query-error-tracking-issues-list", {"status": "all"}, "list-errors", {"status": "all"}),
    ("query-trends", {"series": SERIES}, "query-run", {"query": {"kind": "TrendsQuery", "series": SERIES}}),
    ("query-trends", {"kind": "TrendsQuery", "series": SERIES}, "query-run", {"query": {"kind": "TrendsQuery", "series": SERIES}}),
    ("query-trends", {"query": {"kind": "TrendsQuery"}}, "query-run", {"query": {"kind": "TrendsQuery"}}),
    ("query-funnel", {"series": SERIES}, "query-run", {"query": {"kind": "FunnelsQuery", "series": SERIES}}),
    ("query-retention", {"retentionFilter": {}}, "query-run", {"query": {"kind": "RetentionQuery", "retentionFilter": {}}}),
    ("query-paths", {"pathsFilter": {}}, "query-run", {"query": {"kind": "PathsQuery", "pathsFilter": {}}}),
    ("query-stickiness", {"series": SERIES}, "query-run", {"query": {"kind": "StickinessQuery", "series": SERIES}}),
    ("query-lifecycle", {"series": SERIES}, "query-run", {"query": {"kind": "LifecycleQuery", "series": SERIES}}),
    ("execute-sql", {"query": "SELECT 1", "truncate": True}, "query-run", {"query": SQL}),
    ("query-trends", {"series": SERIES, "output_format": "json"}, "query-run", {"query": {"kind": "TrendsQuery", "series": SERIES}}),
    ("query-run", {"kind": "HogQLQuery", "query": "SELECT 1"}, "query-run", {"query": SQL}),
    ("query-run", {"kind": "TrendsQuery", "series": SERIES}, "query-run", {"query": {"kind": "TrendsQuery", "series": SERIES}}),
    ("read-data-schema", {"query": {"kind": "events", "limit": 3}}, "event-definitions-list", {"limit": 3}),
    ("read-data-schema", {"query": {"kind": "events", "search": "a"}}, "event-definitions-list", {"q": "a"}),
    ("read-data-schema", {"query": {"kind": "event_properties", "event_name": "a"}}, "properties-list",
     {"type": "event", "event_name": "a", "include_predefined_properties": True}),
    ("read-data-schema", {"query": {"kind": "entity_properties", "entity": "person"}}, "property-definitions", {"type": "person"}),
    ("query-run", {"query": SQL}, "query-run", {"query": SQL}),
)  # fmt: skip


@pytest.mark.parametrize(("theirs", "said", "name", "arguments"), RENAMED)
def test_a_renamed_tool_is_ours(theirs: str, said: Arguments, name: str, arguments: Arguments) -> None:
    assert ours(theirs, said) == (name, arguments)
    assert name in BY_NAME
    assert theirs not in BY_NAME or theirs == name


@pytest.mark.parametrize(
    ("tool", "said", "words"),
    [
        ("dashboard-create-tile", {}, "use add-insight-to-dashboard"),
        ("experiment-end", {"id": 1}, "use experiment-update with `conclude`"),
        ("query-trends-actors", {}, "use query-run with SQL over `persons`"),
        ("read-data-schema", {"query": {"kind": "event_property_values"}}, "use event-definitions-list"),
    ],
)
def test_another_tool_of_the_hosted_server_is_redirected_in_a_sentence(tool: str, said: Arguments, words: str) -> None:
    name, _ = ours(tool, said)
    assert words in f"use {instead(name)}"


def test_a_renamed_tool_answers() -> None:
    with bench() as made:
        assert not made.call("execute-sql", query="SELECT 1").failed
        assert made.posthog.lines == [f"POST {QUERY}"]
