"""The metrics and variants of an experiment: what a model writes, and what PostHog wants."""

import difflib
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Required, TypedDict

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.merging import METRICS, StoredRow, counterparts, merged
from posthog_wizard.tools.parameters import Object
from posthog_wizard.tools.value_types import Constraints, closed

_PLAIN = ("goal", "conversion_window", "conversion_window_unit", "funnel_order_type", "ignore_zeros", "lower_bound_percentile",
          "upper_bound_percentile", "retention_window_start", "retention_window_end", "retention_window_unit", "start_handling",
          "uuid", "kind")  # fmt: skip
_WHOLE = ("source", "series", "numerator", "denominator", "start_event")  # PostHog's own words for what a metric counts
# By the type of a metric: what PostHog calls its events, and the arguments that name them.
_EVENTS = {
    "mean": {"source": "event_name"},
    "ratio": {"numerator": "event_name", "denominator": "denominator_event"},
    "retention": {"start_event": "event_name", "completion_event": "completion_event"},
}
_RETENTION = {
    "retention_window_start": 1,
    "retention_window_end": 7,
    "retention_window_unit": "day",
    "start_handling": "first_seen",
}


class Metric(TypedDict, total=False):
    """A metric in short; `metrics` makes PostHog's ExperimentMetric of it, and takes one that is whole."""

    metric_type: Required[Literal["mean", "funnel", "ratio", "retention"]]
    name: str
    event_name: str
    funnel_steps: list[str]
    denominator_event: str
    completion_event: str
    math: str
    math_property: str
    properties: Annotated[list[Object] | Object, Constraints(shown={"type": "array", "items": {"type": "object"}})]


@closed
class Variant(TypedDict, total=False):
    """A variant of the experiment's flag."""

    key: Required[str]
    name: str
    rollout_percentage: Required[Annotated[float, Constraints(ge=0, le=100)]]


_HALVES: tuple[Variant, ...] = ({"key": "control", "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50})


def metrics(wanted: list[Metric], path: str, stored: Sequence[StoredRow] = ()) -> list[dict[str, Any]]:
    """PostHog's metrics; one that is stored keeps its id, by which its results are kept, and what is left out.

    Raises:
        WrongUsage: a metric without its events, or with a field that there is not.
    """
    given = [_metric(one, f"{path}.{number}") for number, one in enumerate(wanted)]
    known = counterparts(METRICS, stored, given)
    new = {"kind": "ExperimentMetric"}
    return [
        merged(METRICS.item, old, one) if old else new | {"uuid": str(uuid.uuid4()), "name": _name(short)} | one
        for short, one, old in zip(wanted, given, known, strict=True)
    ]


def checked_variants(wanted: list[Variant] | None) -> list[Variant]:
    """The variants, by default two halves. Raises WrongUsage when PostHog could not split people into them."""
    variants = list(wanted or _HALVES)
    keys = [one["key"] for one in variants]
    if "control" not in keys or len(keys) < 2 or len(set(keys)) != len(keys):  # noqa: PLR2004 - two are a comparison
        raise WrongUsage("the variants need distinct keys and one of them `control`", "add what is missing")
    total = sum(one["rollout_percentage"] for one in variants)
    if total != 100:  # noqa: PLR2004 - percent
        raise WrongUsage(f"the variants' `rollout_percentage` sum to {total:g}", "let them sum to 100")
    return variants


def property_filters(given: Any, kind: str) -> list[Object]:
    """Filters on properties of that kind, also from PostHog's first server's `{"plan": "pro"}`. Raises WrongUsage."""
    if isinstance(given, dict):
        given = [{"key": key, "value": value, "operator": "exact", "type": kind} for key, value in given.items()]
    if not all(isinstance(one, dict) for one in given):
        raise WrongUsage(
            "`properties` holds something else than filters", 'write [{"key": …, "operator": …, "value": …}]'
        )
    return list(given)


def _name(one: Metric) -> str:
    # PostHog's metrics have no description, its first server's did.
    return str(one.get("name") or one.get("description") or one.get("event_name") or "") or " > ".join(
        one.get("funnel_steps", [])
    )


def _metric(one: Metric, path: str) -> dict[str, Any]:
    known = (*Metric.__annotations__, *_PLAIN, *_WHOLE, "completion_event", "description")
    for field in one:
        if field not in known:
            close = difflib.get_close_matches(field, known, n=1)
            meant = f" (did you mean `{path}.{close[0]}`?)" if close else ""
            raise WrongUsage(
                f"there is no argument `{path}.{field}`{meant}", f"a metric has {', '.join(Metric.__annotations__)}"
            )
    shape = {} if set(one) & set(_WHOLE) else _shape(one)
    return shape | {
        name: value
        for name, value in one.items()
        if name in (*_PLAIN, *_WHOLE, "metric_type", "name") or (name == "completion_event" and not shape)
    }


def _shape(one: Metric) -> dict[str, Any]:
    """What the metric counts, in PostHog's words."""
    kind, names = one["metric_type"], dict[str, Any](one)
    if kind == "funnel":
        steps: list[str | None] = [*one.get("funnel_steps", [])] or [names.get("event_name")]
        return {"series": [_event(one, step, "funnel_steps") for step in steps]}
    given = one.get("properties")  # where PostHog's first server was told of the denominator
    if kind == "ratio" and isinstance(given, dict):
        inner = given.pop("denominator_event", None)
        names["denominator_event"] = names.get("denominator_event") or inner
    shape = {name: _event(one, names.get(field), field) for name, field in _EVENTS[kind].items()}
    return shape | (_RETENTION if kind == "retention" else {})


def _event(one: Metric, event: str | None, field: str) -> dict[str, Any]:
    if not event:
        raise WrongUsage(
            f"a {one['metric_type']} metric needs `{field}`", "name the event; event-definitions-list has them"
        )
    math: dict[str, Any] = {
        name: one[name] for name in ("math", "math_property") if name in one and field != "denominator_event"
    }
    return {
        "kind": "EventsNode",
        "event": event,
        "properties": property_filters(one.get("properties", []), "event"),
        **math,
    }
