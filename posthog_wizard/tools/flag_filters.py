"""Release conditions, as feature flags and surveys have them: their schema, an example, and what people leave out."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from posthog_wizard.errors import WrongUsage

_ALL = 100  # percent
_VALUELESS = ("is_set", "is_not_set")
FILTERS_EXAMPLE = (
    'E.g. {"groups":[{"properties":[{"key":"email","operator":"icontains","value":"@acme.com"}],'
    '"rollout_percentage":50}],"multivariate":{"variants":[{"key":"control","rollout_percentage":100}]}}'
)


@with_config(ConfigDict(extra="allow"))
class FlagFilters(TypedDict, total=False):
    """Groups are alternatives; within one, all properties must match. Other keys of PostHog pass as they are."""

    groups: list[dict[str, Any]]
    multivariate: dict[str, Any] | None
    payloads: dict[str, Any]


def completed(filters: FlagFilters) -> dict[str, Any]:
    """The filters with a `type` on every property, and the value that `is_set` wants.

    Raises:
        WrongUsage: a property without key, a share beyond 0..100.
    """
    groups = [_group(group) for group in filters.get("groups", [])]
    return dict(filters) | ({"groups": groups} if "groups" in filters else {})


def _group(group: dict[str, Any]) -> dict[str, Any]:
    share = group.get("rollout_percentage", 100)
    if share is not None and not (isinstance(share, int | float) and 0 <= share <= _ALL):
        raise WrongUsage(f"`rollout_percentage` is {share!r}", "Give a number from 0 to 100.")
    return group | {"properties": [_property(one) for one in group.get("properties") or []]}


def _property(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or not isinstance(one.get("key"), str):
        raise WrongUsage("a property filter has no `key`", 'Write {"key": …, "operator": …, "value": …}.')
    operator = one.get("operator")
    value = {"value": operator} if operator in _VALUELESS else {}
    return {"type": "person"} | one | value
