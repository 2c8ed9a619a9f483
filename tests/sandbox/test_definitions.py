"""Events, properties, numbers of surveys, and the query endpoint: what is counted from the events, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.sandbox.sample import catalog
from tests.support.sandboxes import Caller

QUERY = "/api/environments/1/query/"
NPS = catalog.NPS["id"]

NAMES: tuple[tuple[str, list[str]], ...] = (
    ("event_definitions/?search=PLANT", ["plant_added"]),
    ("event_definitions/?search=survey&limit=1&offset=1", ["survey sent"]),
    ("/api/projects/2/event_definitions/", []),
    ("property_definitions/?type=person&exclude_core_properties=true", ["email", "name", "plan", "plants"]),
    ("property_definitions/?type=session", ["$session_duration", "$entry_pathname", "$pageview_count"]),
    ("property_definitions/?type=group&group_type_index=0", []),
    ("property_definitions/?is_feature_flag=true", ["$feature/ai-plant-doctor", "$feature/new-checkout"]),
    ('property_definitions/?event_names=["signed_up"]&filter_by_event_names=true&search=meth', ["method"]),
)


@pytest.mark.parametrize(("path", "names"), NAMES)
def test_names(ask: Caller, path: str, names: list[str]) -> None:
    assert set(ask.names(path)) <= set(names)
    assert bool(ask.names(path)) == bool(names)


def test_every_event_of_the_story_happens(ask: Caller) -> None:
    assert ask.names("event_definitions/") == sorted(one.name for one in catalog.EVENTS)


REFUSED: tuple[tuple[str, str, Any, str, str | None], ...] = (
    ("GET", "property_definitions/?type=other", None, "invalid_choice", "type"),
    ("GET", "property_definitions/?type=group", None, "invalid", "type"),
    ("GET", "property_definitions/?filter_by_event_names=true&event_names={", None, "invalid", "event_names"),
    ("GET", "property_definitions/?filter_by_event_names=true&event_names=[1]", None, "invalid", "event_names"),
    ("GET", "surveys/stats/?date_from=soon", None, "invalid", "date_from"),
    ("GET", "surveys/stats/?date_to=9999-12-31T23:59:59-23:00", None, "invalid", "date_to"),
    ("POST", QUERY, {}, "required", "query"),
    ("POST", QUERY, {"query": "SELECT 1"}, "required", "query"),
    ("POST", QUERY, {"query": {"kind": "ExperimentQuery", "experiment_id": 99}}, "does_not_exist", "experiment_id"),
)


@pytest.mark.parametrize(("method", "path", "body", "code", "field"), REFUSED)
def test_refused(ask: Caller, method: str, path: str, body: Any, code: str, field: str | None) -> None:
    assert ask(method, path, body).refusal == (400, code, field)


def test_a_query_that_is_not_understood_is_refused_with_its_field(ask: Caller) -> None:
    answer = ask("POST", QUERY, {"query": {"kind": "HogQLQuery", "query": "SELECT * FROM nothing"}})
    assert (answer.status, answer.body["attr"]) == (400, "query")
    assert "nothing" in answer.body["detail"]


def test_a_query_is_answered(ask: Caller) -> None:
    answer = ask("POST", QUERY, {"query": {"kind": "HogQLQuery", "query": "SELECT 1 AS one"}, "refresh": "async"})
    assert (answer.body["columns"], answer.body["results"]) == (["one"], [[1]])


def test_a_surveys_numbers_are_part_of_all_surveys_numbers(ask: Caller) -> None:
    one, every = ask.get(f"surveys/{NPS}/stats/"), ask.get("surveys/stats/")
    assert 0 < one["stats"]["survey sent"]["total_count"] < every["stats"]["survey sent"]["total_count"]
    assert 0 < one["rates"]["response_rate"] < 100
    assert one["start_date"] < one["stats"]["survey shown"]["first_seen"]


@pytest.mark.parametrize("bounds", ["date_to=2020-01-01", "date_from=2030-01-01T00:00:00%2B02:00"])
def test_a_time_without_answers(ask: Caller, bounds: str) -> None:
    found = ask.get(f"surveys/stats/?{bounds}")
    assert found["stats"]["survey shown"] == {
        "total_count": 0,
        "unique_persons": 0,
        "first_seen": None,
        "last_seen": None,
    }
    assert found["rates"]["response_rate"] == 0


def test_without_the_survey_there_are_no_numbers(ask: Caller) -> None:
    assert ask("GET", "surveys/018f0000-0000-7000-8000-00000000ffff/stats/").status == 404
