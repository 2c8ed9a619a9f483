"""The dashboards toolset."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.posthog import Reply
from tests.support.posthog_tools import said
from tests.support.serving import bench
from tests.tools.cases import PROJECT
from tests.tools.cases_dashboards import URL

TILES = [
    {"id": 2, "insight": None, "text": {"body": "Read me"}},
    {"id": 3, "insight": None, "text": None, "widget": {"kind": "clock"}},
]


def test_text_and_unknown_tiles_are_no_failure() -> None:
    with bench() as made:
        made.posthog.will_answer("GET", f"{PROJECT}/dashboards/11/", Reply(body={"id": 11, "tiles": TILES}))
        found = said(made.call("dashboard-get", dashboard_id=11).text)
        assert found["tiles"] == [{"id": 2, "text": "Read me"}, {"id": 3, "other": ["widget"]}]


def test_dashboards_that_only_the_tiles_tell_stay() -> None:
    insight = {"id": 23, "short_id": "12345678", "dashboards": None, "dashboard_tiles": [{"id": 5, "dashboard_id": 11}]}
    with bench() as made:
        made.posthog.will_answer("GET", f"{PROJECT}/insights/23/", Reply(body=insight))
        found = said(made.call("add-insight-to-dashboard", insight_id="23", dashboard_id=12).text)
        assert found["dashboards"] == [11, 12]


@pytest.mark.parametrize(
    ("arguments", "page"),
    [
        ({"dashboard_id": 11}, f"{URL}11"),
        ({"dashboard_id": 11, "include_queries": True}, '"query":{"kind":"InsightVizNode"'),
    ],
)
def test_shows(arguments: dict[str, Any], page: str) -> None:
    with bench() as made:
        assert page in made.call("dashboard-get", **arguments).text
