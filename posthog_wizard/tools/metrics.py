"""The metrics and variants of an experiment: what a model writes, and what PostHog wants."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.parameters import Object


@with_config(ConfigDict(extra="forbid"))
class Metric(TypedDict, total=False):
    """A metric in short; `metrics` makes PostHog's ExperimentMetric of it."""

    metric_type: Required[Literal["mean", "funnel", "ratio"]]
    name: str
    event_name: str
    funnel_steps: list[str]
    denominator_event: str
    properties: list[Object]


@with_config(ConfigDict(extra="forbid"))
class Variant(TypedDict, total=False):
    """A variant of the experiment's flag."""

    key: Required[str]
    name: str
    rollout_percentage: Required[Annotated[float, Field(ge=0, le=100)]]


_HALVES: tuple[Variant, ...] = ({"key": "control", "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50})


def metrics(wanted: list[Metric]) -> list[dict[str, Any]]:
    """PostHog's metrics. Raises WrongUsage for one without its events."""
    return [_metric(one) for one in wanted]


def checked_variants(wanted: list[Variant] | None) -> list[Variant]:
    """The variants, by default two halves. Raises WrongUsage when PostHog could not split people into them."""
    variants = list(wanted or _HALVES)
    keys = [one["key"] for one in variants]
    if "control" not in keys or len(keys) < 2 or len(set(keys)) != len(keys):  # noqa: PLR2004 - two are a comparison
        raise WrongUsage("the variants need distinct keys and one of them `control`", "Add what is missing.")
    total = sum(one["rollout_percentage"] for one in variants)
    if total != 100:  # noqa: PLR2004 - percent
        raise WrongUsage(f"the variants' `rollout_percentage` sum to {total:g}", "Let them sum to 100.")
    return variants


def _metric(one: Metric) -> dict[str, Any]:
    common = {
        "kind": "ExperimentMetric",
        "uuid": str(uuid.uuid4()),
        "name": one.get("name") or one.get("event_name") or " > ".join(one.get("funnel_steps", [])),
        "metric_type": one["metric_type"],
    }
    return common | _SHAPES[one["metric_type"]](one)


def _mean(one: Metric) -> dict[str, Any]:
    return {"source": _event(one, one.get("event_name"), "event_name")}


def _funnel(one: Metric) -> dict[str, Any]:
    steps: list[str | None] = [*one.get("funnel_steps", [])] or [one.get("event_name")]
    return {"series": [_event(one, step, "funnel_steps") for step in steps]}


def _ratio(one: Metric) -> dict[str, Any]:
    return {
        "numerator": _event(one, one.get("event_name"), "event_name"),
        "denominator": _event(one, one.get("denominator_event"), "denominator_event"),
    }


def _event(one: Metric, event: str | None, field: str) -> dict[str, Any]:
    if not event:
        raise WrongUsage(
            f"a {one['metric_type']} metric needs `{field}`", "Name the event; event-definitions-list has them."
        )
    return {"kind": "EventsNode", "event": event, "properties": one.get("properties", [])}


_SHAPES = {"mean": _mean, "funnel": _funnel, "ratio": _ratio}
