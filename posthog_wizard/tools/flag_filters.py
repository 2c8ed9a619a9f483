"""Release conditions, as feature flags and surveys have them: their schema, an example, and what people leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.merging import FILTERS, StoredRow, merged
from posthog_wizard.tools.nested_names import refuse_misspelled

_ALL = 100  # percent
_VALUELESS = ("is_set", "is_not_set")
# PostHog refuses a number there: https://github.com/PostHog/posthog/blob/master/posthog/api/feature_flag.py
_OF_TEXTS = ("regex", "icontains", "not_regex", "not_icontains", "gte", "lte", "gt", "lt")
_AGGREGATION = "aggregation_group_type_index"
FILTERS_EXAMPLE = (
    'E.g. {"groups":[{"properties":[{"key":"email","operator":"icontains","value":"@acme.com"}],'
    '"rollout_percentage":50}],"multivariate":{"variants":[{"key":"control","rollout_percentage":100}]}}'
)
NOBODY: dict[str, Any] = {"groups": [{"properties": [], "rollout_percentage": 0}]}


class FlagFilters(TypedDict, total=False):
    """Groups are alternatives; within one, all properties must match. `nested_names` has the other keys."""

    groups: list[dict[str, Any]]
    multivariate: dict[str, Any] | None
    payloads: dict[str, Any]


def completed(filters: FlagFilters, stored: StoredRow | None = None, *, path: str = "filters") -> dict[str, Any]:
    """The whole filters that a change makes of the stored ones, with a `type` on every property.

    Raises:
        WrongUsage: a name that there is not, a property without key, a share beyond 0..100.
    """
    refuse_misspelled("filters", filters, path, stored)
    for group in filters.get("groups", []):
        _check(group)
    whole: dict[str, Any] = merged(FILTERS, stored or {}, dict(filters))
    before = (stored or {}).get("groups") or []
    properties = (one for group in before for one in group.get("properties") or [])
    types = {one["key"]: one["type"] for one in properties if one.get("type")}
    groups = [
        group if group in before else _group(group, whole.get(_AGGREGATION), types) for group in whole.get("groups", [])
    ]
    return whole | ({"groups": groups} if "groups" in whole else {}) | _payloads(whole, filters)


def _payloads(whole: StoredRow, change: FlagFilters) -> dict[str, Any]:
    """The payloads without those that the change makes null, or whose variant it takes away: PostHog refuses these."""
    variants = (whole.get("multivariate") or {}).get("variants") or [{"key": "true"}]
    listed = [one for one in variants if isinstance(one, Mapping)] if isinstance(variants, list) else []
    known = [*(change.get("payloads") or ()), *(one.get("key") for one in listed)]
    kept = {key: one for key, one in (whole.get("payloads") or {}).items() if one is not None and key in known}
    return {"payloads": kept} if "payloads" in whole else {}


def _check(group: StoredRow) -> None:
    share = group.get("rollout_percentage", 100)
    if share is not None and not (isinstance(share, int | float) and 0 <= share <= _ALL):
        raise WrongUsage(f"`rollout_percentage` is {share!r}", "give a number from 0 to 100")
    properties = group.get("properties") or []
    listed = isinstance(properties, list) and all(isinstance(one, dict) for one in properties)
    if not listed or not {type(one.get("key")) for one in properties} <= {str, int}:
        raise WrongUsage("a property filter has no `key`", 'write {"key": …, "operator": …, "value": …}')


def _group(group: dict[str, Any], of_flag: int | None, types: Mapping[str, str]) -> dict[str, Any]:
    aggregation = group.get(_AGGREGATION, of_flag)
    return group | {"properties": [_property(one, aggregation, types) for one in group.get("properties") or []]}


def _property(one: dict[str, Any], aggregation: int | None, types: Mapping[str, str]) -> dict[str, Any]:
    """With the type of the stored one of this key, if both or neither are of groups; else that of whom the set is about."""
    usual = "person" if aggregation is None else "group"
    stored = types.get(one["key"], usual)
    kind = one.get("type") or (stored if (stored == "group") == (usual == "group") else usual)
    whole = {"type": kind} | ({} if kind != "group" or aggregation is None else {"group_type_index": aggregation}) | one
    operator, value = one.get("operator"), one.get("value")
    if operator in _OF_TEXTS and isinstance(value, int | float) and not isinstance(value, bool):
        return whole | {"value": str(value)}
    return whole | ({"value": operator} if operator in _VALUELESS else {})
