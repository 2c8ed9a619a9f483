"""Lifecycle, stickiness, paths, and funnels in other orders, against plain Python over the same events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest

from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.sandbox.reader import QueryRejected
from tests.support.leafline import NOW, Event, daily, grouped, named, people, since

Raw = tuple[Event, ...]
Query = dict[str, Any]
PAGES = {"kind": "EventsNode", "event": "$pageview"}
WEEK: Query = {"dateRange": {"date_from": "-6d"}}
STEPS = ("$pageview", "signed_up", "subscription_started")


def days_of(found: Sequence[Event]) -> dict[str, set[Any]]:
    """The days on which each person did it."""
    return {person: {event.at.date() for event in some} for person, some in grouped(found, lambda e: e.person).items()}


# ------------------------------------------------------------------ lifecycle


def lifecycle(engine: Engine) -> dict[str, list[float]]:
    answer = engine.query({"kind": "LifecycleQuery", "series": [PAGES], **WEEK})
    return {row["status"]: row["data"] for row in answer["results"]}


def test_who_is_there_is_new_returns_or_comes_back(engine: Engine, raw: Raw) -> None:
    found = lifecycle(engine)
    there = [sum(numbers) for numbers in zip(found["new"], found["returning"], found["resurrecting"], strict=True)]
    assert there == daily(named(raw, "$pageview"), 6, people)


def test_who_was_there_the_day_before_and_is_not_went_dormant(engine: Engine, raw: Raw) -> None:
    seen = days_of(named(raw, "$pageview"))
    week = [NOW.date() - timedelta(days=ago) for ago in range(6, -1, -1)]
    gone = [-sum(day - timedelta(days=1) in one and day not in one for one in seen.values()) for day in week]
    back = [sum(day - timedelta(days=1) in one and day in one for one in seen.values()) for day in week]
    assert lifecycle(engine)["dormant"] == gone
    assert lifecycle(engine)["returning"] == back


def test_the_new_are_those_whose_first_day_it_is(engine: Engine, raw: Raw) -> None:
    first = {person: min(days) for person, days in days_of(raw).items()}
    born = [event for event in named(raw, "$pageview") if event.at.date() == first[event.person]]
    assert lifecycle(engine)["new"] == daily(born, 6, people)


# ------------------------------------------------------------------ stickiness


@pytest.mark.parametrize("cumulative", [False, True])
def test_on_how_many_days_people_were_there(engine: Engine, raw: Raw, cumulative: bool) -> None:
    shown = {"computedAs": "cumulative" if cumulative else "non_cumulative"}
    (row,) = engine.query({"kind": "StickinessQuery", "series": [PAGES], "stickinessFilter": shown, **WEEK})["results"]
    times = Counter(len(days) for days in days_of(since(named(raw, "$pageview"), 6)).values())
    expected = [
        sum(number for count, number in times.items() if count >= day) if cumulative else times[day]
        for day in range(1, 8)
    ]
    assert row["data"] == expected
    assert (row["count"], row["days"]) == (sum(times.values()), [1, 2, 3, 4, 5, 6, 7])
    assert row["labels"][:2] == (["1 day or more", "2 days or more"] if cumulative else ["1 day", "2 days"])


def test_only_days_with_enough_events_count(engine: Engine, raw: Raw) -> None:
    shown = {"stickinessCriteria": {"operator": "gte", "value": 3}}
    (row,) = engine.query({"kind": "StickinessQuery", "series": [PAGES], "stickinessFilter": shown, **WEEK})["results"]
    often = Counter((event.person, event.at.date()) for event in since(named(raw, "$pageview"), 6))
    assert row["count"] == len({person for (person, _), number in often.items() if number >= 3})


# ------------------------------------------------------------------ paths


def visits(raw: Sequence[Event]) -> Iterator[list[str]]:
    """The pages that each person saw, one after the other, without repetitions and without a pause of half an hour."""
    for some in grouped(raw, lambda e: e.person).values():
        ordered = sorted(some, key=lambda e: (e.at, e.uuid))
        breaks = [
            0,
            *(n for n, (a, b) in enumerate(pairwise(ordered), 1) if b.at - a.at >= timedelta(minutes=30)),
            len(ordered),
        ]
        for start, end in pairwise(breaks):
            yield [
                url for url, _ in groupby(str(event.get("$current_url")).rstrip("/") for event in ordered[start:end])
            ]


def test_where_people_go_from_where(engine: Engine, raw: Raw) -> None:
    shown = {"includeEventTypes": ["$pageview"], "edgeLimit": 1000}
    answer = engine.query({"kind": "PathsQuery", "pathsFilter": shown, **WEEK})
    edges = Counter(
        (f"{number}_{left}", f"{number + 1}_{right}")
        for visit in visits(since(named(raw, "$pageview"), 6))
        for number, (left, right) in enumerate(pairwise(visit[:5]), 1)
    )
    assert {(one["source"], one["target"]): one["value"] for one in answer["results"]} == edges
    assert [one["value"] for one in answer["results"]] == sorted(edges.values(), reverse=True)


@pytest.mark.parametrize(
    ("shown", "sources", "targets"),
    [
        ({"startPoint": "signed_up", "stepLimit": 2}, {"1_signed_up"}, None),
        ({"endPoint": "signed_up", "stepLimit": 2}, None, {"2_signed_up"}),
    ],
)
def test_paths_from_or_to(engine: Engine, shown: Query, sources: set[str] | None, targets: set[str] | None) -> None:
    results = engine.query({"kind": "PathsQuery", "pathsFilter": shown, **WEEK})["results"]
    assert {one["source"] for one in results} == (sources or {one["source"] for one in results})
    assert {one["target"] for one in results} == (targets or {one["target"] for one in results})
    assert results


def test_what_is_excluded_is_on_no_path(engine: Engine) -> None:
    shown = {"excludeEvents": ["$feature_flag_called"], "startPoint": "signed_up", "minEdgeWeight": 5}
    results = engine.query({"kind": "PathsQuery", "pathsFilter": shown, **WEEK})["results"]
    assert min(one["value"] for one in results) >= 5
    assert not any("$feature_flag_called" in one["target"] for one in results)


# ------------------------------------------------------------------ funnels in other orders


def counts(engine: Engine, order: str, *names: str) -> list[int]:
    series = [{"kind": "EventsNode", "event": name} for name in names]
    query = {"kind": "FunnelsQuery", "series": series, "funnelsFilter": {"funnelOrderType": order}, **WEEK}
    return [step["count"] for step in engine.query(query)["results"]]


def test_steps_right_after_each_other(engine: Engine, raw: Raw) -> None:
    ordered = [
        sorted(some, key=lambda e: (e.at, e.uuid)) for some in grouped(since(raw, 6), lambda e: e.person).values()
    ]
    after = sum(any((a.event, b.event) == STEPS[:2] for a, b in pairwise(some)) for some in ordered)
    assert counts(engine, "strict", *STEPS[:2]) == [people(since(named(raw, "$pageview"), 6)), after]


def test_steps_in_any_order(engine: Engine, raw: Raw) -> None:
    done = [{e.event for e in some} for some in grouped(since(named(raw, *STEPS), 6), lambda e: e.person).values()]
    assert counts(engine, "unordered", *STEPS) == [sum(len(one) >= number for one in done) for number in (1, 2, 3)]
    assert counts(engine, "unordered", *STEPS) == counts(engine, "unordered", *reversed(STEPS))


def test_the_steps_of_any_order_have_no_event(engine: Engine) -> None:
    series = [{"kind": "EventsNode", "event": name} for name in STEPS]
    query = {"kind": "FunnelsQuery", "series": series, "funnelsFilter": {"funnelOrderType": "unordered"}, **WEEK}
    assert [one["name"] for one in engine.query(query)["results"]] == [
        "Completed 1 step",
        "Completed 2 steps",
        "Completed 3 steps",
    ]


# ------------------------------------------------------------------ what is refused, by name

REFUSED: tuple[tuple[Query, str], ...] = (
    ({"kind": "LifecycleQuery"}, "series"),
    ({"kind": "LifecycleQuery", "series": [PAGES, PAGES]}, "series"),
    ({"kind": "LifecycleQuery", "series": [PAGES], "aggregation_group_type_index": 0}, "aggregation_group_type_index"),
    ({"kind": "RetentionQuery", "aggregation_group_type_index": 0}, "aggregation_group_type_index"),
    ({"kind": "RetentionQuery", "retentionFilter": {"period": "Minute"}}, "retentionFilter"),
    ({"kind": "StickinessQuery", "series": []}, "series"),
    ({"kind": "StickinessQuery", "series": [PAGES], "intervalCount": 2}, "intervalCount"),
    ({"kind": "StickinessQuery", "series": [PAGES], "intervalCount": [2]}, "intervalCount"),
    ({"kind": "StickinessQuery", "series": [PAGES], "stickinessFilter": {"stickinessCriteria": {"operator": ["gte"]}}}, "operator"),
    ({"kind": "StickinessQuery", "series": [PAGES], "stickinessFilter": {"stickinessCriteria": {"operator": "lt"}}}, "stickinessFilter"),
    ({"kind": "PathsQuery", "pathsFilter": {"startPoint": "a", "endPoint": "b"}}, "pathsFilter"),
    ({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["hogql"]}}, "includeEventTypes"),
    ({"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": [["$pageview"]]}}, "includeEventTypes"),
    ({"kind": "PathsQuery", "pathsFilter": {"pathGroupings": ["/a/*"]}}, "pathGroupings"),
    ({"kind": "PathsQuery", "pathsFilter": {}, "funnelPathsFilter": {"funnelStep": 1}}, "funnelPathsFilter"),
    ({"kind": "PathsQuery", "pathsFilter": {"stepLimit": 1}}, "stepLimit"),
    ({"kind": "FunnelsQuery", "series": [PAGES, PAGES], "funnelsFilter": {"funnelOrderType": "any"}}, "funnelOrderType"),
)  # fmt: skip


@pytest.mark.parametrize(("query", "field"), REFUSED)
def test_refused(engine: Engine, query: Query, field: str) -> None:
    with pytest.raises(QueryRejected) as caught:
        engine.query(query)
    assert caught.value.attribute == field
