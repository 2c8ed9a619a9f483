"""Dashboards, insights, flags, experiments and surveys: what is kept of what is sent, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sandboxes import Caller

SURVEY = "018f0000-0000-7000-8000-000000000b01"
NODE = {"kind": "InsightVizNode", "source": {"kind": "TrendsQuery", "series": []}}
VARIANTS = [{"key": "control", "rollout_percentage": 40}, {"key": "test", "rollout_percentage": 60}]
OPEN = {"type": "open", "question": "Why?"}

NOBODY = {"groups": [{"properties": [], "rollout_percentage": 0}]}


def asking(**parts: Any) -> dict[str, Any]:
    """A new survey with one question."""
    return {"name": "a", "type": "api", "questions": [OPEN | parts]}


MADE: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("dashboards/", {"name": "New", "tags": ["a"], "unknown": 1}, {"id": 4, "pinned": False, "tags": ["a"], "tiles": []}),
    ("dashboards/", {"name": None}, {"name": None}),
    ("insights/", {"name": "New", "query": NODE, "dashboards": [2]}, {"id": 7, "query": NODE, "dashboards": [2]}),
    ("insights/", {"name": "SQL", "query": {"kind": "HogQLQuery", "query": "SELECT 1"}}, {"saved": False}),
    ("feature_flags/", {"key": "new", "active": False}, {"id": 5, "active": False, "status": "ACTIVE", "version": 1}),
    ("feature_flags/", {"key": "new"}, {"filters": {"groups": [{"properties": [], "rollout_percentage": 0}]}}),
    ("feature_flags/", {"key": "v", "filters": NOBODY | {"multivariate": {"variants": VARIANTS}}}, {"key": "v"}),
    ("experiments/", {"name": "New", "feature_flag_key": "e"}, {"id": 2, "start_date": None, "feature_flag_key": "e"}),
    ("experiments/", {"name": "New", "feature_flag_key": "e", "stats_config": {"method": None}}, {"start_date": None}),
    ("surveys/", {"name": "New", "type": "api"}, {"schedule": "once", "questions": [], "start_date": None}),
    ("surveys/", {"name": "New", "type": "popover", "linked_flag_id": 2}, {"linked_flag_id": 2}),
    ("surveys/", asking(type="link", link="HTTPS://a.example"), {"archived": False}),
    ("surveys/", asking(type="link", link="mailto:a.b+c@d.example"), {"archived": False}),
    ("surveys/", asking(type="single_choice", choices=[]), {"archived": False}),
    ("surveys/", asking(choices=None), {"archived": False}),
    ("surveys/", asking() | {"appearance": {"whiteLabel": None}}, {"appearance": {"whiteLabel": None}}),
)  # fmt: skip


@pytest.mark.parametrize(("path", "sent", "kept"), MADE)
def test_made(ask: Caller, path: str, sent: dict[str, Any], kept: dict[str, Any]) -> None:
    answer = ask("POST", path, sent)
    assert answer.status == 201
    assert {name: answer.body[name] for name in kept} == kept
    assert answer.body["created_by"]["email"] == "robin@leafline.example"
    assert ask.get(f"{path}{answer.body['id']}/") == answer.body


PERSON = {"key": "a", "type": "person", "value": "b"}


def flag(aggregation_group_type_index: int | None = None, **group: Any) -> dict[str, Any]:
    """A new flag with one condition set."""
    return {"key": "a", "filters": {"aggregation_group_type_index": aggregation_group_type_index, "groups": [group]}}


def trends(**parts: Any) -> dict[str, Any]:
    """A new insight."""
    return {"query": {"kind": "InsightVizNode", "source": {"kind": "TrendsQuery", "series": [], **parts}}}


# what flags' operators can compare with: https://github.com/PostHog/posthog/blob/master/products/feature_flags/backend/filters_validation.py
TAKEN_VALUES: tuple[tuple[str, Any], ...] = (
    ("is_date_after", "2024/01/02"), ("is_date_after", "Jan 5 2024"), ("is_date_before", "3rd of March, 2024 10:00 PM"),
    ("is_date_exact", 20240102), ("is_date_exact", "2024-1-2"),
    ("is_date_exact", "2024-01-02T10:00:00Z"), ("is_date_after", "30d"), ("is_date_after", "-4w"),
    ("semver_gt", " 1.2"), ("semver_gt", "1.2.3-rc.1+7"), ("semver_eq", "1.2.3.any"), ("semver_wildcard", "1.2.*"),
    ("regex", "^a(b|c)++$"), ("not_regex", ""),
)  # fmt: skip
REFUSED_VALUES: tuple[tuple[str, Any], ...] = (
    ("is_date_after", "2024-13-45"), ("is_date_after", "10000d"), ("is_date_after", "-5x"), ("is_date_after", ""), ("is_date_after", 1700000000),
    ("is_date_after", None), ("is_date_after", ["2024-01-02"]), ("is_date_after", "1" * 40 + "!"), ("is_date_after", "jan" * 40 + "!"),
    ("semver_gt", "1.x"), ("semver_gt", "1.2."), ("semver_gt", "1.2.*"), ("semver_gt", "1.2.3+7"), ("semver_gt", "v1.2.3"),
    ("semver_wildcard", "*"), ("semver_gt", 1.2), ("regex", "a{99999999999999999999}"), ("regex", "(" * 3000 + ")" * 3000),
    ("regex", 5),
)  # fmt: skip
REFUSED: tuple[tuple[str, str, Any, str, str | None], ...] = (
    # method, path, body, code, field
    ("POST", "dashboards/", b"{", "parse_error", None),
    ("POST", "dashboards/", [1], "invalid", None),
    ("POST", "dashboards/", {"name": "\ud800"}, "surrogate_characters_not_allowed", None),
    ("POST", "dashboards/", {"name": 3}, "invalid", "name"),
    ("POST", "dashboards/", {"name": "x" * 401}, "max_length", "name"),
    ("POST", "dashboards/", {"pinned": None}, "null", "pinned"),
    ("POST", "dashboards/", {"pinned": "yes"}, "invalid", "pinned"),
    ("POST", "dashboards/", {"tags": "a"}, "not_a_list", "tags"),
    ("POST", "dashboards/", {"tags": ["a", 1]}, "invalid", "tags__1"),
    ("PATCH", "dashboards/1/", {"deleted": 1}, "invalid", "deleted"),
    ("POST", "insights/", {"query": {"kind": "TrendsQuery"}}, "invalid", "query"),
    ("POST", "insights/", {"query": []}, "invalid", "query"),
    ("POST", "insights/", {"dashboards": [99]}, "does_not_exist", "dashboards"),
    ("POST", "insights/", {"dashboards": [0]}, "min_value", "dashboards__0"),
    ("POST", "insights/", {"dashboards": [True]}, "invalid", "dashboards__0"),
    ("POST", "feature_flags/", {}, "required", "key"),
    ("POST", "feature_flags/", {"key": ""}, "blank", "key"),
    ("POST", "feature_flags/", {"key": "a b"}, "invalid_key", "key"),
    ("POST", "feature_flags/", {"key": "new-checkout"}, "unique", "key"),
    ("PATCH", "feature_flags/2/", {"key": "new-checkout"}, "unique", "key"),
    ("POST", "feature_flags/", {"key": "a", "filters": []}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"groups": [1]}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"groups": [{"rollout_percentage": 101}]}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"groups": [{"properties": [{}]}]}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"groups": [{"properties": [{"key": "a", "operator": "like"}]}]}},
     "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"groups": [{"properties": [{"key": "a"}]}]}}, "invalid_value", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"multivariate": {"variants": VARIANTS[:1]}}}, "invalid_input", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"multivariate": {"variants": [1]}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"multivariate": {"variants": VARIANTS[:1] * 2}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": {"multivariate": {"variants": VARIANTS}}}, "invalid", "filters"),
    ("POST", "feature_flags/", flag(properties=[{"key": "a", "value": "b"}]), "invalid", "filters"),  # an event's
    ("POST", "feature_flags/", flag(properties=[PERSON | {"type": "group", "group_type_index": 0}]), "invalid", "filters"),
    ("POST", "feature_flags/", flag(aggregation_group_type_index=0, properties=[PERSON]), "invalid", "filters"),
    ("POST", "feature_flags/", flag(aggregation_group_type_index=0, properties=[PERSON | {"type": "group", "group_type_index": 1}]),
     "invalid", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "gt", "value": 1}]), "invalid_value", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "in"}]), "invalid_operator", "filters"),
    ("POST", "feature_flags/", flag(properties=[{"key": "id", "type": "cohort", "value": 1}]), "cohort_does_not_exist", "filters"),
    ("POST", "feature_flags/", flag(properties=[{"key": "1", "type": "flag", "value": True}]), "invalid", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": ["exact"]}]), "invalid", "filters"),
    ("POST", "feature_flags/", flag(properties=5), "invalid", "filters"),
    ("POST", "feature_flags/", flag(variant="test"), "invalid", "filters"),
    ("POST", "feature_flags/", flag(variant=["test"]), "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"multivariate": [1]}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"multivariate": VARIANTS}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"multivariate": {"variants": [{"key": ["a"]}]}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"payloads": {"control": "1"}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"payloads": {"true": "{"}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"payloads": []}}, "invalid", "filters"),
    ("POST", "insights/", {"query": {"kind": "InsightVizNode", "source": {"kind": "HogQLQuery", "query": "SELECT 1"}}}, "invalid", "query"),
    ("POST", "insights/", {"query": {"kind": "DataVisualizationNode", "source": NODE["source"]}}, "invalid", "query"),
    ("POST", "insights/", {"query": {"kind": "InsightVizNode"}}, "invalid", "query"),
    ("POST", "insights/", trends(series=[{"event": "a"}]), "invalid", "query"),
    ("POST", "insights/", trends(series=5), "invalid", "query"),
    ("POST", "insights/", trends(properties={"email": "a"}), "invalid", "query"),
    ("POST", "insights/", trends(series=[{"kind": "EventsNode", "properties": {"type": "AND", "values": []}}]), "invalid", "query"),
    ("POST", "surveys/", {"name": "a", "type": "api", "appearance": {"whiteLabel": "no"}}, "invalid", "appearance"),
    ("POST", "surveys/", {"name": "a", "type": "api", "targeting_flag_filters": {"groups": [{"properties": []}]}}, "invalid", None),
    ("POST", "surveys/", {"name": "a", "type": "api", "conditions": {"linkedFlagVariant": "a"}}, "invalid", None),
    ("POST", "surveys/", {"name": "a", "type": "api", "linked_flag_id": 1, "conditions": {"linkedFlagVariant": "a"}}, "invalid", None),
    ("POST", "experiments/", {}, "required", "name"),
    ("POST", "experiments/", {"name": "a"}, "required", "feature_flag_key"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "new-checkout"}, "unique", "feature_flag_key"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "ai-plant-doctor"}, "invalid", "feature_flag_key"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "a b"}, "invalid_key", "feature_flag_key"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "end_date": "2026-01-01"}, "invalid", "end_date"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "start_date": "soon"}, "invalid", "start_date"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "type": "other"}, "invalid_choice", "type"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "parameters": 1}, "not_a_dict", "parameters"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "metrics": [{"kind": "ExperimentMetric"}]},
     "invalid", "metrics__0"),
    ("PATCH", "experiments/1/", {"feature_flag_key": "other"}, "invalid_input", "feature_flag_key"),
    ("POST", "surveys/", {}, "required", "name"),
    ("POST", "surveys/", {"name": "a"}, "required", "type"),
    ("POST", "surveys/", {"name": "a", "type": "letter"}, "invalid_choice", "type"),
    ("POST", "surveys/", {"name": "Why did you cancel?", "type": "api"}, "unique", "name"),
    ("POST", "surveys/", {"name": "a", "type": "api", "questions": [{"type": "guess"}]}, "invalid", "questions__0"),
    ("POST", "surveys/", {"name": "a", "type": "api", "questions": [{"type": "open"}]}, "required", "questions__0"),
    ("POST", "surveys/", {"name": "a", "type": "api", "questions": [OPEN | {"type": "single_choice"}]}, "invalid", "questions__0"),
    ("POST", "surveys/", {"name": "a", "type": "api", "linked_flag_id": 99}, "invalid_input", "linked_flag_id"),
    ("POST", "surveys/", {"name": "a", "type": "api", "iteration_frequency_days": 366}, "max_value", "iteration_frequency_days"),
    ("POST", "surveys/", {"name": "a", "type": "api", "iteration_count": 501}, "max_value", "iteration_count"),
    ("POST", "surveys/", asking(type="single_choice", choices=["a", " "]), "invalid", "questions__0"),
    ("POST", "surveys/", asking(type="single_choice", choices=["a", 1]), "invalid", "questions__0"),
    ("POST", "surveys/", asking(type="link", link="javascript:alert(1)"), "invalid", "questions__0"),
    ("POST", "surveys/", asking(type="link", link="http://a.example"), "invalid", "questions__0"),
    ("POST", "surveys/", asking(type="link", link="https:///a"), "invalid", "questions__0"),
    ("POST", "surveys/", asking(type="link", link="mailto:a@b"), "invalid", "questions__0"),
    ("POST", "surveys/", asking(type="link", link="mailto:a@b.example?subject=c"), "invalid", "questions__0"),
    ("POST", "surveys/", asking(description=3), "invalid", "questions__0"),
    ("POST", "surveys/", asking(descriptionContentType="markdown"), "invalid", "questions__0"),
    ("POST", "surveys/", asking(branching={"type": "end"}) | {"appearance": {"shuffleQuestions": True}}, "invalid", None),
    ("POST", "surveys/", {"name": "a", "type": "api", "appearance": {"whiteLabel": True}}, "invalid", "appearance"),
    ("POST", "surveys/", {"name": "a", "type": "api", "appearance": {"surveyPopupDelaySeconds": -1}}, "invalid", "appearance"),
    ("POST", "surveys/", {"name": "a", "type": "api", "appearance": {"surveyPopupDelaySeconds": -0.5}}, "invalid", "appearance"),
    ("POST", "surveys/", {"name": "a", "type": "api", "appearance": {"whiteLabel": ""}}, "invalid", "appearance"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "between", "value": [1, 2]}]), "invalid", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "is_date_after", "value": "last tuesday"}]), "invalid_value", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "regex", "value": "("}]), "invalid_value", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "semver_gt", "value": "abc"}]), "invalid_value", "filters"),
    ("POST", "feature_flags/", flag(properties=[PERSON | {"operator": "icontains_multi"}]), "invalid_value", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"multivariate": {}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"multivariate": {"variants": None}}}, "invalid", "filters"),
    ("POST", "feature_flags/", {"key": "a", "archived": True}, "invalid", None),
    ("PATCH", "feature_flags/1/", {"deleted": True}, "invalid", None),  # an experiment runs on it
    ("PATCH", "feature_flags/1/", {"filters": NOBODY | {"multivariate": {"variants": [{"key": "control", "rollout_percentage": 100}]}}},
     "invalid", "filters"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "metrics": [{"metric_type": "mean"}]}, "invalid", "metrics__0"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "metrics": [
        {"kind": "ExperimentMetric", "metric_type": "funnel", "series": []}]}, "invalid", "metrics__0"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "stats_config": {"method": "guess"}}, "invalid", "stats_config"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "exposure_criteria": {"filterTestAccounts": "no"}},
     "invalid", "exposure_criteria__filterTestAccounts"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "parameters": {"feature_flag_variants": [
        {"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}}, "invalid", "feature_flag_key"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "parameters": {"feature_flag_variants": [
        {"key": "control", "rollout_percentage": 100}]}}, "invalid", "feature_flag_key"),
    ("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "start_date": "2026-01-01", "end_date": "2026-01-01T00:00:00Z"},
     "invalid", None),
    ("PATCH", "experiments/1/", {"end_date": "2026-01-01"}, "invalid", None),
    ("PATCH", "experiments/1/", {"parameters": {"feature_flag_variants": VARIANTS[:1]}}, "invalid", None),
    ("PATCH", "experiments/1/", {"parameters": {"feature_flag_variants": [VARIANTS[0], VARIANTS[1] | {"key": "b"}]}}, "invalid", None),
    ("PATCH", "experiments/1/", {"holdout_id": 5}, "invalid", None),
    # what is not played here says so
    ("POST", "dashboards/", {"name": "a", "use_dashboard": 1}, "invalid_input", "use_dashboard"),
    ("POST", "dashboards/", {"name": "a", "use_template": "a"}, "invalid_input", "use_template"),
    ("PATCH", "dashboards/1/", {"tiles": [{"id": 1}]}, "invalid_input", "tiles"),
    ("PATCH", "dashboards/1/", {"deleted": True, "delete_insights": True}, "invalid_input", "delete_insights"),
    ("POST", "query/", {"query": {"kind": "HogQLQuery", "query": "SELECT 1"}, "filters_override": {"date_from": "-1d"}},
     "invalid_input", "filters_override"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "code", "field"), REFUSED)
def test_refused(ask: Caller, method: str, path: str, body: Any, code: str, field: str | None) -> None:
    answer = ask(method, path, body)
    assert answer.refusal == (400, code, field)


def test_what_is_refused_leaves_nothing_behind(ask: Caller) -> None:
    ask("POST", "experiments/", {"name": "a", "feature_flag_key": "e", "start_date": "2026-01-01", "type": "other"})
    assert "e" not in ask.names("feature_flags/")


LISTS: tuple[tuple[str, list[str]], ...] = (
    ("dashboards/", ["AI costs", "Growth", "Product health"]),
    ("dashboards/?search=GROW", ["Growth"]),
    ("dashboards/?limit=1&offset=1", ["Growth"]),
    ("dashboards/?limit=x&offset=-1", ["AI costs", "Growth", "Product health"]),
    ("insights/?favorited=false", ["From visit to Leafline Plus", "Visitors a day"]),  # by presence, as PostHog does
    ("insights/?short_id=LfErrors", ["Errors by type"]),
    ("insights/?search=nothing", []),
    ("feature_flags/?active=true", ["ai-plant-doctor", "new-checkout"]),
    ("feature_flags/?active=false", ["maintenance-banner", "beta-reminders"]),
    ("feature_flags/?search=plant", ["ai-plant-doctor"]),
    ("feature_flags/?archived=true", []),
    ("experiments/?search=checkout", ["new-checkout"]),
    ("surveys/?search=cancel", ["Why did you cancel?"]),
    ("surveys/?archived=true", []),
    ("surveys/?status=completed", ["Why did you cancel?"]),
    ("surveys/?type=widget", []),
    (f"surveys/?ids={SURVEY}", ["How likely are you to recommend Leafline?"]),
    ("experiments/?archived=true", []),
    ("experiments/?status=running", ["new-checkout"]),
    ("experiments/?status=draft", []),
    ("experiments/?status=Running", ["new-checkout"]),
    ("experiments/?status=all", ["new-checkout"]),
    ("experiments/?status=no-status", ["new-checkout"]),
    ("experiments/?status=paused", []),
    ("experiments/?created_by_id=2", []),
    ("feature_flags/?type=multivariant&tags=[]", ["new-checkout"]),
    ("feature_flags/?type=experiment", ["new-checkout"]),
    ("feature_flags/?type=boolean&active=true", ["ai-plant-doctor"]),
    ('feature_flags/?tags=["nothing"]', []),
    ("feature_flags/?evaluation_runtime=server", []),
    ("insights/?dashboards=[3]", ["Cost by model"]),
    ("insights/?tags=nothing", []),
    ("insights/?created_by=[1]&dashboards=3", ["Cost by model"]),
    ("insights/?created_by=[2]", []),
    ("surveys/?created_by=1&type=api", []),
    (f"surveys/?created_by=1&ids={SURVEY}", ["How likely are you to recommend Leafline?"]),
    ("/api/projects/2/dashboards/", []),
)


@pytest.mark.parametrize(("path", "names"), LISTS)
def test_lists(ask: Caller, path: str, names: list[str]) -> None:
    found = [row.get("key") or row.get("feature_flag_key") or row["name"] for row in ask.get(path)["results"]]
    assert found == names


def test_pages_name_their_neighbours(ask: Caller) -> None:
    page = ask.get("insights/?limit=2&offset=2&search=")
    assert page["count"] == 6
    assert page["next"] == "http://posthog.test/api/projects/1/insights/?limit=2&offset=4&search="
    assert page["previous"] == "http://posthog.test/api/projects/1/insights/?limit=2&offset=0&search="
    last = ask.get("insights/?limit=2&offset=4")
    assert (last["next"], ask.get("insights/?limit=2")["previous"]) == (None, None)


def test_a_deleted_row_is_gone_until_it_is_brought_back(ask: Caller) -> None:
    ask("PATCH", "dashboards/1/", {"deleted": True})
    assert ask("GET", "dashboards/1/").status == 404
    assert "Product health" not in ask.names("dashboards/")
    assert ask.get("insights/1/")["dashboards"] == [2]
    assert ask("PATCH", "dashboards/1/", {"deleted": False}).status == 200
    assert "Product health" in ask.names("dashboards/")


def test_a_deleted_row_takes_no_other_change(ask: Caller) -> None:
    ask("PATCH", "dashboards/1/", {"deleted": True})
    assert ask("PATCH", "dashboards/1/", {"name": "New"}).status == 404
    assert ask("PATCH", "dashboards/1/", {"deleted": True}).status == 404


def test_a_deleted_flag_takes_any_change(ask: Caller) -> None:
    ask("PATCH", "feature_flags/2/", {"deleted": True})
    assert ask("PATCH", "feature_flags/2/", {"name": "New"}).body["name"] == "New"
    assert ask("GET", "feature_flags/?search=ai-plant").body["results"] == []


def test_lists_know_which_flag_has_an_experiment_and_which_experiment_is_paused(
    ask: Caller,
) -> None:
    ask("POST", "feature_flags/", {"key": "v", "filters": NOBODY | {"multivariate": {"variants": VARIANTS}}})
    ask("POST", "feature_flags/", {"key": "r", "is_remote_configuration": True})
    assert ask.names("feature_flags/?type=multivariant") == ["v", "new-checkout"]
    assert ask.names("feature_flags/?type=experiment") == ["new-checkout"]
    assert ask.names("feature_flags/?type=remote_config") == ["r"]
    ask("PATCH", "feature_flags/1/", {"active": False})
    assert (ask.names("experiments/?status=paused"), ask.names("experiments/?status=running")) == (
        ["Shorter checkout"],
        [],
    )


def test_what_a_dashboard_is_not_asked_for_is_not_kept(ask: Caller) -> None:
    before = ask.get("dashboards/1/")
    sent = {"use_template": "", "use_dashboard": None, "delete_insights": False}
    assert ask("PATCH", "dashboards/1/", sent).body.keys() == before.keys()
    assert ask("POST", "dashboards/", {"name": "New", **sent}).body.keys() == before.keys()


def test_a_survey_is_deleted_for_good(ask: Caller) -> None:
    assert ask("PATCH", f"surveys/{SURVEY}/", {"deleted": True}).status == 200  # which is no field of a survey
    assert ask.get(f"surveys/{SURVEY}/")["id"] == SURVEY
    assert ask("DELETE", f"surveys/{SURVEY}/").status == 204
    assert [ask(method, f"surveys/{SURVEY}/").status for method in ("GET", "DELETE")] == [404, 404]


def test_a_flag_on_which_others_depend_stays(ask: Caller) -> None:
    on = {"key": "2", "type": "flag", "operator": "flag_evaluates_to", "value": True}
    assert ask("POST", "feature_flags/", flag(properties=[on]) | {"key": "dependent"}).status == 201
    refused = ask("PATCH", "feature_flags/2/", {"active": False})
    assert refused.body["detail"].startswith(
        "Cannot disable this feature flag because other flags depend on it: dependent (ID: 5)."
    )
    assert ask("PATCH", "feature_flags/2/", {"deleted": True}).refusal == (400, "invalid", None)
    ask("PATCH", "feature_flags/5/", {"active": False})
    assert ask("PATCH", "feature_flags/2/", {"active": False}).status == 200


FLAG = {"type": "flag", "operator": "flag_evaluates_to", "value": True}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("5", "Circular dependency detected: dependent → dependent"),
        ("6", "Circular dependency detected: dependent → a → dependent"),
        (4, "Cannot create dependency on disabled flag 'maintenance-banner' (ID: 4)."),
        (99, "Flag dependency references non-existent flag with ID 99"),
        ("new-checkout", "Flag dependencies must reference flag IDs (integers), not flag keys."),
    ],
)
def test_a_flag_depends_on_others_that_are_on(ask: Caller, key: Any, said: str) -> None:
    ask("POST", "feature_flags/", {"key": "dependent"})
    ask("POST", "feature_flags/", flag(properties=[FLAG | {"key": "5"}]))
    filters = {"groups": [{"properties": [FLAG | {"key": key}]}]}
    refused = ask("PATCH", "feature_flags/5/", {"filters": filters})
    assert refused.refusal == (400, "invalid", "filters")
    assert refused.body["detail"].startswith(said)


@pytest.mark.parametrize(("operator", "value"), TAKEN_VALUES)
def test_a_value_with_which_an_operator_works(ask: Caller, operator: str, value: Any) -> None:
    assert (
        ask("POST", "feature_flags/", flag(properties=[PERSON | {"operator": operator, "value": value}])).status == 201
    )


@pytest.mark.parametrize(("operator", "value"), REFUSED_VALUES)
def test_a_value_with_which_an_operator_does_not_work(ask: Caller, operator: str, value: Any) -> None:
    refused = ask("POST", "feature_flags/", flag(properties=[PERSON | {"operator": operator, "value": value}]))
    assert refused.refusal == (400, "invalid_value", "filters")


def test_a_payload_is_kept_as_text(ask: Caller) -> None:
    kept = ask("POST", "feature_flags/", {"key": "a", "filters": NOBODY | {"payloads": {"true": [1]}}}).body
    assert kept["filters"]["payloads"] == {"true": "[1]"}


def test_a_drafts_variants_are_its_flags(ask: Caller) -> None:
    sent = {"name": "New", "feature_flag_key": "e", "parameters": {"feature_flag_variants": VARIANTS}}
    made = ask("POST", "experiments/", sent).body
    other = [VARIANTS[0], VARIANTS[1] | {"key": "b"}]
    changed = ask("PATCH", f"experiments/{made['id']}/", {"parameters": {"feature_flag_variants": other}}).body
    assert changed["feature_flag"]["filters"]["multivariate"]["variants"] == other


def test_a_draft_keeps_variants_with_which_it_can_start(ask: Caller) -> None:
    made = ask("POST", "experiments/", {"name": "New", "feature_flag_key": "e"}).body
    path, flag_path = f"experiments/{made['id']}/", f"feature_flags/{made['feature_flag']['id']}/"
    alone = {"feature_flag_variants": [VARIANTS[0] | {"rollout_percentage": 100}]}
    other = {"feature_flag_variants": [one | {"key": f"a{one['key']}"} for one in VARIANTS]}
    assert ask("PATCH", path, {"parameters": alone}).refusal == (400, "invalid", "parameters")
    assert ask("PATCH", path, {"parameters": other}).refusal == (400, "invalid", "parameters")
    ask("PATCH", flag_path, {"filters": NOBODY})
    assert ask("PATCH", path, {"start_date": "2026-01-01"}).refusal == (400, "invalid", "feature_flag_key")


def test_a_deleted_flag_leaves_its_key_free_and_cannot_come_back_beside_another(ask: Caller) -> None:
    ask("PATCH", "feature_flags/2/", {"deleted": True})
    assert ask("POST", "feature_flags/", {"key": "ai-plant-doctor"}).status == 201
    assert ask("PATCH", "feature_flags/2/", {"deleted": False}).refusal == (400, "unique", "key")


def test_a_dashboard_shows_the_insights_that_name_it(ask: Caller) -> None:
    assert [tile["insight"]["short_id"] for tile in ask.get("dashboards/3/")["tiles"]] == ["LfAiCost"]
    ask("PATCH", "insights/4/", {"dashboards": [1, 3]})
    assert [tile["insight"]["short_id"] for tile in ask.get("dashboards/3/")["tiles"]] == ["LfErrors", "LfAiCost"]
    assert [tile["dashboard_id"] for tile in ask.get("insights/4/")["dashboard_tiles"]] == [1, 3]


def test_an_experiment_brings_a_flag_that_is_on_while_it_runs(ask: Caller) -> None:
    sent = {"name": "New", "feature_flag_key": "e", "parameters": {"feature_flag_variants": VARIANTS}}
    made = ask("POST", "experiments/", sent).body
    assert made["feature_flag"]["active"] is False
    assert made["feature_flag"]["filters"]["multivariate"]["variants"] == VARIANTS
    started = ask("PATCH", f"experiments/{made['id']}/", {"start_date": "2026-03-01T00:00:00Z"}).body
    assert started["feature_flag"]["active"] is True
    ended = ask("PATCH", f"experiments/{made['id']}/", {"end_date": "2026-03-02T00:00:00Z", "conclusion": "won"}).body
    assert (ended["feature_flag"]["active"], ended["conclusion"]) == (True, "won")


def test_the_samples_dates_are_counted_from_today(ask: Caller) -> None:
    assert ask.get("experiments/1/")["start_date"] == "2026-02-02T09:00:00.000000Z"
    changed = ask("PATCH", "experiments/1/", {"end_date": "2026-03-04T00:00:00Z"}).body
    assert (changed["start_date"], changed["end_date"]) == ("2026-02-02T09:00:00.000000Z", "2026-03-04T00:00:00Z")


def test_a_survey_gets_and_loses_its_targeting(ask: Caller) -> None:
    everyone = {"groups": [{"properties": [], "rollout_percentage": 50}]}
    targeted = ask("PATCH", f"surveys/{SURVEY}/", {"targeting_flag_filters": everyone}).body
    assert targeted["targeting_flag"]["filters"] == everyone
    assert "targeting_flag_filters" not in targeted
    assert ask("PATCH", f"surveys/{SURVEY}/", {"remove_targeting_flag": True}).body["targeting_flag"] is None


def test_a_change_of_filters_without_condition_sets_is_taken_for_none(ask: Caller) -> None:
    before = ask.get("feature_flags/2/")["filters"]
    assert ask("PATCH", "feature_flags/2/", {"filters": {"payloads": {}}}).body["filters"] == before


EVERYBODY = {"groups": [{"properties": [], "rollout_percentage": 100}]}
HALF = {"groups": [{"properties": [], "rollout_percentage": 50}]}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"filters": HALF}, 200),  # who says nothing is not asked
        ({"filters": HALF, "version": 2, "original_flag": {"filters": EVERYBODY}}, 200),
        ({"filters": HALF, "version": 1, "original_flag": {"filters": NOBODY}}, 409),
        ({"filters": EVERYBODY, "version": 1, "original_flag": {"filters": NOBODY}}, 200),  # as it is by now
        ({"active": False, "version": 1, "original_flag": {"active": True}}, 200),  # nobody else changed that
        ({"filters": HALF, "version": 1}, 200),
    ],
)
def test_a_change_of_what_somebody_else_changed_is_a_conflict(ask: Caller, sent: dict[str, Any], status: int) -> None:
    ask("PATCH", "feature_flags/2/", {"filters": EVERYBODY})
    answer = ask("PATCH", "feature_flags/2/", sent)
    assert answer.status == status
    assert status == 200 or answer.body["detail"] == (
        "The feature flag was updated by robin@leafline.example since you started editing it. Please refresh and try again."
    )


def test_a_change_of_a_survey_resets_what_it_does_not_name(ask: Caller) -> None:
    """As PostHog does; tools send it along."""
    whole = {
        "conditions": {"url": "/", "actions": {"values": [{"id": 1}]}},
        "iteration_count": 2,
        "iteration_frequency_days": 7,
    }
    ask("PATCH", f"surveys/{SURVEY}/", whole)
    after = ask("PATCH", f"surveys/{SURVEY}/", {"iteration_count": 3}).body
    assert (after["conditions"], after["iteration_frequency_days"]) == ({"url": "/"}, None)


def test_an_insight_is_saved_where_it_says_so_or_is_on_a_dashboard(ask: Caller) -> None:
    ask("POST", "insights/", {"name": "Unsaved", "query": NODE})
    ask("POST", "insights/", {"name": "Saved", "query": NODE, "saved": True})
    ask("POST", "insights/", {"name": "On one", "query": NODE, "dashboards": [1]})
    assert ask.names("insights/?saved=true")[:2] == ["On one", "Saved"]
    assert ask.names("insights/?saved=false") == ["Unsaved"]
    assert ask.names("insights/?limit=3") == ["On one", "Saved", "Unsaved"]


FIELDS: tuple[tuple[str, str], ...] = (
    ("/api/organizations/", "membership_level teams member_count slug"),
    (
        "feature_flags/",
        "experiment_set can_edit last_modified_by version surveys features is_remote_configuration user_access_level",
    ),
    ("insights/", "last_modified_by query_status columns filters hogql can_edit saved is_sample"),
    ("dashboards/", "filters variables restriction_level user_access_level breakdown_colors is_shared"),
    ("surveys/", "current_iteration targeting_flag linked_flag internal_targeting_flag iteration_start_dates"),
    ("experiments/", "saved_metrics holdout exposure_cohort user_access_level feature_flag tags"),
)


@pytest.mark.parametrize(("path", "names"), FIELDS)
def test_rows_have_the_fields_that_clients_use(ask: Caller, path: str, names: str) -> None:
    assert set(names.split()) <= set(ask.get(path)["results"][0])


def test_questions_get_ids(ask: Caller) -> None:
    made = ask("POST", "surveys/", {"name": "New", "type": "api", "questions": [OPEN]}).body
    assert len(made["questions"][0]["id"]) == 36


def test_what_needs_posthogs_own_machines(ask: Caller) -> None:
    refused = ask("POST", "/api/environments/1/max_tools/create_and_query_insight/", {"query": "How many?"})
    assert refused.status == 403
    assert "query-run" in refused.body["detail"]
    assert (
        "https://posthog.com/docs/feature-flags"
        in ask("POST", "mcp_tools/docs_search/", {"query": "flags"}).body["content"]
    )
    assert ask("POST", "mcp_tools/docs_search/", {}).refusal == (400, "required", "query")
