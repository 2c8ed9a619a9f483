"""Changes of what people built: the request that is sent, and that the rest is still there afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from posthog_wizard.sandbox.posthog import complete_row
from posthog_wizard.sandbox.row_store import SampleRow
from posthog_wizard.sandbox.views.experiments import EXPERIMENTS
from posthog_wizard.sandbox.views.flags import FLAGS
from posthog_wizard.sandbox.views.insights import INSIGHTS
from posthog_wizard.sandbox.views.surveys import SURVEYS
from tests.support.posthog import PostHog, Reply
from tests.support.posthog_core import world
from tests.support.sandboxes import NOON
from tests.support.serving import Bench, instance

Row = dict[str, Any]
SURVEY = "0190cccc-0000-0000-0000-000000000009"
FLAG_LIST = "GET /api/projects/2/feature_flags/"


def of_group(key: str, index: int = 0) -> Row:
    return {"key": key, "type": "group", "group_type_index": index, "value": "a", "operator": "exact"}


PERSON = {"key": "email", "type": "person", "value": "@acme.com", "operator": "icontains"}
VARIANTS: list[Row] = [
    {"key": "control", "name": "Old", "rollout_percentage": 50},
    {"key": "test", "name": "New", "rollout_percentage": 50},
]
BY_GROUP: Row = {
    "id": 1,
    "key": "by-group",
    "version": 7,
    "filters": {
        "aggregation_group_type_index": 0,
        "groups": [{"properties": [of_group("plan")], "rollout_percentage": 20}],
    },
}
MIXED: Row = {
    "id": 2,
    "key": "mixed",
    "filters": {
        "groups": [
            {
                "properties": [of_group("plan", 1)],
                "aggregation_group_type_index": 1,
                "variant": "test",
                "rollout_percentage": 5,
            },
            {"properties": [PERSON], "rollout_percentage": 10},
        ],
        "multivariate": {"variants": VARIANTS},
        "payloads": {"control": "1", "test": "2"},
        "super_groups": [{"properties": []}],
    },
}
CHART: Row = {
    "id": 1,
    "short_id": "chartSQL",
    "name": "Chart",
    "query": {
        "kind": "DataVisualizationNode",
        "display": "ActionsLineGraph",
        "chartSettings": {"xAxis": {"column": "day"}},
        "tableSettings": {"columns": []},
        "source": {"kind": "HogQLQuery", "query": "SELECT 1", "variables": {"v": {"code_name": "v"}}},
    },
}
TRENDS = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "a"}]}
PIE: Row = {
    "id": 2,
    "short_id": "chartPie",
    "name": "Pie",
    "query": {
        "kind": "InsightVizNode",
        "full": True,
        "source": TRENDS
        | {
            "dataColorTheme": 3,
            "trendsFilter": {
                "display": "ActionsPie",
                "formula": "A",
                "aggregationAxisFormat": "currency",
                "goalLines": [{"label": "Goal", "value": 5}],
            },
        },
    },
}
ASKED: list[Row] = [
    {"id": "q1", "type": "open", "question": "Why?", "description": "Be honest", "optional": True},
    {"id": "q2", "type": "rating", "question": "How?", "display": "number", "scale": 10, "lowerBoundLabel": "Not"},
    {"id": "q3", "type": "open", "question": "What else?"},
]
STARTED: Row = {
    "id": SURVEY,
    "name": "Started",
    "type": "popover",
    "start_date": "2026-01-01",
    "questions": ASKED,
    "appearance": {"backgroundColor": "#fff", "position": "left", "whiteLabel": False},
    "conditions": {
        "url": "/pricing",
        "events": {"values": [{"name": "paid"}], "repeatedActivation": True},
        "actions": {"values": [{"id": 3, "name": "Clicked"}]},
    },
    "iteration_frequency_days": 30,
    "targeting_flag": {
        "key": "t",
        "active": True,
        "filters": {"groups": [{"properties": [PERSON], "rollout_percentage": 50}]},
    },
}
METRICS: list[Row] = [
    {"kind": "ExperimentMetric", "uuid": "m1", "name": "Paid", "metric_type": "mean", "goal": "increase",
     "source": {"kind": "EventsNode", "event": "paid", "math": "sum", "math_property": "amount"}},
    {"kind": "ExperimentMetric", "uuid": "m2", "name": "Funnel", "metric_type": "funnel", "series": [{"kind": "EventsNode", "event": "a"}]},
]  # fmt: skip
TEST: Row = {
    "id": 1,
    "name": "Test",
    "feature_flag_key": "mixed",
    "metrics": METRICS,
    "parameters": {"feature_flag_variants": VARIANTS, "minimum_detectable_effect": 30, "recommended_sample_size": 9},
    "exposure_criteria": {"filterTestAccounts": True, "multiple_variant_handling": "first_seen"},
    "stats_config": {"method": "bayesian", "version": 2},
}
ROWS = ((FLAGS, BY_GROUP), (FLAGS, MIXED), (INSIGHTS, CHART), (INSIGHTS, PIE), (SURVEYS, STARTED), (EXPERIMENTS, TEST))


def built() -> list[SampleRow]:
    """The world of every test with what people built."""
    return [*world(), *((collection.name, 2, complete_row(collection, row)) for collection, row in ROWS)]


@pytest.fixture
def made() -> Any:
    with instance(samples=built) as server:
        yield Bench(server)


def stored(server: PostHog, path: str) -> Row:
    """A row as the sandbox keeps it."""
    kind, _, identifier = path.partition("/")
    row = server.sandbox.store.row(kind, identifier, 2)
    assert row is not None
    return row


@dataclass(frozen=True)
class Write:
    """A change of the row at `path`, and the fields that are different afterwards."""

    tool: str
    arguments: Row
    path: str
    after: Row

    def __str__(self) -> str:
        return f"{self.tool} {max(self.arguments)} of {self.path}"


GROUPS = MIXED["filters"]["groups"]
WRITES = (
    Write("update-feature-flag", {"flag_key": "by-group", "filters": {"groups": [{"properties": [{"key": "plan", "value": "b"}]}]}},
          "feature_flags/1", {"filters": BY_GROUP["filters"] | {"groups": [
              {"properties": [of_group("plan") | {"value": "b"}], "rollout_percentage": 20}]}}),
    Write("update-feature-flag", {"flag_key": "by-group", "filters": {"groups": [{"properties": [{"key": "size", "value": "b"}]}]}},
          "feature_flags/1", {"filters": BY_GROUP["filters"] | {"groups": [
              {"properties": [{"type": "group", "group_type_index": 0, "key": "size", "value": "b"}], "rollout_percentage": 20}]}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"groups": [
        {"properties": [{"key": "plan", "value": "b"}], "rollout_percentage": 6}, {"properties": [{"key": "email", "value": "@b.com"}]}]}},
          "feature_flags/2", {"filters": MIXED["filters"] | {"groups": [
              GROUPS[0] | {"properties": [of_group("plan", 1) | {"value": "b"}], "rollout_percentage": 6},
              GROUPS[1] | {"properties": [PERSON | {"value": "@b.com"}]}]}}),
    # for whom it is changes: from a group to persons, to another group, and back to a group for one set
    Write("update-feature-flag", {"flag_key": "by-group", "filters": {
        "aggregation_group_type_index": None, "groups": [{"properties": [{"key": "plan", "value": "b"}]}]}},
          "feature_flags/1", {"filters": {"aggregation_group_type_index": None, "groups": [
              {"properties": [{"key": "plan", "type": "person", "value": "b", "operator": "exact"}], "rollout_percentage": 20}]}}),
    Write("update-feature-flag", {"flag_key": "by-group", "filters": {"aggregation_group_type_index": 1}},
          "feature_flags/1", {"filters": {"aggregation_group_type_index": 1, "groups": [
              {"properties": [of_group("plan", 1)], "rollout_percentage": 20}]}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"aggregation_group_type_index": 0}},
          "feature_flags/2", {"filters": MIXED["filters"] | {"aggregation_group_type_index": 0, "groups": [
              {"properties": [of_group("plan")], "variant": "test", "rollout_percentage": 5},
              {"properties": [PERSON | {"type": "group", "group_type_index": 0}], "rollout_percentage": 10}]}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"groups": [
        {"properties": [{"key": "plan", "value": "b"}], "aggregation_group_type_index": None},
        {"properties": [{"key": "email", "value": "b"}], "aggregation_group_type_index": 0}]}},
          "feature_flags/2", {"filters": MIXED["filters"] | {"groups": [
              GROUPS[0] | {"properties": [{"key": "plan", "type": "person", "value": "b", "operator": "exact"}],
                           "aggregation_group_type_index": None},
              GROUPS[1] | {"properties": [PERSON | {"type": "group", "group_type_index": 0, "value": "b"}],
                           "aggregation_group_type_index": 0}]}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"payloads": {"test": "3"}}}, "feature_flags/2",
          {"filters": MIXED["filters"] | {"payloads": {"control": "1", "test": "3"}}}),
    # a payload without its variant, or the one that is named as null, goes: PostHog takes neither
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"payloads": {"test": None}}}, "feature_flags/2",
          {"filters": MIXED["filters"] | {"payloads": {"control": "1"}}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {
        "groups": [GROUPS[0] | {"variant": "control"}, GROUPS[1]],
        "multivariate": {"variants": [VARIANTS[0], VARIANTS[1] | {"key": "new"}]}}}, "feature_flags/2",
          {"filters": MIXED["filters"] | {"groups": [GROUPS[0] | {"variant": "control"}, GROUPS[1]], "payloads": {"control": "1"},
                                          "multivariate": {"variants": [VARIANTS[0], VARIANTS[1] | {"key": "new"}]}}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"groups": [GROUPS[1]], "multivariate": None}}, "feature_flags/2",
          {"filters": MIXED["filters"] | {"groups": [GROUPS[1]], "multivariate": None, "payloads": {}}}),
    Write("update-feature-flag", {"flag_key": "mixed", "filters": {"multivariate": {"variants": [
        {"key": "control", "rollout_percentage": 90}, {"key": "test", "rollout_percentage": 10}]}}}, "feature_flags/2",
          {"filters": MIXED["filters"] | {"multivariate": {"variants": [
              VARIANTS[0] | {"rollout_percentage": 90}, VARIANTS[1] | {"rollout_percentage": 10}]}}}),
    Write("insight-update", {"insight_id": "1", "query": {"kind": "HogQLQuery", "query": "SELECT 2"}}, "insights/1",
          {"query": CHART["query"] | {"source": CHART["query"]["source"] | {"query": "SELECT 2"}}}),
    Write("insight-update", {"insight_id": "1", "query": {"kind": "InsightVizNode", "source": {"kind": "HogQLQuery", "query": "SELECT 2"}}},
          "insights/1", {"query": CHART["query"] | {"source": CHART["query"]["source"] | {"query": "SELECT 2"}}}),
    Write("insight-update", {"insight_id": "2", "query": TRENDS}, "insights/2",
          {"query": PIE["query"] | {"source": TRENDS | {"dataColorTheme": 3, "trendsFilter": {
              "display": "ActionsPie", "aggregationAxisFormat": "currency", "goalLines": [{"label": "Goal", "value": 5}]}}}}),
    Write("insight-update", {"insight_id": "2", "query": TRENDS | {"trendsFilter": {"aggregationAxisFormat": "numeric", "goalLines": []}}},
          "insights/2", {"query": PIE["query"] | {"source": TRENDS | {"dataColorTheme": 3, "trendsFilter": {
              "display": "ActionsPie", "aggregationAxisFormat": "numeric", "goalLines": []}}}}),
    Write("insight-update", {"insight_id": "2", "query": {"kind": "HogQLQuery", "query": "SELECT 2"}}, "insights/2",
          {"query": {"kind": "DataVisualizationNode", "source": {"kind": "HogQLQuery", "query": "SELECT 2"}}}),
    Write("survey-update", {"survey_id": SURVEY, "questions": [{"type": one["type"], "question": f"{one['question']}!"} for one in ASKED]},
          f"surveys/{SURVEY}", {"questions": [one | {"question": f"{one['question']}!"} for one in ASKED]}),
    Write("survey-update", {"survey_id": SURVEY, "questions": [ASKED[2], ASKED[0]]}, f"surveys/{SURVEY}",
          {"questions": [ASKED[2], ASKED[0]]}),
    Write("survey-update", {"survey_id": SURVEY, "questions": [{"question": "Why?", "type": "open"}, {"id": "q3", "question": "More?"}]},
          f"surveys/{SURVEY}", {"questions": [ASKED[0], ASKED[2] | {"question": "More?"}]}),
    Write("survey-update", {"survey_id": SURVEY, "appearance": {"backgroundColor": "#000"}}, f"surveys/{SURVEY}",
          {"appearance": STARTED["appearance"] | {"backgroundColor": "#000"}}),
    Write("survey-update", {"survey_id": SURVEY, "conditions": {"url": "/", "events": {"values": []}}}, f"surveys/{SURVEY}",
          {"conditions": STARTED["conditions"] | {"url": "/", "events": {"values": [], "repeatedActivation": True}}}),
    Write("survey-update", {"survey_id": SURVEY, "name": "Named"}, f"surveys/{SURVEY}", {"name": "Named"}),
    Write("survey-update", {"survey_id": SURVEY, "iteration_count": 3}, f"surveys/{SURVEY}", {"iteration_count": 3}),
    Write("survey-delete", {"survey_id": SURVEY}, f"surveys/{SURVEY}", {"archived": True}),
    Write("experiment-update", {"experiment_id": 1, "minimum_detectable_effect": 5}, "experiments/1",
          {"parameters": TEST["parameters"] | {"minimum_detectable_effect": 5}}),
    Write("experiment-update", {"experiment_id": 1, "exposure_criteria": {"filterTestAccounts": False}}, "experiments/1",
          {"exposure_criteria": TEST["exposure_criteria"] | {"filterTestAccounts": False}}),
    Write("experiment-update", {"experiment_id": 1, "primary_metrics": [
        {"metric_type": "mean", "event_name": "bought"}, {"metric_type": "funnel", "funnel_steps": ["b"]}]}, "experiments/1",
          {"metrics": [METRICS[0] | {"source": {"kind": "EventsNode", "event": "bought", "properties": []}},
                       METRICS[1] | {"series": [{"kind": "EventsNode", "event": "b", "properties": []}]}]}),
)  # fmt: skip
MOVING = ("updated_at", "version", "last_modified_at", "last_modified_by")  # with every change


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_what_is_not_said_stays(made: Bench, write: Write) -> None:
    before = stored(made.posthog, write.path)
    found = made.call(write.tool, **write.arguments)
    assert not found.failed, found.text
    after = stored(made.posthog, write.path)
    assert {name: value for name, value in after.items() if name not in MOVING} == {
        name: value for name, value in (before | write.after).items() if name not in MOVING
    }


REFUSED: tuple[tuple[str, Row, str], ...] = (
    ("survey-update", {"survey_id": SURVEY, "questions": [{"type": "open", "question": "New?"}]}, "`questions.0` needs its `id`"),
    ("survey-update", {"survey_id": SURVEY, "questions": [{"type": ["open"], "question": "New?"}] * 3}, "`questions.0` needs its `id`"),
    ("survey-update", {"survey_id": SURVEY, "questions": [{"id": "1", "type": "open", "question": "New?"}]}, "`questions.0` needs its `id`"),
    ("survey-update", {"survey_id": SURVEY, "questions": [{"id": "q1", "scale": 3}]}, "there is no `scale` in a open question"),
    ("survey-update", {"survey_id": SURVEY, "targeting_flag_filters": {"groups": [{"properties": [], "rollout_percentage": 100}]}},
     "rolls out to everyone"),
    ("insight-update", {"insight_id": "1", "query": {"kind": "DataVisualizationNode"}}, "`query.source.kind` is None"),
    ("insight-update", {"insight_id": "1", "query": TRENDS | {"properties": {"email": "a"}}}, "an object, not a list of filters"),
    ("insight-update", {"insight_id": "1", "query": TRENDS | {"series": [{"event": "a", "properties": {"type": "OR", "values": []}}]}},
     "an object, not a list of filters"),
    # misspelled names, which PostHog would keep or drop: a flag without its `properties` is on for everybody
    ("update-feature-flag", {"flag_key": "mixed", "filters": {"multivariate": {"variants": [1, {"key": ["a"]}]}}},
     "`filters.multivariate.variants.0` must be an object"),
    ("update-feature-flag", {"flag_key": "mixed", "filters": {"multivariate": {"variants": 5}}},
     "`filters.multivariate.variants` must be an array"),
    ("update-feature-flag", {"flag_key": "mixed", "filters": {"group": []}},
     "`filters.group` (did you mean `filters.groups`?)"),
    ("update-feature-flag", {"flag_key": "mixed", "filters": {"groups": [{"propertys": [], "rollout_percentage": 100}]}},
     "`filters.groups.0.propertys` (did you mean `filters.groups.0.properties`?)"),
    ("create-feature-flag", {"key": "k", "filters": {"rollout_percentage": 50}}, "there is no argument `filters.rollout_percentage`"),
    ("create-feature-flag", {"key": "k", "filters": {"groups": [{"properties": [{"key": "a", "op": "exact", "value": 1}]}]}},
     "there is no argument `filters.groups.0.properties.0.op`"),
    ("create-feature-flag", {"key": "k", "filters": {"multivariate": {"variants": [{"key": "a", "rolloutPercentage": 100}]}}},
     "(did you mean `filters.multivariate.variants.0.rollout_percentage`?)"),
    ("insight-update", {"insight_id": "1", "query": TRENDS | {"date_range": {}}}, "(did you mean `query.dateRange`?)"),
    ("insight-update", {"insight_id": "1", "query": TRENDS | {"breakdown": "$os"}}, "(did you mean `query.breakdownFilter`?)"),
    ("insight-update", {"insight_id": "1", "query": {"kind": "InsightVizNode", "source": TRENDS | {"dateRange": {"from": "-7d"}}}},
     "there is no argument `query.source.dateRange.from`"),
    ("insight-update", {"insight_id": "1", "query": TRENDS | {"properties": [{"$os": "iOS"}]}}, "no argument `query.properties.0.$os`"),
    ("insight-update", {"insight_id": "1", "query": TRENDS | {"series": [{"event": "a", "math_propery": "b"}]}},
     "(did you mean `query.series.0.math_property`?)"),
    ("query-run", {"query": TRENDS | {"interval_": "day"}}, "(did you mean `query.interval`?)"),
    ("survey-update", {"survey_id": SURVEY, "appearance": {"background_color": "#000"}}, "(did you mean `appearance.backgroundColor`?)"),
    ("survey-update", {"survey_id": SURVEY, "conditions": {"urlMatchTyp": "exact"}}, "(did you mean `conditions.urlMatchType`?)"),
    ("survey-update", {"survey_id": SURVEY, "targeting_flag_filters": {"groups": [{"property": []}]}},
     "`targeting_flag_filters.groups.0.property` (did you mean"),
    ("survey-create", {"name": "S", "questions": [{"type": "open", "question": "Why?"}], "appearance": {"whitelabels": True}},
     "(did you mean `appearance.whiteLabel`?)"),
)  # fmt: skip


BY_POSTHOG = ("rolls out to everyone",)


@pytest.mark.parametrize(("tool", "arguments", "words"), REFUSED)
def test_what_would_be_lost_or_not_drawn_is_refused(made: Bench, tool: str, arguments: Row, words: str) -> None:
    found = made.call(tool, **arguments)
    assert found.failed
    assert words in found.text
    asked = any(line.startswith("PATCH") for line in made.posthog.lines)
    assert asked == (words in BY_POSTHOG)


QUERIES: tuple[tuple[Row, Row], ...] = (
    # what an agent writes, and what the insight holds
    (TRENDS, {"kind": "InsightVizNode", "source": TRENDS}),
    ({"kind": "DataVisualizationNode", "source": TRENDS}, {"kind": "InsightVizNode", "source": TRENDS}),
    ({"kind": "InsightVizNode", "source": {"kind": "HogQLQuery", "query": "SELECT 1"}},
     {"kind": "DataVisualizationNode", "source": {"kind": "HogQLQuery", "query": "SELECT 1"}}),
    (TRENDS | {"series": [{"event": "a"}, {"id": 3}]},
     {"kind": "InsightVizNode", "source": TRENDS | {"series": [{"kind": "EventsNode", "event": "a"}, {"kind": "ActionsNode", "id": 3}]}}),
    (TRENDS | {"properties": {"key": "a", "value": "b"}}, {"kind": "InsightVizNode", "source": TRENDS | {"properties": [{"key": "a", "value": "b"}]}}),
    (TRENDS | {"properties": {"type": "OR", "values": [{"key": "a", "value": "b"}]}},
     {"kind": "InsightVizNode", "source": TRENDS | {"properties": {"type": "OR", "values": [{"type": "OR", "values": [{"key": "a", "value": "b"}]}]}}}),
    (TRENDS | {"series": [{"event": "a", "properties": {"type": "AND", "values": [{"key": "a", "value": "b"}]}}]},
     {"kind": "InsightVizNode", "source": TRENDS | {"series": [{"kind": "EventsNode", "event": "a", "properties": [{"key": "a", "value": "b"}]}]}}),
    ({"kind": "LifecycleQuery", "series": [{"event": "a"}]},
     {"kind": "InsightVizNode", "source": {"kind": "LifecycleQuery", "series": [{"kind": "EventsNode", "event": "a"}]}}),
)  # fmt: skip


@pytest.mark.parametrize(("written", "kept"), QUERIES)
def test_a_query_is_put_right_and_into_the_node_that_draws_it(made: Bench, written: Row, kept: Row) -> None:
    found = made.call("insight-create-from-query", name="New", query=written)
    assert not found.failed, found.text
    assert stored(made.posthog, "insights/3")["query"] == kept
    assert stored(made.posthog, "insights/3")["saved"] is True


FILTERS: tuple[tuple[Row, Row], ...] = (
    ({"multivariate": {"variants": VARIANTS}}, {"groups": [{"properties": [], "rollout_percentage": 0}], "multivariate": {"variants": VARIANTS}}),
    ({"groups": []}, {"groups": [{"properties": [], "rollout_percentage": 0}]}),
    ({"groups": [{"properties": None, "rollout_percentage": 5}]}, {"groups": [{"properties": [], "rollout_percentage": 5}]}),
    ({"aggregation_group_type_index": 1, "groups": [{"properties": [{"key": "plan", "value": "a"}]}]},
     {"aggregation_group_type_index": 1,
      "groups": [{"properties": [{"type": "group", "group_type_index": 1, "key": "plan", "value": "a"}]}]}),
    ({"groups": [{"aggregation_group_type_index": 2, "properties": [{"key": "plan", "value": "a"}]}]},
     {"groups": [{"aggregation_group_type_index": 2,
                  "properties": [{"type": "group", "group_type_index": 2, "key": "plan", "value": "a"}]}]}),
    ({"groups": [{"properties": [{"key": "age", "operator": "gt", "value": 18}]}]},
     {"groups": [{"properties": [{"type": "person", "key": "age", "operator": "gt", "value": "18"}]}]}),
    ({"aggregation_group_type_index": "0", "groups": [{"properties": '[{"key": "plan", "value": "1"}]', "rollout_percentage": "50"}],
      "multivariate": {"variants": [{"key": "a", "rollout_percentage": "60"}, {"key": "b", "rollout_percentage": "40"}]}},
     {"aggregation_group_type_index": 0, "groups": [
         {"properties": [{"type": "group", "group_type_index": 0, "key": "plan", "value": "1"}], "rollout_percentage": 50}],
      "multivariate": {"variants": [{"key": "a", "rollout_percentage": 60}, {"key": "b", "rollout_percentage": 40}]}}),
    ({"groups": [{"properties": [{"key": "age", "operator": "is_set"}]}]},
     {"groups": [{"properties": [{"type": "person", "key": "age", "operator": "is_set", "value": "is_set"}]}]}),
)  # fmt: skip


@pytest.mark.parametrize(("written", "kept"), FILTERS)
def test_a_new_flag_is_for_whom_it_says_and_otherwise_for_nobody(made: Bench, written: Row, kept: Row) -> None:
    found = made.call("create-feature-flag", key="k", filters=written)
    assert not found.failed, found.text
    assert stored(made.posthog, "feature_flags/3")["filters"] == kept


def test_a_flag_that_somebody_else_changed_meanwhile_is_not_overwritten(made: Bench) -> None:
    """The tool is shown the flag as it was before."""
    old = complete_row(
        FLAGS, BY_GROUP | {"version": 6, "filters": {"groups": [{"properties": [], "rollout_percentage": 1}]}}
    )
    made.posthog.will_answer("GET", "/api/projects/2/feature_flags/", Reply(200, {"results": [old]}))
    found = made.call("update-feature-flag", flag_key="by-group", filters={"groups": [{"rollout_percentage": 2}]})
    assert found.failed
    assert "since you started editing it" in found.text
    assert "read it again" in found.text
    assert stored(made.posthog, "feature_flags/1")["version"] == 7


def test_a_field_that_nobody_else_changed_is_changed_all_the_same(made: Bench) -> None:
    old = complete_row(FLAGS, BY_GROUP | {"version": 6})
    made.posthog.will_answer("GET", "/api/projects/2/feature_flags/", Reply(200, {"results": [old]}))
    assert not made.call("update-feature-flag", flag_key="by-group", active=False).failed


def test_a_flag_of_an_old_posthog_has_no_version(made: Bench) -> None:
    old = {name: value for name, value in complete_row(FLAGS, BY_GROUP).items() if name != "version"}
    made.posthog.will_answer("GET", "/api/projects/2/feature_flags/", Reply(200, {"results": [old]}))
    assert not made.call("update-feature-flag", flag_key="by-group", active=False).failed
    assert made.posthog.requests[-1].body == {"active": False}


def test_the_targeting_of_a_survey_keeps_its_properties(made: Bench) -> None:
    made.call("survey-update", survey_id=SURVEY, targeting_flag_filters={"groups": [{"rollout_percentage": 9}]})
    groups = stored(made.posthog, f"surveys/{SURVEY}")["targeting_flag"]["filters"]["groups"]
    assert groups == [{"properties": [PERSON], "rollout_percentage": 9}]


def test_an_experiment_for_some_people_brings_a_flag_for_them(made: Bench) -> None:
    found = made.call(
        "experiment-create", name="N", feature_flag_key="e", target_properties={"plan": "pro"}, draft=False
    )
    assert not found.failed, found.text
    flag = stored(made.posthog, "feature_flags/3")
    asked = {"key": "plan", "value": "pro", "operator": "exact", "type": "person"}
    assert flag["filters"]["groups"] == [{"properties": [asked], "rollout_percentage": 100}]
    assert [one["key"] for one in flag["filters"]["multivariate"]["variants"]] == ["control", "test"]
    assert flag["active"] is True
    assert stored(made.posthog, "experiments/2")["start_date"] == NOON.isoformat().replace("+00:00", "Z")
