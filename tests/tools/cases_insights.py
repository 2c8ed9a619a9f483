"""The insights toolset, queries included."""

from __future__ import annotations

from typing import Any

from tests.support.posthog import Reply
from tests.support.posthog_tools import TRENDS
from tests.tools.cases import PROJECT, QUERY, Case, Refusal, Sent

AI = "/api/environments/2/max_tools/create_and_query_insight/"
WRITTEN = {"type": "message", "data": {"content": "SELECT 1"}}
SQL = {"kind": "HogQLQuery", "query": "SELECT 1"}
FUNNEL = {"kind": "FunnelsQuery", "series": [{"kind": "EventsNode", "event": event} for event in ("a", "b")]}
ONE = {"columns": ["1"], "results": [[1]], "cut": None}
EVENTS = {"kind": "HogQLQuery", "query": "SELECT event FROM events"}
CUT = {"columns": ["event"], "cut": "PostHog gave the first 100 rows only; LIMIT and OFFSET give more"}
FOUND = Sent(f"GET {PROJECT}/insights/", {"short_id": "aBcD1234"})


def asked(query: dict[str, Any]) -> Sent:
    """The request that a query makes."""
    return Sent(f"POST {QUERY}", {}, {"query": query, "refresh": "async"})


CASES = (
    Case(
        "query-generate-hogql-from-question",
        {"question": "How many?"},
        (Sent(f"POST {AI}", {}, {"query": "How many?", "insight_type": "sql"}),),
        {"results": [WRITTEN]},
        replies=(("POST", AI, Reply(200, [{"type": "message", "data": {"type": "ack"}}, WRITTEN])),),
    ),
    Case("query-run", {"query": SQL}, (asked(SQL),), ONE, "with its columns"),
    Case("query-run", {"query": EVENTS}, (asked(EVENTS),), CUT, "and that PostHog cut the rows"),
    Case("query-run", {"query": TRENDS}, (asked(TRENDS),), {"columns": None}, "trends"),
    Case("query-run", {"query": FUNNEL}, (asked(FUNNEL),), {"columns": None}, "funnel"),
    Case(
        "query-run",
        {"query": {"kind": "InsightVizNode", "source": TRENDS}},
        (asked(TRENDS),),
        {"columns": None},
        "within a node",
    ),
    Case("query-run", {"query": SQL | {"filters": {}}}, (asked(SQL | {"filters": {}}),), ONE, "other fields pass"),
    Case(
        "insights-get-all",
        {"favorited": True, "limit": 1},
        (Sent(f"GET {PROJECT}/insights/", {"limit": "1", "offset": "0", "favorited": "true"}),),
        {
            "count": 1,
            "results": [
                {
                    "id": 21,
                    "short_id": "aBcD1234",
                    "name": "Signups",
                    "favorited": True,
                    "dashboards": [12],
                    "url": "{}/project/2/insights/aBcD1234",
                }
            ],
        },
        "trimmed, filtered",
    ),
    Case(
        "insights-get-all",
        {"search": "old"},
        (Sent(f"GET {PROJECT}/insights/", {"search": "old", "limit": "50", "offset": "0"}),),
        {"count": 1},
        "favorited is sent only when it is true: PostHog looks at its presence",
    ),
    Case("insight-get", {"insight_id": "aBcD1234"}, (FOUND,), {"id": 21, "url": "{}/project/2/insights/aBcD1234"}),
    Case(
        "insight-get",
        {"insightId": "21"},
        (Sent(f"GET {PROJECT}/insights/21/"),),
        {"short_id": "aBcD1234"},
        "by number",
    ),
    Case(
        "insight-query",
        {"insight_id": "aBcD1234"},
        (FOUND, asked({"kind": "InsightVizNode", "source": TRENDS})),
        {"columns": None, "cut": None},
    ),
    Case(
        "insight-create-from-query",
        {"name": "N", "query": SQL},
        (
            Sent(
                f"POST {PROJECT}/insights/",
                {},
                {
                    "name": "N",
                    "favorited": False,
                    "saved": True,
                    "query": {"kind": "DataVisualizationNode", "source": SQL},
                },
            ),
        ),
        {"id": 24},
        "gets its node",
    ),
    Case(
        "insight-create-from-query",
        {"data": {"name": "N", "query": {"kind": "InsightVizNode", "source": TRENDS}, "favorited": True}},
        (
            Sent(
                f"POST {PROJECT}/insights/",
                {},
                {"name": "N", "favorited": True, "saved": True, "query": {"kind": "InsightVizNode", "source": TRENDS}},
            ),
        ),
        note="keeps its node",
    ),
    Case(
        "insight-update",
        {"insight_id": "aBcD1234", "name": "Renamed"},
        (FOUND, Sent(f"PATCH {PROJECT}/insights/21/", {}, {"name": "Renamed"})),
        {"name": "Renamed"},
        "a rename needs no query",
    ),
    Case(
        "insight-update",
        {"insight_id": "aBcD1234", "query": FUNNEL},
        (FOUND, Sent(f"PATCH {PROJECT}/insights/21/", {}, {"query": {"kind": "InsightVizNode", "source": FUNNEL}})),
        {"name": "Signups"},
    ),
    Case(
        "insight-delete",
        {"insight_id": "aBcD1234"},
        (FOUND, Sent(f"PATCH {PROJECT}/insights/21/", {}, {"deleted": True})),
        {"deleted": True, "id": 21},
    ),
)
REFUSALS = (
    Refusal("insights-get-all", {"favorited": 1}, "`favorited` must be true or false"),
    Refusal("insight-create-from-query", {"name": "N", "query": {"kind": "EventsQuery"}}, "`query.kind`"),
    Refusal("insight-delete", {"insight_id": "nothing0"}, "there is no insight", (f"GET {PROJECT}/insights/",)),
    Refusal("query-run", {"query": {"kind": "WebOverviewQuery"}}, "`query.kind`"),
    Refusal("query-run", {"query": {"kind": "PathsQuery"}}, "`query.pathsFilter` is missing"),
    Refusal("query-run", {"query": {"kind": "RetentionQuery"}}, "`query.retentionFilter` is missing"),
    Refusal("query-run", {"query": {"kind": "InsightVizNode"}}, "`query.source.kind` is None"),
    Refusal("query-run", {"query": {"kind": "InsightVizNode", "source": {"kind": []}}}, "`query.source.kind` is []"),
    Refusal("query-run", {"query": {"kind": "HogQLQuery"}}, "`query.query` is missing"),
    Refusal("query-run", {"query": {"kind": "TrendsQuery"}}, "at least 1 `series`"),
    Refusal("query-run", {"query": {"kind": "FunnelsQuery", "series": [{"event": "a"}]}}, "at least 2 `series`"),
    Refusal("query-run", {"query": {"kind": "TrendsQuery", "series": [{"math": "p95"}]}}, "needs `math_property`"),
    Refusal("query-run", {"query": ["SELECT 1"]}, "`query` must be an object"),
    # PostHog takes what it cannot read for this moment: https://github.com/PostHog/posthog/blob/master/posthog/utils.py
    *(
        Refusal("query-run", {"query": TRENDS | {"dateRange": {"date_from": said}}}, "`query.dateRange.date_from` is ")
        for said in ("yesterday", "last week", "7 days ago", "-7 days", "now", 7)
    ),
    Refusal(
        "query-run",
        {"query": SQL | {"filters": {"dateRange": {"date_to": "today"}}}},
        "`query.filters.dateRange.date_to`",
    ),
    Refusal("query-run", {"query": SQL | {"query": "SELECT 1 FROM x"}}, "PostHog rejected", (f"POST {QUERY}",)),
    Refusal("insight-query", {"insight_id": "oldOld00"}, "filters but no query", (f"GET {PROJECT}/insights/",)),
    Refusal("insight-get", {"insight_id": "nothing0"}, "there is no insight", (f"GET {PROJECT}/insights/",)),
    Refusal("insight-update", {"insight_id": "aBcD1234"}, "nothing to change"),
    Refusal("query-generate-hogql-from-question", {"question": "x" * 1001}, "`question`"),
)
