"""Trends, funnels, retention, events and error tracking against plain Python over the same events."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.sandbox.reader import QueryRejected
from posthog_wizard.sandbox.sample import catalog
from tests.support.leafline import (
    FUNNEL,
    NOW,
    TODAY,
    Event,
    counted,
    customers,
    daily,
    funnel,
    grouped,
    named,
    people,
    since,
    where,
)

Raw = tuple[Event, ...]
Query = dict[str, Any]


def node(event: str | None = "$pageview", **more: Any) -> Query:
    return {"kind": "EventsNode", "event": event, **more}


def trends(*series: Query, days: int = 7, **more: Any) -> Query:
    return {"kind": "TrendsQuery", "series": list(series), "dateRange": {"date_from": f"-{days}d"}, **more}


def is_set(operator: str, value: Any, key: str = "utm_source", kind: str = "event") -> list[Query]:
    return [{"key": key, "operator": operator, "value": value, "type": kind}]


# ------------------------------------------------------------------ trends

LINES: dict[str, tuple[Query, Callable[[Raw], list[float]]]] = {
    "how often": (trends(node("signed_up")), lambda raw: daily(named(raw, "signed_up"), 7)),
    "how many people": (trends(node(math="dau")), lambda raw: daily(named(raw, "$pageview"), 7, people)),
    "every event": (trends(node(None)), lambda raw: daily(raw, 7)),
    "sessions": (
        trends(node(math="unique_session")),
        lambda raw: daily(named(raw, "$pageview"), 7, lambda found: len({e.session for e in found})),
    ),
    "a sum": (
        trends(node("subscription_started", math="sum", math_property="amount")),
        lambda raw: daily(named(raw, "subscription_started"), 7, lambda found: sum(e.get("amount") for e in found)),
    ),
    "a median": (
        trends(node("$ai_generation", math="median", math_property="$ai_latency")),
        lambda raw: daily(
            named(raw, "$ai_generation"), 7, lambda found: statistics.median([e.get("$ai_latency") for e in found] or [0])
        ),
    ),
    "hogql": (
        trends(node(math="hogql", math_hogql="uniq(properties.$pathname)")),
        lambda raw: daily(named(raw, "$pageview"), 7, lambda found: len({e.get("$pathname") for e in found})),
    ),
    "the first time": (
        trends(node(math="first_time_for_user")),
        lambda raw: daily(
            [min(found, key=lambda e: e.at) for found in grouped(named(raw, "$pageview"), lambda e: e.person).values()], 7
        ),
    ),
    "weekly active people": (
        trends(node(math="weekly_active")),
        lambda raw: [
            people(
                where(
                    named(raw, "$pageview"),
                    lambda e: 0 <= (TODAY.date() - timedelta(days=ago) - e.at.date()).days < 7,  # noqa: B023
                )
            )
            for ago in range(7, -1, -1)
        ],
    ),
    "customers only": (trends(node(), filterTestAccounts=True), lambda raw: daily(customers(named(raw, "$pageview")), 7)),
    "a property of the query": (
        trends(node(), properties=is_set("exact", ["google", "reddit"])),
        lambda raw: daily(where(named(raw, "$pageview"), lambda e: e.get("utm_source") in {"google", "reddit"}), 7),
    ),
    "a property of the series": (
        trends(node(properties=is_set("icontains", "GOO"))),
        lambda raw: daily(where(named(raw, "$pageview"), lambda e: e.get("utm_source") == "google"), 7),
    ),
    "a group of properties": (
        trends(node(), properties={"type": "OR", "values": [*is_set("exact", "google"), *is_set("is_not_set", None)]}),
        lambda raw: daily(where(named(raw, "$pageview"), lambda e: e.get("utm_source") in {"google", None}), 7),
    ),
    "cumulated": (
        trends(node("signed_up"), trendsFilter={"display": "ActionsLineGraphCumulative"}),
        lambda raw: [
            len(where(named(raw, "signed_up"), lambda e: TODAY - timedelta(days=7) <= e.at < TODAY - timedelta(days=ago - 1)))  # noqa: B023
            for ago in range(7, -1, -1)
        ],
    ),
    "a formula": (
        trends(node("survey sent"), node("survey shown"), trendsFilter={"formula": "100 * A / B - 1"}),
        lambda raw: [
            100 * sent / shown - 1 if shown else -1
            for sent, shown in zip(daily(named(raw, "survey sent"), 7), daily(named(raw, "survey shown"), 7), strict=True)
        ],
    ),
    "hours": (
        trends(node(), interval="hour", dateRange={"date_from": "-1hStart", "date_to": "2026-03-10T16:59:00Z"}) | {},
        lambda raw: [
            len(where(named(raw, "$pageview"), lambda e: (e.at.date(), e.at.hour) == (TODAY.date(), hour)))  # noqa: B023
            for hour in (14, 15, 16)
        ],
    ),
    "weeks": (
        trends(node(), days=20, interval="week"),
        lambda raw: [
            len(where(since(named(raw, "$pageview"), 20), lambda e: begin <= e.at.date() < begin + timedelta(days=7)))  # noqa: B023
            for begin in (date(2026, 2, 15), date(2026, 2, 22), date(2026, 3, 1), date(2026, 3, 8))
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), LINES.values(), ids=LINES)
def test_a_line(engine: Engine, raw: Raw, query: Query, expected: Callable[[Raw], list[float]]) -> None:
    (line,) = engine.query(query)["results"]
    assert line["data"] == pytest.approx(expected(raw))
    assert line["count"] in (pytest.approx(sum(line["data"])), line["data"][-1])
    assert len(line["labels"]) == len(line["days"]) == len(line["data"])


def test_costs_of_language_models_by_model_and_day(engine: Engine, raw: Raw) -> None:
    query = {
        "kind": "TrendsQuery",
        "dateRange": {"date_from": "-6d", "date_to": None},
        "filterTestAccounts": True,
        "series": [
            node("$ai_generation", name="$ai_generation", math="sum", math_property="$ai_total_cost_usd"),
        ],
        "breakdownFilter": {"breakdown_type": "event", "breakdown": "$ai_model"},
    }
    found = {line["label"]: line["data"] for line in engine.query(query)["results"]}
    models = grouped(customers(named(raw, "$ai_generation")), lambda e: e.get("$ai_model"))
    assert found == {
        model: pytest.approx(daily(calls, 6, lambda some: sum(e.get("$ai_total_cost_usd") for e in some)))
        for model, calls in models.items()
    }
    assert set(found) == {model for _, model, *_ in catalog.MODELS}


WHOLE: dict[str, tuple[Query, Callable[[Raw], Any]]] = {
    "a number": (
        trends(node(math="dau"), days=30, trendsFilter={"display": "BoldNumber"}),
        lambda raw: [("$pageview", people(since(named(raw, "$pageview"), 30)))],
    ),
    "a formula": (
        trends(node("checkout_started"), node("signed_up"), days=30, trendsFilter={"display": "BoldNumber", "formula": "A+B"}),
        lambda raw: [("Formula (A+B)", len(since(named(raw, "checkout_started", "signed_up"), 30)))],
    ),
    "values": (
        trends(node("signed_up"), days=30, trendsFilter={"display": "ActionsPie"}, breakdownFilter={"breakdown": "method"}),
        lambda raw: counted(since(named(raw, "signed_up"), 30), lambda e: e.get("method")).most_common(),
    ),
    "the two largest values, and the rest": (
        trends(
            node("signed_up"),
            days=30,
            trendsFilter={"display": "ActionsPie"},
            breakdownFilter={"breakdown": "method", "breakdown_limit": 2},
        ),
        lambda raw: [
            *(ordered := counted(since(named(raw, "signed_up"), 30), lambda e: e.get("method")).most_common())[:2],
            ("Other", ordered[2][1]),
        ],
    ),
    "the largest value alone": (
        trends(
            node("signed_up"),
            days=30,
            trendsFilter={"display": "ActionsPie"},
            breakdownFilter={
                "breakdowns": [{"property": "method", "type": "event"}],
                "breakdown_limit": 1,
                "breakdown_hide_other_aggregation": True,
            },
        ),
        lambda raw: counted(since(named(raw, "signed_up"), 30), lambda e: e.get("method")).most_common(1),
    ),
    "people's values, one missing": (
        trends(
            node("signed_up"),
            days=30,
            trendsFilter={"display": "ActionsPie"},
            breakdownFilter={"breakdown": "$initial_utm_source", "breakdown_type": "person"},
        ),
        lambda raw: counted(
            since(named(raw, "signed_up"), 30), lambda e: e.about.get("$initial_utm_source", "None")
        ).most_common(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), WHOLE.values(), ids=WHOLE)
def test_whole_values(engine: Engine, raw: Raw, query: Query, expected: Callable[[Raw], Any]) -> None:
    found = [(line["label"], line["aggregated_value"]) for line in engine.query(query)["results"]]
    assert sorted(found) == sorted(expected(raw))


def test_the_time_before(engine: Engine, raw: Raw) -> None:
    now, before = engine.query(trends(node("signed_up"), days=6, compareFilter={"compare": True}))["results"]
    assert (now["compare_label"], before["compare_label"]) == ("current", "previous")
    assert now["data"] + before["data"] == [
        *daily(named(raw, "signed_up"), 6),
        *daily(named(raw, "signed_up"), 13)[:7],
    ]


def test_a_series_without_events_is_a_line_of_zeros(engine: Engine) -> None:
    (line,) = engine.query(trends(node("no such event"), days=1))["results"]
    assert (line["label"], line["data"], line["days"]) == ("no such event", [0, 0], ["2026-03-09", "2026-03-10"])


OPERATORS: list[tuple[Query, Callable[[Event], Any]]] = [
    (is_set("exact", "google")[0], lambda e: e.get("utm_source") == "google"),
    (is_set("is_not", "google")[0], lambda e: e.get("utm_source") != "google"),
    (is_set("not_icontains", "oo")[0], lambda e: "oo" not in (e.get("utm_source") or "")),
    (is_set("regex", "^(goo|red)")[0], lambda e: (e.get("utm_source") or "")[:3] in {"goo", "red"}),
    (is_set("not_regex", "^g")[0], lambda e: (e.get("utm_source") or " ")[0] != "g"),
    (is_set("is_set", "is_set")[0], lambda e: e.get("utm_source") is not None),
    (is_set("gt", 3, "plant_count")[0], lambda e: (e.get("plant_count") or 0) > 3),
    (is_set("gte", "3", "plant_count")[0], lambda e: (e.get("plant_count") or 0) >= 3),
    (is_set("lt", 3, "plant_count")[0], lambda e: 0 < (e.get("plant_count") or 0) < 3),
    (is_set("exact", [1, "2"], "plant_count")[0], lambda e: e.get("plant_count") in {1, 2}),
    (is_set("between", [2, 3], "plant_count")[0], lambda e: e.get("plant_count") in {2, 3}),
    (is_set("exact", True, "on_time")[0], lambda e: e.get("on_time") is True),
    (is_set("exact", "free", "plan", "person")[0], lambda e: e.about.get("plan") == "free"),
    (is_set("icontains", "100%_", "utm_source")[0], lambda _: False),
    (is_set("is_date_after", "-1d", "timestamp", "event_metadata")[0], lambda e: e.at > TODAY - timedelta(days=1)),
    (is_set("is_date_exact", "2026-03-09", "timestamp", "event_metadata")[0], lambda e: e.at.date() == date(2026, 3, 9)),
    ({"type": "hogql", "key": "properties.plant_count > 3 AND event = 'plant_added'"}, lambda e: (e.get("plant_count") or 0) > 3),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), OPERATORS)
def test_operators(engine: Engine, raw: Raw, condition: Query, expected: Callable[[Event], Any]) -> None:
    found = engine.query({"kind": "EventsQuery", "select": ["count()"], "properties": [condition], "orderBy": ["1"]})
    assert found["results"] == [[len(where(raw, expected))]]


# ------------------------------------------------------------------ funnels


def steps(*names: str) -> list[Callable[[Event], bool]]:
    return [partial(is_named, name) for name in names]


def is_named(name: str, event: Event) -> bool:
    return event.event == name


def funnels(*names: str, days: int = 89, window: int = 14, unit: str = "day", **more: Any) -> Query:
    return {
        "kind": "FunnelsQuery",
        "series": [node(name) for name in names],
        "dateRange": {"date_from": f"-{days}d"},
        "funnelsFilter": {"funnelWindowInterval": window, "funnelWindowIntervalUnit": unit},
        **more,
    }


FUNNELS: list[tuple[tuple[str, ...], int, str]] = [
    (FUNNEL, 30, "day"),
    (FUNNEL, 2, "day"),
    (("signed_up", "plant_added"), 1, "hour"),
    (("checkout_started", "subscription_started"), 10, "minute"),
    (("$pageview", "$pageview", "$pageview"), 1, "day"),
    (("plant_added", "reminder_completed", "plant_added"), 2, "week"),
    (("subscription_started", "checkout_started"), 14, "day"),
    (("signed_up", "no such event"), 14, "day"),
]


@pytest.mark.parametrize(("names", "window", "unit"), FUNNELS)
def test_a_funnel(engine: Engine, raw: Raw, names: tuple[str, ...], window: int, unit: str) -> None:
    found = engine.query(funnels(*names, window=window, unit=unit))["results"]
    expected = funnel(named(raw, *names), steps(*names), timedelta(**{f"{unit}s": window}))
    assert [step["count"] for step in found] == expected
    assert [step["name"] for step in found] == list(names)


def test_the_times_of_a_funnel(engine: Engine, raw: Raw) -> None:
    _, second = engine.query(funnels("checkout_started", "subscription_started"))["results"]
    starts = {e.person: e.at for e in named(raw, "checkout_started")}
    taken = [(e.at - starts[e.person]).total_seconds() for e in named(raw, "subscription_started")]
    assert second["average_conversion_time"] == pytest.approx(statistics.fmean(taken))
    assert second["median_conversion_time"] == pytest.approx(statistics.median(taken))


@pytest.mark.parametrize("kind", ["event", "person"])
def test_a_funnel_broken_down(engine: Engine, raw: Raw, kind: str) -> None:
    split = {"breakdown": "$browser", "breakdown_type": kind}
    found = engine.query(funnels("checkout_started", "subscription_started", days=30, breakdownFilter=split))["results"]
    groups = grouped(since(named(raw, "checkout_started", "subscription_started"), 30), lambda e: e.about["$browser"])
    assert {one[0]["breakdown_value"][0]: [step["count"] for step in one] for one in found} == {
        browser: funnel(some, steps("checkout_started", "subscription_started"), timedelta(days=14))
        for browser, some in groups.items()
    }


# ------------------------------------------------------------------ retention


@pytest.mark.parametrize("first_only", [True, False])
def test_retention(engine: Engine, raw: Raw, first_only: bool) -> None:
    query = {
        "kind": "RetentionQuery",
        "retentionFilter": {
            "period": "Week",
            "totalIntervals": 4,
            "targetEntity": {"id": "plant_added", "type": "events"},
            "returningEntity": {"id": "reminder_completed", "type": "events"},
            "retentionType": "retention_first_time" if first_only else "retention_recurring",
        },
    }
    sundays = [date(2026, 2, 15), date(2026, 2, 22), date(2026, 3, 1), date(2026, 3, 8)]
    assert [[value["count"] for value in row["values"]] for row in engine.query(query)["results"]] == retained(
        raw, sundays, first_only=first_only
    )


def retained(raw: Raw, sundays: list[date], *, first_only: bool) -> list[list[int]]:
    began = {
        person: sorted({sunday(e) for e in some})
        for person, some in grouped(named(raw, "plant_added"), lambda e: e.person).items()
    }
    weeks = {person: found[:1] if first_only else found for person, found in began.items()}
    back = {
        person: {sunday(e) for e in some}
        for person, some in grouped(named(raw, "reminder_completed"), lambda e: e.person).items()
    }
    return [
        [
            sum(
                begun in found and (later == begun or later in back.get(person, set()))
                for person, found in weeks.items()
            )
            for later in sundays[index:]
        ]
        for index, begun in enumerate(sundays)
    ]


def sunday(event: Event) -> date:
    return event.at.date() - timedelta(days=event.at.isoweekday() % 7)


# ------------------------------------------------------------------ error tracking

WEEK = {"date_from": "2026-03-03T15:30:00+00:00", "date_to": "2026-03-10T15:30:00+00:00"}


def errors(**more: Any) -> Query:
    return {"kind": "ErrorTrackingQuery", "orderBy": "occurrences", "dateRange": WEEK, "volumeResolution": 1, **more}


@pytest.mark.parametrize("order", ["occurrences", "users", "sessions"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_errors_in_their_order(engine: Engine, raw: Raw, order: str, direction: str) -> None:
    found = engine.query(errors(orderBy=order, orderDirection=direction, filterTestAccounts=True, status="active"))
    week = where(customers(named(raw, "$exception")), lambda e: e.at >= NOW - timedelta(days=7))
    active = {issue.id for issue in catalog.ISSUES if issue.status == "active"}
    issues = {key: some for key, some in grouped(week, lambda e: e.get("$exception_issue_id")).items() if key in active}
    numbers = {
        key: {"occurrences": len(some), "users": people(some), "sessions": len({e.session for e in some})}
        for key, some in issues.items()
    }
    assert {row["id"]: {k: row["aggregations"][k] for k in numbers[row["id"]]} for row in found["results"]} == numbers
    shown = [row["aggregations"][order] for row in found["results"]]
    assert shown == sorted(shown, reverse=direction == "DESC")
    assert [row["aggregations"]["volume_buckets"][0]["value"] for row in found["results"]] == [
        row["aggregations"]["occurrences"] for row in found["results"]
    ]


STATUSES = [("all", 5), ("active", 4), ("resolved", 1), ("suppressed", 0)]


@pytest.mark.parametrize(("status", "number"), STATUSES)
def test_errors_by_status(engine: Engine, status: str, number: int) -> None:
    found = engine.query(errors(status=status, dateRange={"date_from": "-89d"}, volumeResolution=0))
    assert len(found["results"]) == number


def test_errors_page_by_page(engine: Engine) -> None:
    pages = [engine.query(errors(dateRange={"date_from": "-89d"}, limit=2, offset=offset)) for offset in (0, 2, 4)]
    assert [(len(page["results"]), page["hasMore"]) for page in pages] == [(2, True), (2, True), (1, False)]
    assert len({row["id"] for page in pages for row in page["results"]}) == 5


def test_an_error_with_its_first_and_last_event(engine: Engine, raw: Raw) -> None:
    issue = catalog.ISSUES[0]
    (found,) = engine.query(errors(orderBy="last_seen", issueId=issue.id, withFirstEvent=True))["results"]
    events = where(raw, lambda e: e.get("$exception_issue_id") == issue.id)
    assert (found["first_event"]["uuid"], found["last_event"]["uuid"]) == (events[0].uuid, events[-1].uuid)
    frames = found["last_event"]["properties"]["$exception_list"][0]["stacktrace"]["frames"]
    assert [[frame["filename"], frame["function"], frame["lineno"]] for frame in frames] == issue.frames
    assert (found["name"], found["description"], found["status"]) == (issue.type, issue.value, issue.status)


def test_errors_are_searched(engine: Engine) -> None:
    found = engine.query(errors(searchQuery="watering undefined", dateRange={"date_from": "-89d"}))
    assert [row["name"] for row in found["results"]] == ["TypeError"]


# ------------------------------------------------------------------ events, nodes, and what is refused


def test_events_with_columns_and_conditions(engine: Engine, raw: Raw) -> None:
    query = {
        "kind": "EventsQuery",
        "select": ["uuid", "person.properties.email", "properties.plan"],
        "event": "checkout_started",
        "where": ["properties.source = 'pricing'"],
        "after": "-30d",
        "limit": 3,
    }
    found = engine.query({"kind": "DataTableNode", "source": query})
    wanted = where(since(named(raw, "checkout_started"), 30), lambda e: e.get("source") == "pricing")
    assert found["results"] == [[e.uuid, e.about["email"], e.get("plan")] for e in wanted[:-4:-1]]
    assert (found["columns"], found["hasMore"]) == (["uuid", "email", "plan"], True)


def test_events_until_a_time(engine: Engine, raw: Raw) -> None:
    query = {"kind": "EventsQuery", "select": ["*"], "before": "2026-03-01T00:00:00Z", "limit": 1}
    found = engine.query(query)
    latest = [e for e in raw if e.at <= TODAY - timedelta(days=9)][-1]
    assert (found["columns"][0], found["results"][0][0]) == ("uuid", latest.uuid)


@pytest.mark.parametrize(
    "insight", catalog.SAMPLE_ROWS["insights"], ids=[one["name"] for one in catalog.SAMPLE_ROWS["insights"]]
)
def test_every_saved_insight_has_something_to_show(engine: Engine, insight: dict[str, Any]) -> None:
    assert engine.query(insight["query"])["results"]


REFUSED: list[tuple[Query, str, str]] = [
    ({}, "kind", "does not answer queries of the kind None"),
    ({"kind": "WebOverviewQuery"}, "kind", "WebOverviewQuery"),
    ({"kind": "InsightVizNode"}, "source", "needs a `source`"),
    ({"kind": "InsightVizNode", "source": {"kind": "InsightVizNode"}}, "source", "needs a `source`"),
    ({"kind": "HogQLQuery"}, "query", "needs its SQL"),
    ({"kind": "HogQLQuery", "query": 5}, "query", "a text"),
    ({"kind": "TrendsQuery", "series": []}, "series", "1 to 26"),
    ({"kind": "TrendsQuery", "series": "x"}, "series", "a list"),
    ({"kind": "TrendsQuery", "series": ["x"]}, "series", "an object"),
    (trends({"kind": "ActionsNode", "id": 1}), "series", "EventsNodes only"),
    (trends(node(math="nosuch")), "math", "nosuch"),
    (trends(node(math="sum")), "math_property", "needs `math_property`"),
    (trends(node(math="hogql", math_hogql="getenv('x')")), "query", "getenv"),
    (trends(node(math="hogql", math_hogql="1 FROM '/etc/passwd'")), "query", "FROM"),
    (trends(node(), interval="fortnight"), "interval", "fortnight"),
    (trends(node(), dateRange={"date_from": "soon"}), "dateRange", "soon"),
    (trends(node(), dateRange={"date_from": "2026-03-02", "date_to": "2026-03-01"}), "dateRange", "before it begins"),
    (trends(node(), dateRange={"date_from": "-99999y"}), "dateRange", "too far"),
    (trends(node(), dateRange={"date_from": "-9000d"}), "interval", "More than"),
    (trends(node(), dateRange="x"), "dateRange", "an object"),
    (trends(node(), trendsFilter={"formula": "__import__('os')"}), "formula", "is no formula"),
    (trends(node(), trendsFilter={"formula": "A ** 9 ** 9 ** 9"}), "formula", "is no formula"),
    (trends(node(), trendsFilter={"formula": "A +"}), "formula", "is no formula"),
    (trends(node(), trendsFilter={"formula": "A * 1e999"}), "formula", "is no formula"),
    (trends(node(), trendsFilter={"formula": "A" * 300}), "formula", "longer than"),
    (trends(node(), breakdownFilter={"breakdown": "x", "breakdown_type": "cohort"}), "properties", "cohort"),
    (trends(node(), breakdownFilter={"breakdown": "x", "breakdown_limit": "y"}), "breakdown_limit", "whole number"),
    (trends(node(), aggregation_group_type_index=0), "aggregation_group_type_index", "groups"),
    (trends(node(), properties="x"), "properties", "list of filters"),
    (trends(node(), properties=["x"]), "properties", "an object"),
    (trends(node(), properties=[{"key": "a", "operator": "sounds_like", "value": 1}]), "properties", "sounds_like"),
    (trends(node(), properties=[{"key": "a", "operator": "gt", "value": "x"}]), "properties", "not a number"),
    (trends(node(), properties=[{"key": "a", "operator": "exact"}]), "properties", "no `value`"),
    (trends(node(), properties=[{"key": "a", "value": 1, "type": "cohort"}]), "properties", "cohort"),
    (trends(node(), properties=[{"key": "a", "value": [1], "operator": "between"}]), "properties", "two numbers"),
    (trends(node(), properties=[{"key": "a", "value": "(", "operator": "regex"}]), "query", "missing )"),
    (trends(node(), properties={"type": "XOR", "values": []}), "properties", "XOR"),
    (trends(node(), properties=[{"type": "hogql", "key": "1) OR (SELECT 1"}]), "query", "Syntax error"),
    (funnels("a"), "series", "2 to 20"),
    (funnels("a", "b", window=0), "funnelWindowInterval", "conversion window"),
    (funnels("a", "b", unit="fortnight"), "funnelWindowInterval", "fortnight"),
    (funnels("a", "b", funnelsFilter={"funnelOrderType": "sorted"}), "funnelOrderType", "unordered"),
    (funnels("a", "b", funnelsFilter={"funnelVizType": "trends"}), "funnelVizType", "by steps"),
    (funnels("a", "b", funnelsFilter={"exclusions": [1]}), "exclusions", "exclusions"),
    (funnels("a", "b", aggregation_group_type_index=0), "aggregation_group_type_index", "groups"),
    ({"kind": "RetentionQuery", "retentionFilter": {"period": "Aeon"}}, "retentionFilter", "Hour, Day"),
    ({"kind": "RetentionQuery", "retentionFilter": {"totalIntervals": 1000}}, "totalIntervals", "whole number"),
    ({"kind": "RetentionQuery", "retentionFilter": {"retentionType": "x"}}, "retentionFilter", "retention type"),
    ({"kind": "RetentionQuery", "retentionFilter": {"targetEntity": {"type": "actions"}}}, "retentionFilter", "events"),
    (errors(status="x"), "orderBy", "one of"),
    (errors(volumeResolution=10**6), "volumeResolution", "whole number"),
    ({"kind": "EventsQuery", "select": ["getenv('x')"]}, "query", "getenv"),
    ({"kind": "EventsQuery", "where": ["1); DROP TABLE everything; --"]}, "query", "One SELECT"),
    ({"kind": "EventsQuery", "limit": -1}, "limit", "whole number"),
    ({"kind": "EventsQuery", "orderBy": 5}, "orderBy", "a list"),
    ({"kind": {"x": None}}, "kind", "a text"),
    (errors(issueId=[]), "issueId", "a text"),
    (errors(filterGroup={"type": "AND", "values": True}), "properties", "a list of values"),
    ({"kind": "RetentionQuery", "retentionFilter": {"retentionType": []}}, "retentionType", "a text"),
    (funnels("a", "b", funnelsFilter={"funnelWindowInterval": 10**400}), "funnelWindowInterval", "conversion window"),
    (funnels("a", "b", funnelsFilter={"funnelWindowIntervalUnit": {}}), "funnelWindowIntervalUnit", "a text"),
    ({"kind": "ExperimentQuery", "experiment_id": 1, "metric": {"metric_type": ["x"]}}, "metric_type", "a text"),
    ({"kind": "ExperimentExposureQuery", "feature_flag": {"filters": ["x"]}}, "filters", "an object"),
    ({"kind": "ExperimentExposureQuery", "experiment_id": 7}, "experiment_id", "not started"),
    # what would change the numbers, and is not played
    (trends(node(), conversionGoal={"customEventName": "a"}), "conversionGoal", "does not know"),
    (trends(node(), compareFilter={"compare": True, "compare_to": "-1m"}), "compare_to", "does not know"),
    (trends(node(), trendsFilter={"smoothingIntervals": 7}), "smoothingIntervals", "does not know"),
    (trends(node(math_multiplier=100)), "math_multiplier", "does not know"),
    (trends(node(math="avg", math_property="$session_duration")), "properties", "not 'session'"),
    (
        trends(node(math="avg", math_property="a", math_property_type="session_properties")),
        "properties",
        "not 'session'",
    ),
    (
        trends(node(), breakdownFilter={"breakdown": "a", "breakdown_histogram_bin_count": 5}),
        "breakdown_histogram_bin_count",
        "does not know",
    ),
    (
        trends(node(), breakdownFilter={"breakdowns": [{"property": "a", "normalize_url": True}]}),
        "normalize_url",
        "does not know",
    ),
    (trends(node(), dateRange={"date_from": "-1d", "explicitDate": True}), "explicitDate", "does not know"),
    (trends(node(), trendsFilter={"formula": "A / B"}), "formula", "is no formula"),
    (funnels("a", "b", funnelsFilter={"funnelFromStep": 1, "funnelToStep": 2}), "funnelToStep", "does not know"),
    ({"kind": "FunnelsQuery", "series": [node(), node(optionalInFunnel=True)]}, "optionalInFunnel", "does not know"),
    ({"kind": "RetentionQuery", "retentionFilter": {"minimumOccurrences": 3}}, "minimumOccurrences", "does not know"),
    ({"kind": "RetentionQuery", "retentionFilter": {"cumulative": True}}, "cumulative", "does not know"),
    ({"kind": "RetentionQuery", "breakdownFilter": {"breakdown": "a"}}, "breakdownFilter", "of a RetentionQuery"),
    (
        {"kind": "LifecycleQuery", "series": [node()], "breakdownFilter": {"breakdowns": [{"property": "a"}]}},
        "breakdownFilter",
        "LifecycleQuery",
    ),
    (funnels("a", "b", compareFilter={"compare": True}), "compareFilter", "of a FunnelsQuery"),
    (errors(assignee={"type": "user", "id": 1}), "assignee", "does not know"),
    (
        {"kind": "ExperimentQuery", "experiment_id": 1, "metric": {"metric_type": "mean", "ignore_zeros": True}},
        "ignore_zeros",
        "does not know",
    ),
]
USUAL: list[Query] = [  # what asks for nothing else than usual
    trends(node(optionalInFunnel=False, math_multiplier=None), conversionGoal=None, trendsFilter={"smoothingIntervals": 1}),
    trends(node(), compareFilter={"compare": False}, dateRange={"date_from": "-1d", "explicitDate": False}),
    trends(node(math="avg", math_property="amount", math_property_type="numerical_event_properties")),
    funnels("a", "b", funnelsFilter={"exclusions": [], "funnelAggregateByHogQL": "person_id"}),
    {"kind": "RetentionQuery", "breakdownFilter": {}, "retentionFilter": {"minimumOccurrences": 1, "cumulative": False}},
]  # fmt: skip


@pytest.mark.parametrize("query", USUAL, ids=lambda query: query["kind"])
def test_answered_though_it_names_what_is_not_played(engine: Engine, query: Query) -> None:
    assert engine.query(query)["results"]


@pytest.mark.parametrize(("query", "attribute", "said"), REFUSED)
def test_refused_by_the_field(engine: Engine, query: Query, attribute: str, said: str) -> None:
    with pytest.raises(QueryRejected) as caught:
        engine.query(query)
    assert (caught.value.attribute, said in caught.value.detail) == (attribute, True), caught.value.detail


def test_an_error_without_its_first_event_unless_it_is_asked_for(engine: Engine) -> None:
    (found,) = engine.query(errors(issueId=catalog.ISSUES[0].id))["results"]
    assert "first_event" not in found
