"""The dashboards toolset: what its tools ask and answer, and what they refuse."""

from __future__ import annotations

from tests.tools.cases import PROJECT, Case, Refusal, Sent

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
    Refusal("dashboards-get-all", {"limit": 501}, "`limit` must be less than or equal to 500"),
    Refusal("dashboard-delete", {"dashboard_id": 404}, "Error: ", (f"PATCH {PROJECT}/dashboards/404/",)),
    Refusal("dashboard-get", {"dashboard_id": 404}, "Error: ", (f"GET {PROJECT}/dashboards/404/",)),
    Refusal("dashboard-get", {}, "`dashboard_id` is required"),
    Refusal("dashboard-get", {"dashboard_id": "eleven"}, "`dashboard_id` must be an integer"),
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
