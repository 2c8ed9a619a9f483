"""The insights toolset, queries included."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.tools.call import Call
from posthog_wizard.tools.query_runs import run_query
from tests.support.posthog import Reply, failure, forbidden, missing_scope, not_found, throttled
from tests.support.posthog_tools import DONE, READ, RESULT, STARTED, TRENDS, looked
from tests.support.posthog_tools import said as said_by
from tests.support.serving import bench
from tests.tools.cases import QUERY
from tests.tools.cases_insights import AI, SQL

MOST_LOOKS = 105  # until 300 seconds have passed


def test_a_long_query_is_waited_for_and_its_progress_told() -> None:
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, STARTED)
        made.posthog.will_answer("GET", f"{QUERY}q-1/", looked(query_progress=READ), looked(query_progress=None), DONE)
        said = made.call("query-run", query=SQL)
        assert '"columns":["n"]' in said.text
        assert made.posthog.lines == [f"POST {QUERY}", *[f"GET {QUERY}q-1/"] * 3]
        assert made.told == ["the query is running", "read 5 of about 10 rows", "the query is running"]
        assert made.slept == [0.25, 0.375, 0.5625]


def test_a_status_beside_empty_results_is_waited_for_too() -> None:
    with bench() as made:
        body = {"results": None, "query_status": {"id": "q-1", "complete": False}}
        made.posthog.will_answer("POST", QUERY, Reply(202, body)).will_answer("GET", f"{QUERY}q-1/", DONE)
        assert '"columns":["n"]' in made.call("query-run", query=SQL).text


def test_a_cached_answer_with_its_status_is_taken_at_once() -> None:
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, Reply(200, RESULT | {"query_status": {"id": "q-1", "complete": True}}))
        assert '"columns":["n"]' in made.call("query-run", query=SQL).text
        assert made.posthog.lines == [f"POST {QUERY}"]


def test_an_answer_without_results_is_none() -> None:
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, Reply(200, {"columns": ["n"]}))
        assert "without results" in made.call("query-run", query=SQL).text


def test_a_long_query_that_fails_says_why() -> None:
    failed = looked(complete=True, error=True, error_message="Memory limit")
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, STARTED).will_answer("GET", f"{QUERY}q-1/", failed)
        assert "the query failed: Memory limit" in made.call("query-run", query=SQL).text


def test_a_query_that_does_not_end_is_given_up() -> None:
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, STARTED).will_answer("GET", f"{QUERY}q-1/", looked(), times=MOST_LOOKS)
        assert "still runs after 300 seconds" in made.call("query-run", query=SQL).text


def test_what_the_ai_says_comes_without_the_receipts_of_its_stream() -> None:
    answer = {"type": "message", "data": {"content": "SELECT 1"}}
    with bench() as made:
        made.posthog.will_answer("POST", AI, Reply(200, [{"type": "message", "data": {"type": "ack"}}, answer]))
        found = said_by(made.call("query-generate-hogql-from-question", question="How many?").text)
        assert found["results"] == [answer]
        assert made.posthog.requests[0].body == {"query": "How many?", "insight_type": "sql"}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (not_found(), "PostHog AI does not answer here"),
        (forbidden("AI data processing must be approved by your organization"), "PostHog AI does not answer here"),
        (failure(501), "PostHog AI does not answer here"),
        (missing_scope("insight:read"), "insight:read"),
    ],
)
def test_where_ai_is_off_it_says_so_and_what_to_do_instead(reply: Any, words: str) -> None:
    with bench() as made:
        made.posthog.will_answer("POST", AI, reply)
        said = made.call("query-generate-hogql-from-question", question="How many?")
        assert said.failed
        assert words in said.text


def test_the_throttle_of_ai_is_told_as_such() -> None:
    with bench() as made:
        made.posthog.will_answer("POST", AI, throttled(60))
        assert "60" in made.call("query-generate-hogql-from-question", question="How many?").text


def test_what_only_the_web_application_needs_is_left_out() -> None:
    series = {"label": "a", "data": [1], "labels": ["1-Jan"], "days": ["2026-01-01"], "action": {"id": 1}, "filter": {}}
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, Reply(200, RESULT | {"results": [series]}))
        assert '{"label":"a","data":[1],"labels":["1-Jan"]}' in made.call("query-run", query=TRENDS).text


def test_a_result_that_is_no_rows_is_taken_when_it_is_there() -> None:
    """As those of experiments are, which have no `results`: at once, and after a wait."""
    exposures = {"kind": "ExperimentExposureQuery", "timeseries": [], "total_exposures": {"test": 3}}
    at_once = Reply(200, exposures | {"query_status": {"id": "q-1", "complete": True}})
    later = looked(complete=True, error=False, results=exposures)
    with bench() as made:
        made.posthog.will_answer("POST", QUERY, at_once, STARTED).will_answer("GET", f"{QUERY}q-1/", later)
        found = [
            made.use(lambda service: run_query(Call(service.workspace, project=2, clock=service.clock), TRENDS))
            for _ in range(2)
        ]
        assert [one["total_exposures"] for one in found] == [{"test": 3}] * 2
