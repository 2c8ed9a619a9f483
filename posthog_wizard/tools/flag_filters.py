"""Release conditions, as feature flags and surveys have them: their schema, an example, and what people leave out."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Annotated, Any, TypedDict

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import NOTHING
from posthog_wizard.tools.merging import FILTERS, StoredRow, merged
from posthog_wizard.tools.nested_names import refuse_misspelled
from posthog_wizard.tools.value_types import Constraints

_VALUELESS = ("is_set", "is_not_set")
# PostHog refuses a number there: https://github.com/PostHog/posthog/blob/master/posthog/api/feature_flag.py
_OF_TEXTS = ("regex", "icontains", "not_regex", "not_icontains", "gte", "lte", "gt", "lt")
_AGGREGATION = "aggregation_group_type_index"
FILTERS_EXAMPLE = (
    'E.g. {"groups":[{"properties":[{"key":"email","operator":"icontains","value":"@acme.com"}],'
    '"rollout_percentage":50}],"multivariate":{"variants":[{"key":"control","rollout_percentage":100}]}}'
)
NOBODY: dict[str, Any] = {"groups": [{"properties": [], "rollout_percentage": 0}]}


_Index = Annotated[int | None, Constraints(ge=0, hidden=True)]
_OBJECT = Constraints(shown={"type": "object"})


class _Portion(TypedDict, total=False):
    """A set or a variant: those of its fields that are no texts."""

    properties: list[dict[str, Any]] | None
    rollout_percentage: Annotated[float | None, Constraints(ge=0, le=100)]
    aggregation_group_type_index: _Index


class _Multivariate(TypedDict, total=False):
    variants: list[_Portion]


class FlagFilters(TypedDict, total=False):
    """Groups are alternatives; within one, all properties must match. `nested_names` has the other keys."""

    groups: list[Annotated[_Portion, _OBJECT]]
    multivariate: Annotated[_Multivariate | None, _OBJECT]
    payloads: dict[str, Any]
    aggregation_group_type_index: _Index


def completed(filters: StoredRow, stored: StoredRow | None = None, *, path: str = "filters") -> dict[str, Any]:
    """The whole filters that a change makes of the stored ones, with a `type` on every property.

    Raises:
        WrongUsage: a name that there is not, a property without key.
    """
    refuse_misspelled("filters", filters, path, stored)
    said = filters.get("groups", [])
    for group in said:
        if not {type(one.get("key")) for one in group.get("properties") or []} <= {str, int}:
            raise WrongUsage("a property filter has no `key`", 'write {"key": …, "operator": …, "value": …}')
    kept = stored or {}
    whole: dict[str, Any] = merged(FILTERS, kept, dict(filters))
    before = kept.get("groups") or []
    properties = (one for group in before for one in group.get("properties") or [])
    types = {one["key"]: one["type"] for one in properties if one.get("type")}
    level = whole.get(_AGGREGATION)
    moved = level != kept.get(_AGGREGATION)  # then it is for others, and so is each set that does not say for whom
    groups = [
        group if group in before and not moved else _group(group, new, level, types, moved=moved)
        for group, new in zip_longest(whole.get("groups") or [], said, fillvalue=NOTHING)
    ]
    return whole | ({"groups": groups} if "groups" in whole else {}) | _payloads(whole, filters)


def _payloads(whole: StoredRow, change: StoredRow) -> dict[str, Any]:
    """The payloads without those that the change makes null, or whose variant it takes away: PostHog refuses these."""
    variants = (whole.get("multivariate") or {}).get("variants") or [{"key": "true"}]
    listed = [one for one in variants if isinstance(one, Mapping)] if isinstance(variants, list) else []
    known = [*(change.get("payloads") or ()), *(one.get("key") for one in listed)]
    kept = {key: one for key, one in (whole.get("payloads") or {}).items() if one is not None and key in known}
    return {"payloads": kept} if "payloads" in whole else {}


def _group(
    group: StoredRow, said: StoredRow, of_flag: int | None, types: Mapping[str, str], *, moved: bool
) -> dict[str, Any]:
    own = said if moved else group
    aggregation = own.get(_AGGREGATION, of_flag)
    moved = moved or _AGGREGATION in said
    pairs = zip_longest(group.get("properties") or [], said.get("properties") or [], fillvalue=NOTHING)
    whole = {name: value for name, value in group.items() if name != _AGGREGATION or name in own}
    return whole | {"properties": [_property(one, new if moved else one, aggregation, types) for one, new in pairs]}


def _property(one: StoredRow, said: StoredRow, aggregation: int | None, types: Mapping[str, str]) -> dict[str, Any]:
    """With the type of the stored one of this key; person and group are that of whom the set is about.

    `said` is what counts of what it says of that itself.
    """
    usual = "person" if aggregation is None else "group"
    stored = types.get(one["key"], usual)
    kind = said.get("type") or (usual if stored in {"person", "group"} else stored)
    index = {} if kind != "group" or aggregation is None else {"group_type_index": aggregation}
    bare = {name: value for name, value in one.items() if name not in ("type", "group_type_index")}
    whole = {"type": kind} | index | bare | {name: said[name] for name in ("type", "group_type_index") if name in said}
    operator, value = one.get("operator"), one.get("value")
    if operator in _OF_TEXTS and isinstance(value, int | float) and not isinstance(value, bool):
        return whole | {"value": str(value)}
    return whole | ({"value": operator} if operator in _VALUELESS else {})
