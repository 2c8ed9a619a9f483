"""Each of the 44 tools in the sandbox, through a real process: does it do its work, and are its numbers right?

Numbers are compared with those of a query of this test's own over the generated file, without our engine. Time goes on
between the two, so a number must lie between that query's answers before and after.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.sample.data import LAST_DAY
from posthog_wizard.server.service import BY_NAME
from tests.support.mcp_process import Program
from tests.support.posthog_tools import said


def of(name: str) -> str:
    """An event's property in DuckDB's SQL."""
    return f"properties->>'$.\"{name}\"'"


pytestmark = pytest.mark.e2e
NPS, CHURN = catalog.NPS["id"], catalog.CHURN["id"]
TYPE_ERROR = catalog.ISSUES[0].id
CUSTOMERS = "coalesce(person_properties->>'email', '') NOT LIKE '%@leafline.example'"
SIGNUPS = {"kind": "EventsNode", "event": "signed_up"}
TRENDS = {"kind": "TrendsQuery", "series": [SIGNUPS], "dateRange": {"date_from": "-14d"}}
NODE = {"kind": "InsightVizNode", "source": TRENDS}
EVERYBODY = {"groups": [{"properties": [], "rollout_percentage": 100}]}
OPEN = {"type": "open", "question": "Why?"}
PEOPLE = "count(DISTINCT person_id)"
FLAG, FLAG_VALUE = of("$feature_flag"), of("$feature_flag_response")
EXPOSED = f"event = '$feature_flag_called' AND {FLAG} = 'new-checkout' AND {CUSTOMERS}"
Answer = dict[str, Any]


class Serving(NamedTuple):
    """A server, and the events of its sandbox."""

    program: Program
    data: Path
    numbers: Iterator[int]

    def answer(self, tool: str, arguments: dict[str, Any]) -> Answer:
        text = self.program.call(next(self.numbers), tool, **arguments)
        assert text.startswith("Data from PostHog"), text
        return said(text)

    def events(self) -> str:
        """The file's events until now, their times moved so that the last day is today. No code of ours takes part."""
        days = (datetime.now(UTC).date() - LAST_DAY).days
        moved = f"SELECT * REPLACE (timestamp + INTERVAL {days} DAY AS timestamp) FROM read_parquet('{self.data}')"
        return f"SELECT * FROM ({moved}) WHERE timestamp <= TIMESTAMP '{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}'"

    def raw(self, what: str, where: str) -> float:
        """A number from the events."""
        with duckdb.connect() as connection:
            row = connection.execute(f"SELECT {what} FROM ({self.events()}) WHERE {where}").fetchone()
        assert row is not None
        return float(row[0] or 0)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = tmp_path_factory.mktemp("home")
    with Program("--sandbox", home=home, key=None) as program:
        program.initialize()
        program.call(1, "query-run", query={"kind": "HogQLQuery", "query": "SELECT 1"})
        data = next((home / ".local/share/posthog-wizard/sandbox").glob("*.parquet"))
        yield Serving(program, data, iter(range(2, 1000)))


def total(answer: Answer) -> float:
    """The sum of all series."""
    return float(sum(row["count"] for row in answer["results"]))


def occurrences(answer: Answer) -> float:
    return float(sum(row["aggregations"]["occurrences"] for row in answer["results"]))


class Number(NamedTuple):
    """A call, the number in its answer, and the same number from the file: what is selected, and where."""

    tool: str
    arguments: dict[str, Any]
    number: Callable[[Answer], float]
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.tool} {json.dumps(self.arguments)[:60]}"


NUMBERS = (
    Number(
        "query-run",
        {"query": {"kind": "HogQLQuery", "query": "SELECT count() FROM events WHERE properties.method = 'google'"}},
        lambda answer: float(answer["results"][0][0]),
        "count(*)",
        "properties->>'method' = 'google'",
    ),
    Number(
        "query-run",
        {"query": {"kind": "HogQLQuery", "query": "SELECT sum(toFloat(properties.amount)) FROM events"}},
        lambda answer: float(answer["results"][0][0]),
        "sum((properties->>'amount')::DOUBLE)",
        "event = 'subscription_started'",
    ),
    Number("query-run", {"query": TRENDS}, total, "count(*)", "event = 'signed_up' AND timestamp >= today() - 14"),
    Number(
        "insight-query",
        {"insight_id": "LfFunnel"},
        lambda answer: float(answer["results"][0]["count"]),
        "count(DISTINCT person_id)",
        f"event = '$pageview' AND {CUSTOMERS}",
    ),
    Number(
        "insight-query",
        {"insight_id": "LfPlants"},
        lambda answer: float(answer["results"][0][1]),
        "max(n) FROM (SELECT count(*) AS n, properties->>'species' AS species",
        "event = 'plant_added' GROUP BY species)",
    ),
    Number(
        "get-llm-total-costs-for-project",
        {"days": 10},
        total,
        f"sum(({of('$ai_total_cost_usd')})::DOUBLE)",
        f"event = '$ai_generation' AND timestamp >= today() - 10 AND {CUSTOMERS}",
    ),
    Number(
        "list-errors",
        {"status": "all", "date_from": "-60d", "filter_test_accounts": False},
        occurrences,
        "count(*)",
        "event = '$exception' AND timestamp >= today() - 60",
    ),
    Number(
        "error-details",
        {"issue_id": TYPE_ERROR, "date_from": "-20d"},
        lambda answer: float(answer["aggregations"]["users"]),
        "count(DISTINCT person_id)",
        f"{of('$exception_issue_id')} = '{TYPE_ERROR}' AND timestamp >= today() - 20",
    ),
    Number(
        "experiment-results-get",
        {"experiment_id": 1},
        lambda answer: float(sum(answer["exposures"]["total_exposures"].values())),
        "count(DISTINCT person_id)",
        EXPOSED,
    ),
    Number(
        "survey-stats",
        {"survey_id": NPS},
        lambda answer: float(answer["stats"]["survey sent"]["total_count"]),
        "count(*)",
        f"event = 'survey sent' AND {of('$survey_id')} = '{NPS}'",
    ),
    Number(
        "survey-stats",
        {"survey_id": CHURN, "date_to": "2000-01-01"},
        lambda answer: float(answer["stats"]["survey shown"]["total_count"]),
        "count(*)",
        "false",
    ),
    Number(
        "surveys-global-stats",
        {},
        lambda answer: float(answer["stats"]["survey shown"]["unique_persons"]),
        "count(DISTINCT person_id)",
        "event = 'survey shown'",
    ),
    Number("event-definitions-list", {}, lambda answer: float(answer["count"]), "count(DISTINCT event)", "true"),
    Number(
        "properties-list",
        {"type": "event", "event_name": "checkout_started", "include_predefined_properties": True},
        lambda answer: float(answer["count"]),
        "count(DISTINCT name) FROM (SELECT unnest(json_keys(properties)) AS name",
        "event = 'checkout_started') WHERE name NOT LIKE '$feature/%'",
    ),
    Number(
        "property-definitions",
        {"type": "person"},
        lambda answer: float(answer["count"]),
        "count(DISTINCT name) FROM (SELECT unnest(json_keys(person_properties)) AS name",
        "true)",
    ),
)  # fmt: skip


@pytest.mark.parametrize("row", NUMBERS, ids=str)
def test_the_number_is_the_files(row: Number, serving: Serving) -> None:
    before = serving.raw(row.what, row.where)
    found = row.number(serving.answer(row.tool, row.arguments))
    assert before - 1e-6 <= found <= serving.raw(row.what, row.where) + 1e-6


@pytest.mark.parametrize("variant", ["control", "test"])
def test_the_experiments_variants(variant: str, serving: Serving) -> None:
    exposed = f"{EXPOSED} AND {FLAG_VALUE} = '{variant}'"
    paid = (
        f"event = 'subscription_started' AND person_id IN (SELECT person_id FROM ({serving.events()}) WHERE {exposed})"
    )
    bounds = serving.raw(PEOPLE, exposed), serving.raw(PEOPLE, paid)
    answer = serving.answer("experiment-results-get", {"experiment_id": 1})
    metric = answer["metrics"]["primary"][0]
    sums = {one["key"]: one["sum"] for one in (metric["baseline"], *metric["variant_results"])}
    later = serving.raw(PEOPLE, exposed), serving.raw(PEOPLE, paid)
    found = answer["exposures"]["total_exposures"][variant], sums[variant]
    assert all(least <= one <= most for least, one, most in zip(bounds, found, later, strict=True)), (
        bounds,
        found,
        later,
    )


def test_the_shorter_checkout_wins(serving: Serving) -> None:
    metric = serving.answer("experiment-results-get", {"experiment_id": 1})["metrics"]["primary"][0]
    assert metric["variant_results"][0]["significant"] is True


DONE: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("organization-details-get", {}, {"name": "Leafline", "id": catalog.ORGANIZATION_ID}),
    ("organizations-get", {}, {"count": 1}),
    ("projects-get", {}, {"count": 2}),
    ("switch-organization", {"org_id": catalog.ORGANIZATION_ID}, {"name": "Leafline", "project": 1}),
    ("switch-project", {"project_id": 1}, {"project": 1, "name": "Leafline app"}),
    ("dashboards-get-all", {"pinned": True}, {"count": 2}),
    ("dashboard-get", {"dashboard_id": 2}, {"name": "Growth"}),
    ("dashboard-create", {"name": "Made", "pinned": True}, {"name": "Made", "pinned": True}),
    ("dashboard-update", {"dashboard_id": 1, "tags": ["seen"]}, {"name": "Product health", "tags": ["seen"]}),
    ("dashboard-delete", {"dashboard_id": 3}, {"deleted": True, "id": 3}),
    ("add-insight-to-dashboard", {"insight_id": "LfErrors", "dashboard_id": 2}, {"added": True, "dashboards": [1, 2]}),
    ("insights-get-all", {"favorited": True}, {"count": 2}),
    ("insight-get", {"insight_id": "LfFunnel"}, {"id": 3, "favorited": True}),
    ("insight-create-from-query", {"name": "Made", "query": TRENDS}, {"name": "Made", "query": NODE}),
    ("insight-update", {"insight_id": "2", "name": "Renamed"}, {"name": "Renamed", "short_id": "LfSignup"}),
    ("insight-delete", {"insight_id": "LfAiCost"}, {"deleted": True, "id": 5}),
    ("feature-flag-get-all", {"active": False}, {"count": 2}),
    ("feature-flag-get-definition", {"flag_key": "new-checkout"}, {"id": 1, "active": True}),
    ("create-feature-flag", {"key": "made", "filters": EVERYBODY}, {"key": "made", "active": True}),
    ("update-feature-flag", {"flag_key": "ai-plant-doctor", "active": False}, {"id": 2}),
    ("delete-feature-flag", {"flag_key": "maintenance-banner"}, {"deleted": True, "id": 4}),
    ("experiment-get-all", {"search": "shorter"}, {"count": 1}),
    ("experiment-get", {"experiment_id": 1}, {"status": "running", "feature_flag_key": "new-checkout"}),
    ("experiment-create", {"name": "Made", "feature_flag_key": "made-experiment"}, {"name": "Made", "status": "draft"}),
    ("surveys-get-all", {}, {"next_offset": None}),
    ("survey-get", {"survey_id": NPS}, {"status": "active", "type": "popover"}),
    ("survey-create", {"name": f"Made {uuid.uuid4()}", "questions": [OPEN]}, {"status": "draft", "schedule": "once"}),
    ("survey-update", {"survey_id": NPS, "responses_limit": 500}, {"responses_limit": 500, "status": "active"}),
    ("survey-delete", {"survey_id": CHURN}, {"archived": True, "id": CHURN}),
)  # fmt: skip
SEQUENCES = (
    "experiment-update",
    "experiment-delete",
    "docs-search",
    "query-generate-hogql-from-question",
)  # tested below


@pytest.mark.parametrize(("tool", "arguments", "expected"), DONE)
def test_it_does_its_work(tool: str, arguments: dict[str, Any], expected: dict[str, Any], serving: Serving) -> None:
    answer = serving.answer(tool, arguments)
    assert {name: answer.get(name) for name in expected} == expected


def test_an_experiment_from_draft_to_deletion(serving: Serving) -> None:
    made = serving.answer("experiment-create", {"name": "Life", "feature_flag_key": f"life-{uuid.uuid4()}"})
    this = {"experiment_id": made["id"]}
    assert serving.answer("experiment-update", {**this, "launch": True})["status"] == "running"
    time.sleep(1)  # the end is given in seconds, and PostHog refuses one that is not after the start
    assert serving.answer("experiment-update", {**this, "conclude": "lost"})["conclusion"] == "lost"
    assert serving.answer("experiment-delete", this)["deleted"] is True
    assert "nothing at" in serving.program.call(next(serving.numbers), "experiment-get", **this)


def test_the_documentations_pages(serving: Serving) -> None:
    found = serving.answer("docs-search", {"query": "feature flags"})
    assert "https://posthog.com/docs/feature-flags" in found["results"]["content"]


def test_the_ai_is_not_there_and_says_what_is(serving: Serving) -> None:
    text = serving.program.call(next(serving.numbers), "query-generate-hogql-from-question", question="How many?")
    assert "not available in the sandbox" in text
    assert "query-run" in text


def test_every_tool_was_called() -> None:
    called = {row.tool for row in NUMBERS} | {row[0] for row in DONE} | {*SEQUENCES}
    assert sorted(called) == sorted(name for name, tool in BY_NAME.items() if tool.feature != "api")  # see test_api.py
