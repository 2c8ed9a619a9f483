"""Experiments: exposures, the metrics' numbers against plain Python, and the tests against known values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.sandbox.queries.statistics import VariantSample, beta, compared, student
from posthog_wizard.sandbox.reader import QueryRejected
from posthog_wizard.sandbox.sample import catalog
from tests.support.leafline import TODAY, Event, customers, grouped, named, where

Raw = tuple[Event, ...]
START = TODAY - timedelta(days=30)
EXPERIMENT = {
    "id": 1,
    "feature_flag_key": "new-checkout",
    "start_date": START.isoformat() + "Z",
    "end_date": None,
    "parameters": {"feature_flag_variants": [{"key": "control"}, {"key": "test"}]},
    "exposure_criteria": {"filterTestAccounts": True},
}


def exposed(raw: Raw) -> dict[str, tuple[str, Any]]:
    """Person -> variant and first exposure."""
    seen = where(
        customers(named(raw, "$feature_flag_called")),
        lambda e: e.get("$feature_flag") == "new-checkout" and e.at >= START,
    )
    return {
        person: (some[0].get("$feature_flag_response"), some[0].at)
        for person, some in grouped(seen, lambda e: e.person).items()
    }


def after(raw: Raw, *names: str) -> dict[str, list[Event]]:
    """The events of each exposed person since the exposure."""
    since = exposed(raw)
    groups = grouped(named(raw, *names), lambda e: e.person)
    return {person: where(groups.get(person, []), lambda e: e.at >= at) for person, (_, at) in since.items()}  # noqa: B023


def metric(**fields: Any) -> dict[str, Any]:
    return {"kind": "ExperimentQuery", "experiment_id": 1, "metric": {"kind": "ExperimentMetric", **fields}}


def node(event: str, **more: Any) -> dict[str, Any]:
    return {"kind": "EventsNode", "event": event, **more}


def in_order(found: list[Event], *names: str) -> bool:
    """Whether they came one after another."""
    at = None
    for name in names:
        at = next((e.at for e in found if e.event == name and (at is None or e.at > at)), None)
        if at is None:
            return False
    return True


def amount(found: list[Event]) -> float:
    return math.fsum(e.get("amount") for e in found)


METRICS: dict[str, tuple[dict[str, Any], Callable[[Raw], dict[str, float]]]] = {
    "a funnel": (
        metric(metric_type="funnel", series=[node("checkout_started"), node("subscription_started")]),
        lambda raw: {
            person: float(in_order(found, "checkout_started", "subscription_started"))
            for person, found in after(raw, "checkout_started", "subscription_started").items()
        },
    ),
    "a funnel of one step": (
        metric(metric_type="funnel", series=[node("subscription_started")]),
        lambda raw: {person: float(bool(found)) for person, found in after(raw, "subscription_started").items()},
    ),
    "a mean of counts": (
        metric(metric_type="mean", source=node("$pageview")),
        lambda raw: {person: float(len(found)) for person, found in after(raw, "$pageview").items()},
    ),
    "a mean of sums": (
        metric(metric_type="mean", source=node("subscription_started", math="sum", math_property="amount")),
        lambda raw: {person: amount(found) for person, found in after(raw, "subscription_started").items()},
    ),
    "a mean with a property": (
        metric(
            metric_type="mean",
            source=node("$pageview", properties=[{"key": "$pathname", "value": "/pricing", "operator": "exact"}]),
        ),
        lambda raw: {
            person: float(len(where(found, lambda e: e.get("$pathname") == "/pricing")))
            for person, found in after(raw, "$pageview").items()
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), METRICS.values(), ids=METRICS)
def test_a_metric(engine: Engine, raw: Raw, query: dict[str, Any], expected: Callable[[Raw], dict[str, float]]) -> None:
    found = engine.query(query, experiment=EXPERIMENT)
    variants, values = exposed(raw), expected(raw)
    (test,) = found["variant_results"]
    for_variant = {
        key: [value for person, value in values.items() if variants[person][0] == key] for key in ("control", "test")
    }
    assert [told(found["baseline"]), told(test)] == [
        pytest.approx((len(some), math.fsum(some), math.fsum(value**2 for value in some)))
        for some in for_variant.values()
    ]
    means = [statistics.fmean(some) for some in for_variant.values()]
    assert test["difference"] == pytest.approx(means[1] / means[0] - 1)


def told(variant: dict[str, Any]) -> tuple[float, ...]:
    return (variant["number_of_samples"], variant["sum"], variant["sum_squares"])


def test_a_window_leaves_out_what_came_later(engine: Engine, raw: Raw) -> None:
    query = metric(metric_type="mean", source=node("$pageview"), conversion_window=1, conversion_window_unit="hour")
    found = engine.query(query, experiment=EXPERIMENT)
    variants = exposed(raw)
    near = [
        e
        for person, some in after(raw, "$pageview").items()
        for e in where(some, lambda e: e.at <= variants[e.person][1] + timedelta(hours=1))
        if variants[person][0] == "control"
    ]
    assert found["baseline"]["sum"] == len(near)


def test_the_experiment_has_a_real_difference(engine: Engine) -> None:
    primary = engine.query(
        {"kind": "ExperimentQuery", "experiment_id": 1, "metric": catalog.SAMPLE_ROWS["experiments"][0]["metrics"][0]}
    )
    (test,) = primary["variant_results"]
    assert primary["baseline"]["mean"] == pytest.approx(0.32, abs=0.03)
    assert test["mean"] == pytest.approx(0.41, abs=0.03)
    assert (primary["significant"], test["significant"], test["chance_to_win"] > 0.95) == (True, True, True)
    assert primary["p_value"] == test["p_value"] < 0.05


def test_less_can_be_better(engine: Engine) -> None:
    query = METRICS["a funnel"][0]
    more, less = (
        engine.query(query | {"metric": query["metric"] | {"goal": goal}}, experiment=EXPERIMENT)
        for goal in ("increase", "decrease")
    )
    chances = [found["variant_results"][0]["chance_to_win"] for found in (more, less)]
    assert sum(chances) == pytest.approx(1)


def test_a_ratio(engine: Engine, raw: Raw) -> None:
    query = metric(
        metric_type="ratio",
        numerator=node("subscription_started", math="sum", math_property="amount"),
        denominator=node("subscription_started"),
    )
    found = engine.query(query, experiment=EXPERIMENT)
    variants = exposed(raw)
    paid = [
        e
        for person, some in after(raw, "subscription_started").items()
        for e in some
        if variants[person][0] == "control"
    ]
    assert found["baseline"]["mean"] == pytest.approx(amount(paid) / len(paid))
    assert found["baseline"]["denominator_sum"] == len(paid)


def test_exposures(engine: Engine, raw: Raw) -> None:
    query = {
        "kind": "ExperimentExposureQuery",
        "experiment_id": 1,
        "experiment_name": "x",
        "exposure_criteria": {"filterTestAccounts": True},
        "feature_flag": {"id": 1, "key": "new-checkout"},
        "start_date": EXPERIMENT["start_date"],
        "end_date": None,
    }
    found = engine.query(query, experiment=EXPERIMENT)
    variants = [variant for variant, _ in exposed(raw).values()]
    assert found["total_exposures"] == {"control": variants.count("control"), "test": variants.count("test")}
    lines = {line["variant"]: line for line in found["timeseries"]}
    assert {key: line["exposure_counts"][-1] for key, line in lines.items()} == found["total_exposures"]
    assert (lines["test"]["days"][0], lines["test"]["days"][-1]) == ("2026-02-08", "2026-03-10")
    assert found["date_range"]["date_from"] == "2026-02-08T00:00:00Z"


def test_an_event_of_ones_own_can_be_the_exposure(engine: Engine, raw: Raw) -> None:
    criteria = {"exposure_config": {"event": "checkout_started"}, "multiple_variant_handling": "first_seen"}
    found = engine.query(
        {"kind": "ExperimentExposureQuery", "experiment_id": 1}, experiment=EXPERIMENT | {"exposure_criteria": criteria}
    )
    seen = where(named(raw, "checkout_started"), lambda e: e.at >= START and e.get("$feature/new-checkout"))
    assert sum(found["total_exposures"].values()) == len({e.person for e in seen})


def test_an_experiment_that_nobody_saw(engine: Engine) -> None:
    other = EXPERIMENT | {"id": 9, "feature_flag_key": "other", "parameters": None}
    found = engine.query(METRICS["a funnel"][0], experiment=other)
    assert found["baseline"]["number_of_samples"] == 0
    assert found["variant_results"][0]["validation_failures"] == ["not-enough-exposures"]
    assert (found["significant"], found["p_value"]) == (False, None)


REFUSED = [
    (metric(metric_type="retention"), EXPERIMENT, "metrics of the types"),
    ({"kind": "ExperimentQuery", "experiment_id": 1}, EXPERIMENT, "metrics of the types"),
    (metric(metric_type="mean"), EXPERIMENT, "no event"),
    (metric(metric_type="funnel", series=[]), EXPERIMENT, "at least one step"),
    (metric(metric_type="funnel", series=[node("a")], funnel_order_type="unordered"), EXPERIMENT, "in their order"),
    (metric(metric_type="mean", source=node("a")), EXPERIMENT | {"start_date": None, "id": 2}, "not started"),
]


@pytest.mark.parametrize(("query", "experiment", "said"), REFUSED)
def test_refused(engine: Engine, query: dict[str, Any], experiment: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryRejected, match=said):
        engine.query(query | {"experiment_id": experiment["id"]}, experiment=experiment)


# Two-sided p of Student's t for a distance and degrees of freedom: tables of the distribution.
STUDENT = [
    (0.0, 10, 1.0),
    (2.228139, 10, 0.05),
    (12.7062, 1, 0.05),
    (1.959964, 10**7, 0.05),
    (63.6567, 1, 0.01),
    (2.750, 30, 0.01),
]


@pytest.mark.parametrize(("distance", "freedom", "expected"), STUDENT)
def test_students_t(distance: float, freedom: float, expected: float) -> None:
    assert student(distance, freedom) == pytest.approx(expected, abs=1e-5)
    assert student(-distance, freedom) == student(distance, freedom)


BETA = [(0, 1, 1, 0), (1, 1, 1, 1), (0.5, 1, 1, 0.5), (0.3, 1, 2, 0.51), (0.25, 0.5, 0.5, 1 / 3), (0.9, 5, 2, 0.885735)]


@pytest.mark.parametrize(("x", "a", "b", "expected"), BETA)
def test_the_incomplete_beta_function(x: float, a: float, b: float, expected: float) -> None:
    assert beta(x, a, b) == pytest.approx(expected, abs=1e-6)


def test_a_comparison_by_hand() -> None:
    found = compared(VariantSample(300, 124, 124), VariantSample(300, 96, 96))
    assert found is not None
    # Welch: p1 = .41333, p0 = .32, s² = n p (1-p) / (n-1), t = .093333 / sqrt(.24330/300... ) = 2.3753
    assert found.difference == pytest.approx(0.2916667, abs=1e-6)
    assert found.p_value == pytest.approx(0.01785, abs=2e-4)
    assert found.low < found.difference < found.high
    assert (found.chance_to_win > 0.97, found.significant) == (True, True)


ALIKE = [
    (VariantSample(0, 0, 0), VariantSample(10, 5, 5)),
    (VariantSample(10, 5, 5), VariantSample(0, 0, 0)),
    (VariantSample(1, 1, 1), VariantSample(1, 1, 1)),
    (VariantSample(10, 10, 10), VariantSample(10, 10, 10)),
    (VariantSample(10, 5, 5), VariantSample(10, 0, 0)),
]


@pytest.mark.parametrize(("variant", "baseline"), ALIKE)
def test_too_little_to_compare(variant: VariantSample, baseline: VariantSample) -> None:
    assert compared(variant, baseline) is None
