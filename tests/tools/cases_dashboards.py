"""The dashboards toolset."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.posthog import Reply
from tests.support.posthog_tools import said
from tests.support.serving import bench
from tests.tools.cases import PROJECT, Case, Refusal, Sent, check, check_refusal

URL = "/project/2/dashboard/"
CASES = (
    Case(
        "dashboards-get-all",
        {"search": "over"},
        (Sent(f"GET {PROJECT}/dashboards/", {"search": "over", "limit": "50", "offset": "0"}),),
        {"project": 2, "count": 1},
    ),
    Case(
        "dashboards-get-all",
        {"limit": 1},
        (Sent(f"GET {PROJECT}/dashboards/", {"limit": "1", "offset": "0"}),),
        {"count": 2, "next_offset": 1},
        "paged",
    ),
    Case(
        "dashboards-get-all",
        {"pinned": True},
        (Sent(f"GET {PROJECT}/dashboards/", {"limit": "100"}),),
        {"count": 1, "next_offset": None},
        "pinned is filtered here: PostHog's list has no such parameter",
    ),
    Case(
        "dashboard-get",
        {"dashboard_id": 11},
        (Sent(f"GET {PROJECT}/dashboards/11/"),),
        {
            "name": "Overview",
            "tiles": [
                {"id": 11023, "insight": {"id": 23, "short_id": "12345678", "name": "Digits", "favorited": False}}
            ],
        },
    ),
    Case(
        "dashboard-create",
        {"name": "New", "tags": ["a"]},
        (Sent(f"POST {PROJECT}/dashboards/", {}, {"name": "New", "tags": ["a"]}),),
        {"id": 13, "name": "New"},
    ),
    Case(
        "dashboard-update",
        {"dashboard_id": 12, "pinned": False},
        (Sent(f"PATCH {PROJECT}/dashboards/12/", {}, {"pinned": False}),),
        {"id": 12, "name": "Growth", "pinned": False},
    ),
    Case(
        "dashboard-update",
        {"dashboardId": 12, "data": {"name": "Better"}},
        (Sent(f"PATCH {PROJECT}/dashboards/12/", {}, {"name": "Better"}),),
        {"name": "Better"},
        "as the first official server spelled it",
    ),
    Case(
        "dashboard-delete",
        {"dashboard_id": 12},
        (Sent(f"PATCH {PROJECT}/dashboards/12/", {}, {"deleted": True}),),
        {"deleted": True, "id": 12},
    ),
    Case(
        "add-insight-to-dashboard",
        {"insight_id": "aBcD1234", "dashboard_id": 11},
        (
            Sent(f"GET {PROJECT}/insights/", {"short_id": "aBcD1234"}),
            Sent(f"PATCH {PROJECT}/insights/21/", {}, {"dashboards": [12, 11]}),
        ),
        {"dashboards": [12, 11], "added": True},
        "the other dashboards stay",
    ),
    Case(
        "add-insight-to-dashboard",
        {"insight_id": "21", "dashboard_id": 12},
        (Sent(f"GET {PROJECT}/insights/21/"),),
        {"dashboards": [12], "added": False},
        "twice is once",
    ),
    Case(
        "add-insight-to-dashboard",
        {"insight_id": "12345678", "dashboard_id": 12},
        (
            Sent(f"GET {PROJECT}/insights/12345678/"),
            Sent(f"GET {PROJECT}/insights/", {"short_id": "12345678"}),
            Sent(f"PATCH {PROJECT}/insights/23/", {}, {"dashboards": [11, 12]}),
        ),
        {"dashboards": [11, 12]},
        "a short id of digits",
    ),
)
REFUSALS = (
    Refusal("dashboard-get", {"dashboard_id": 404}, "Error: ", (f"GET {PROJECT}/dashboards/404/",)),
    Refusal("dashboard-get", {}, "`dashboard_id` is required"),
    Refusal("dashboard-get", {"dashboard_id": "11"}, "`dashboard_id` must be an integer"),
    Refusal("dashboard-get", {"dashboard_id": True}, "`dashboard_id` must be an integer"),
    Refusal("dashboard-get", {"dashboard_id": 11, "dashbord": 1}, "there is no argument `dashbord` (did you mean"),
    Refusal("dashboard-create", {"name": ""}, "`name`"),
    Refusal("dashboard-update", {"dashboard_id": 11}, "nothing to change"),
    Refusal(
        "add-insight-to-dashboard",
        {"insight_id": "nothing0", "dashboard_id": 11},
        "there is no insight `nothing0`",
        (f"GET {PROJECT}/insights/",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_asks_and_answers(case: Case) -> None:
    with bench() as made:
        check(made, case)


@pytest.mark.parametrize("case", REFUSALS, ids=str)
def test_refuses(case: Refusal) -> None:
    with bench() as made:
        check_refusal(made, case)


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
