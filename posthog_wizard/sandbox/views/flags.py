"""Feature flags, and release conditions: what flags, and the targeting of surveys, say about who gets something."""

from __future__ import annotations

import re
from typing import Any

from posthog_wizard.sandbox.api.api_errors import invalid
from posthog_wizard.sandbox.api.collection import Collection, Field, QueryParameters
from posthog_wizard.sandbox.api.fields import TAGS, boolean_field, text_field
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row

_KEY = re.compile(r"[a-zA-Z0-9_-]+")
_TRUE, _FALSE = {"true", "1", "True"}, {"false", "0", "False"}
_NOBODY = {"groups": [{"properties": [], "rollout_percentage": 0}]}
_WHOLE = 100  # percent
_OPERATORS = frozenset((
    "exact", "is_not", "icontains", "not_icontains", "regex", "not_regex", "gt", "gte", "lt", "lte", "is_set", "is_not_set",
    "is_date_exact", "is_date_before", "is_date_after", "in", "not_in", "flag_evaluates_to", "between", "not_between",
    "min", "max", "semver_eq", "semver_gt", "semver_gte", "semver_lt", "semver_lte",
))  # fmt: skip


def _key(name: str, value: Any) -> Any:
    text_field(400, blank=False)(name, value)
    if not _KEY.fullmatch(value):
        words = "Only letters, numbers, hyphens (-) & underscores (_) are allowed."
        raise invalid(name, words, "invalid_key")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    """Archived flags are shown to those who ask for them alone."""
    if row["archived"] != (asked.get("archived") in _TRUE):
        return False
    return asked.get("active") not in _TRUE | _FALSE or row["active"] == (asked["active"] in _TRUE)


def by_key(context: RequestContext, key: str) -> Row | None:
    """The flag with exactly that key."""
    return next((row for row in context.rows(FLAGS.name) if row["key"] == key), None)


def _made(context: RequestContext, row: Row) -> Row:
    _check_unique(context, row)
    return row | {"status": "ACTIVE"}


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    after = before | sent
    if not after["deleted"]:
        _check_unique(context, after)
    return after | {"version": before["version"] + 1}


def _check_unique(context: RequestContext, row: Row) -> None:
    known = by_key(context, row["key"])
    if known is not None and known["id"] != row.get("id"):
        raise invalid("key", "There is already a feature flag with this key.", "unique")


# ------------------------------------------------------------------ release conditions


def filters(name: str, value: Any) -> Any:
    """The filters of a flag: groups with shares from 0 to 100, variants that sum to 100. Raises ApiErrorReply."""
    if not isinstance(value, dict) or not isinstance(value.get("groups", []), list):
        raise invalid(name, "Filters must be an object with a list of groups.", "invalid")
    for group in value.get("groups", []):
        _check_group(name, group)
    variants = (value.get("multivariate") or {}).get("variants") or []
    if variants:
        _check_variants(name, variants)
    return _NOBODY | value


def variant_keys(flag: dict[str, Any]) -> list[str]:
    """The keys of a flag's variants; none for a boolean flag."""
    return [one["key"] for one in (flag.get("filters", {}).get("multivariate") or {}).get("variants") or []]


def _check_group(name: str, group: Any) -> None:
    if not isinstance(group, dict):
        raise invalid(name, "A condition set must be an object.", "invalid")
    share = group.get("rollout_percentage")
    if share is not None and not _is_share(share):
        raise invalid(name, "rollout_percentage must be a number from 0 to 100.", "invalid")
    for one in group.get("properties") or []:
        _check_property(name, one)


def _check_property(name: str, one: Any) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("key"), str | int):
        raise invalid(name, "A property filter needs a key.", "invalid")
    operator = one.get("operator", "exact")
    if operator not in _OPERATORS:
        raise invalid(name, f"{operator!r} is not an operator.", "invalid")
    if "value" not in one:
        raise invalid(name, f"The filter on {one['key']!r} needs a value.", "invalid_value")


def _check_variants(name: str, variants: Any) -> None:
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


FLAGS = Collection(
    name="feature_flags",
    scope="feature_flag",
    fields={
        "key": Field(_key),
        "name": Field(text_field(), ""),
        "filters": Field(filters, _NOBODY),
        "active": Field(boolean_field, True),
        "archived": Field(boolean_field, False),
        "tags": Field(TAGS, []),
        "ensure_experience_continuity": Field(boolean_field, False),
    },
    given={"version": 1},
    searched=("key", "name"),
    parameters=frozenset({"active", "archived"}),
    matches=_matches,
    made=_made,
    changed=_changed,
)
ROUTES = FLAGS.routes
