"""Changing a part of what PostHog keeps: PostHog replaces a field whole, so the rest of it is sent along. Pure.

A rule says of each part whether a change replaces it or goes into it. An object keeps what the change leaves out; a list
is what the change says, with each item made of the stored one that it means: the same id or key, or the same place.

A write reads first where PostHog replaces a JSON field whole: what a change leaves out stays, lists are matched by
id, key or place, and the whole field is sent. A new rule is one row below, by the fields of PostHog's API, and the laws in
`tests/tools/test_merging.py` hold for it; the query of an insight is put into its node by `insights`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from posthog_wizard.model import NOTHING

StoredRow = Mapping[str, Any]
_KnownBy = Callable[[StoredRow], object]
"""What an item is known by; None where it does not say."""


@dataclass(frozen=True)
class _Whole:
    """The change replaces it."""


@dataclass(frozen=True)
class Fields:
    """An object: what the change leaves out stays, and `parts` have rules of their own."""

    parts: Mapping[str, _Rule] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True)
class Items:
    """A list of objects. An item means the only stored one that is known by the same; the first of `known_by` counts most.

    One that does not say the first means the one in its place, if both lists are as long and `alike` agrees.
    """

    known_by: tuple[_KnownBy, ...]
    item: _Rule = field(default_factory=Fields)
    alike: Callable[[StoredRow, StoredRow], bool] = lambda _stored, _given: True


_Rule = _Whole | Fields | Items
REPLACED, KEPT = _Whole(), Fields()


def by(name: str) -> _KnownBy:
    """Known by the value of that field."""
    return lambda item: item.get(name)


def merged(rule: _Rule, stored: Any, change: Any) -> Any:
    """The value to send, so that only what the change says becomes different."""
    if isinstance(rule, Fields) and isinstance(stored, Mapping) and isinstance(change, Mapping):
        parts = {name: merged(rule.parts.get(name, REPLACED), stored.get(name), change[name]) for name in change}
        return {**stored, **parts}
    if isinstance(rule, Items) and _objects(stored) and _objects(change):
        meant = counterparts(rule, stored, change)
        return [new if old is None else merged(rule.item, old, new) for old, new in zip(meant, change, strict=True)]
    return change


def counterparts(rule: Items, stored: Sequence[StoredRow], change: Sequence[StoredRow]) -> list[StoredRow | None]:
    """For each item of the change the stored one that it means, None for a new one; no stored one is meant twice."""
    meant: list[StoredRow | None] = [None] * len(change)
    left = list(range(len(stored)))
    for identity in rule.known_by:
        for place, given in enumerate(change):
            said = identity(given)
            same = [index for index in left if said is not None and identity(stored[index]) == said]
            if meant[place] is None and len(same) == 1:
                meant[place] = stored[same[0]]
                left.remove(same[0])
    for place in left if len(stored) == len(change) else ():
        anonymous = meant[place] is None and rule.known_by[0](change[place]) is None
        if anonymous and rule.alike(stored[place], change[place]):
            meant[place] = stored[place]
    return meant


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _filtered_by(group: StoredRow) -> object:
    return frozenset(str(one.get("key")) for one in group.get("properties") or []) or None


def _called(item: StoredRow) -> object:
    return (item["name"], item.get("metric_type")) if item.get("name") else None


def _asking(item: StoredRow) -> object:
    return (item.get("question"), item.get("type")) if item.get("type") else None


def _same(name: str) -> Callable[[StoredRow, StoredRow], bool]:
    """Whether both have the same there, or the second does not say."""
    return lambda stored, given: given.get(name) in (None, stored.get(name))


FILTERS = Fields(
    {
        "groups": Items((by("sort_key"), _filtered_by), Fields({"properties": Items((by("key"),))})),
        "multivariate": Fields({"variants": Items((by("key"),))}),
        "payloads": Fields(),
    }
)
# Answers are kept under a question's id, and the results of a metric under its uuid.
SURVEY_QUESTIONS = Items((by("id"), _asking), alike=_same("type"))
METRICS = Items((by("uuid"), _called), alike=_same("metric_type"))
SURVEY = Fields(
    {
        "questions": SURVEY_QUESTIONS,
        "appearance": Fields(),
        "conditions": Fields({name: Fields() for name in ("events", "cancelEvents", "actions", "deviceTypes")}),
        "translations": Fields(),
    }
)
EXPERIMENT = Fields(
    {
        "metrics": METRICS,
        "metrics_secondary": METRICS,
        "parameters": Fields(),
        "exposure_criteria": Fields(),
        "stats_config": Fields(),
    }
)
DASHBOARD = Fields({"breakdown_colors": Items((by("breakdownValue"),)), "filters": Fields()})
