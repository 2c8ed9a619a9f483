"""A few rows of every resource for the tests of the tools, and how an answer of theirs is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from posthog_wizard.sandbox.posthog import complete_row
from posthog_wizard.sandbox.row_store import SampleRow
from posthog_wizard.sandbox.views.dashboards import DASHBOARDS
from posthog_wizard.sandbox.views.experiments import EXPERIMENTS
from posthog_wizard.sandbox.views.flags import FLAGS
from posthog_wizard.sandbox.views.insights import INSIGHTS
from posthog_wizard.sandbox.views.surveys import SURVEYS
from tests.support.posthog import Reply
from tests.support.posthog_core import world

PROJECT = 2
HALVES = [{"key": "control", "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
SURVEY = "0190cccc-0000-0000-0000-000000000001"


def tools_world() -> Iterator[SampleRow]:
    """The world of every test with those rows in project 2."""
    yield from world()
    for collection, rows in ROWS:
        for row in rows:
            yield collection.name, PROJECT, complete_row(collection, row)


OVERVIEW = {"id": 11, "name": "Overview", "description": "All of it", "pinned": True}
GROWTH = {"id": 12, "name": "Growth", "tags": ["q3"]}
TRENDS = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "signed_up"}]}
INSIGHT: dict[str, Any] = {
    "id": 21,
    "short_id": "aBcD1234",
    "name": "Signups",
    "query": {"kind": "InsightVizNode", "source": TRENDS},
    "dashboards": [12],
    "favorited": True,
}
OLD_INSIGHT = {"id": 22, "short_id": "oldOld00", "name": "Old", "query": None, "filters": {"insight": "TRENDS"}}
ALL_DIGITS = {"id": 23, "short_id": "12345678", "name": "Digits", "query": INSIGHT["query"], "dashboards": [11]}
FLAG: dict[str, Any] = {
    "id": 31,
    "key": "new-nav",
    "name": "New navigation",
    "active": True,
    "filters": {
        "groups": [{"properties": [], "rollout_percentage": 10}],
        "multivariate": {"variants": [{"key": "control", "rollout_percentage": 100}]},
        "payloads": {"control": "1"},
    },
}
OTHER_FLAG = {"id": 32, "key": "new-nav-two", "active": False}
CHECKOUT_FLAG = {"id": 33, "key": "new-checkout", "filters": {"multivariate": {"variants": HALVES}}}
METRIC = {
    "kind": "ExperimentMetric",
    "metric_type": "mean",
    "name": "paid",
    "source": {"kind": "EventsNode", "event": "subscription_started"},
}
RUNNING: dict[str, Any] = {
    "id": 41,
    "name": "Button",
    "type": None,
    "feature_flag_key": "new-checkout",
    "start_date": "2026-01-01T00:00:00Z",
    "metrics": [METRIC],
    "metrics_secondary": [METRIC | {"metric_type": "retention", "name": "broken"}],
    "saved_metrics": [{"metadata": {"type": "primary"}, "query": METRIC | {"name": "shared"}}],
    "parameters": {"feature_flag_variants": [{"key": "control"}, {"key": "test"}], "minimum_detectable_effect": 30},
}
DRAFT = {"id": 42, "name": "Draft", "feature_flag_key": "new-checkout"}
SURVEY_ROW = {"id": SURVEY, "name": "NPS", "type": "popover", "start_date": "2026-01-01"}
ROWS: tuple[tuple[Any, tuple[dict[str, Any], ...]], ...] = (
    (DASHBOARDS, (OVERVIEW, GROWTH)),
    (INSIGHTS, (INSIGHT, OLD_INSIGHT, ALL_DIGITS)),
    (FLAGS, (FLAG, OTHER_FLAG, CHECKOUT_FLAG)),
    (EXPERIMENTS, (RUNNING, DRAFT)),
    (SURVEYS, (SURVEY_ROW,)),
)


RESULT = {"columns": ["n"], "types": ["UInt64"], "results": [[1], [2]], "hasMore": True, "limit": 2, "timings": [1, 2]}
READ = {"rows_read": 5, "estimated_rows_total": 10}


def looked(**status: Any) -> Reply:
    """What a look at a query shows that runs for long."""
    return Reply(200, {"query_status": {"id": "q-1", "complete": False, **status}})


STARTED = Reply(202, {"query_status": {"id": "q-1", "complete": False}})
DONE = looked(complete=True, error=False, results=RESULT)


def said(text: str) -> dict[str, Any]:
    """The data of a tool's answer: what stands between its two marks."""
    lines = text.splitlines()
    mark = next(line for line in lines if line.startswith("posthog-data-"))
    first, last = lines.index(mark), len(lines) - 1 - lines[::-1].index(mark)
    found: dict[str, Any] = json.loads("\n".join(lines[first + 1 : last]))
    return found
