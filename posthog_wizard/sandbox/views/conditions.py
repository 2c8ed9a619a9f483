"""Release conditions: what flags, and the targeting of surveys, say about who gets something."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.api.api_errors import invalid

_WHOLE = 100  # percent
_OPERATORS = frozenset((
    "exact", "is_not", "icontains", "not_icontains", "regex", "not_regex", "gt", "gte", "lt", "lte", "is_set", "is_not_set",
    "is_date_exact", "is_date_before", "is_date_after", "in", "not_in", "flag_evaluates_to", "between", "not_between",
    "min", "max", "semver_eq", "semver_gt", "semver_gte", "semver_lt", "semver_lte",
))  # fmt: skip


def filters(name: str, value: Any) -> Any:
    """The filters of a flag: groups with shares from 0 to 100, variants that sum to 100. Raises Refusal."""
    if not isinstance(value, dict) or not isinstance(value.get("groups", []), list):
        raise invalid(name, "Filters must be an object with a list of groups.", "invalid")
    for group in value.get("groups", []):
        _group(name, group)
    variants = (value.get("multivariate") or {}).get("variants") or []
    if variants:
        _variants(name, variants)
    return {"groups": [{"properties": [], "rollout_percentage": 0}]} | value


def variant_keys(flag: dict[str, Any]) -> list[str]:
    """The keys of a flag's variants; none for a boolean flag."""
    return [one["key"] for one in (flag.get("filters", {}).get("multivariate") or {}).get("variants") or []]


def _group(name: str, group: Any) -> None:
    if not isinstance(group, dict):
        raise invalid(name, "A condition set must be an object.", "invalid")
    share = group.get("rollout_percentage")
    if share is not None and not _is_share(share):
        raise invalid(name, "rollout_percentage must be a number from 0 to 100.", "invalid")
    for one in group.get("properties") or []:
        _property(name, one)


def _property(name: str, one: Any) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("key"), str | int):
        raise invalid(name, "A property filter needs a key.", "invalid")
    operator = one.get("operator", "exact")
    if operator not in _OPERATORS:
        raise invalid(name, f"{operator!r} is not an operator.", "invalid")
    if "value" not in one:
        raise invalid(name, f"The filter on {one['key']!r} needs a value.", "invalid_value")


def _variants(name: str, variants: Any) -> None:
    if not isinstance(variants, list) or not all(isinstance(one, dict) and one.get("key") for one in variants):
        raise invalid(name, "Variants must be a list of objects with a key.", "invalid")
    if len({one["key"] for one in variants}) < len(variants):
        raise invalid(name, "Variant keys must differ from each other.", "invalid")
    shares = [one.get("rollout_percentage") for one in variants]
    if not all(map(_is_share, shares)) or sum(shares) != _WHOLE:
        words = "Invalid variant definitions: Variant rollout percentages must sum to 100."
        raise invalid(name, words, "invalid_input")


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _WHOLE
