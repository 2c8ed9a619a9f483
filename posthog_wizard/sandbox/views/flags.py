"""Feature flags, and release conditions: what flags, and the targeting of surveys, say about who gets something."""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import UNKEPT, Collection, Field, QueryParameters, agrees, dated
from posthog_wizard.sandbox.api.http_messages import api_error, invalid
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.sample import catalog

_NOBODY = {"groups": [{"properties": [], "rollout_percentage": 0}]}
_WHOLE = 100  # percent
_AGGREGATION = "aggregation_group_type_index"
_PEOPLE = ("person", "cohort", "flag")
_OF_TEXTS = ("regex", "icontains", "not_regex", "not_icontains", "gte", "lte", "gt", "lt")
_OF_LISTS = ("icontains_multi", "not_icontains_multi")
_AGO = re.compile(r"-?\d{1,4}[hdwmy]")
# A date as people write it, which dateutil reads for PostHog; no day that there is not, and no seconds or milliseconds since 1970.
_WRITTEN = re.compile(
    r"(?!\d{4}-\d\d-\d\d$|\d{10}$|\d{13}$)(?=.*\w)(?:[\d\s,./:+-]|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*+"
    r"|am|pm|utc|gmt|of|at|st|nd|rd|th|t|z)++",
    re.IGNORECASE,
)
# https://github.com/PostHog/posthog/blob/master/products/feature_flags/backend/api/filters_schema.py
_OPERATORS = frozenset((
    "exact", "is_not", *_OF_TEXTS, *_OF_LISTS, "is_set", "is_not_set", "is_date_exact", "is_date_before", "is_date_after",
    "in", "not_in", "flag_evaluates_to", "min", "max", "semver_eq", "semver_neq", "semver_gt", "semver_gte", "semver_lt",
    "semver_lte", "semver_tilde", "semver_caret", "semver_wildcard",
))  # fmt: skip


def _key(name: str, value: Any) -> Any:
    fields.text(400, blank=False)(name, value)
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", value):
        raise invalid(name, "Only letters, numbers, hyphens (-) & underscores (_) are allowed.", "invalid_key")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    """Archived flags are shown to those who ask for them alone."""
    types = {
        "remote_config": row["is_remote_configuration"],
        "experiment": row["experiment_set"],
        "multivariant": variant_keys(row),
    }
    told = row | {"type": [name for name, has in (types | {"boolean": not variant_keys(row)}).items() if has]}
    names = ("archived", "key", "active", "tags", "type", "created_by_id", "evaluation_runtime")
    return agrees({"archived": "false", **asked}, told, *names)


def by_key(context: RequestContext, key: str) -> Row | None:
    """The flag with exactly that key."""
    return next((row for row in context.rows(FLAGS.name) if row["key"] == key), None)


def _made(context: RequestContext, row: Row) -> Row:
    _check_unique(context, row)
    _check_state(row)
    _check_needs(context, row)
    return _kept(row) | {"status": "ACTIVE", "version": 1}


def _kept(row: Row) -> Row:
    """Without what is only compared."""
    return {name: value for name, value in row.items() if name != "original_flag"}


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    after = before | _kept(sent)
    if "groups" not in after["filters"]:  # PostHog takes such a change for none
        after["filters"] = before["filters"]
    if not after["deleted"]:
        _check_unique(context, after)
    _check_state(after)
    if "filters" in sent:
        _check_needs(context, after)
    _check_uses(context, before, after)
    _check_version(context, before, after)
    return after | {"version": before["version"] + 1, "last_modified_by": FLAGS.author(context)}


def _check_state(row: Row) -> None:
    if row["archived"] and row["active"]:
        raise invalid(None, "An archived feature flag must be disabled: send active: false in the same request.")
    if row["bucketing_identifier"] == "device_id" and row["ensure_experience_continuity"]:
        raise invalid(None, "Cannot enable 'persist across authentication steps' when using device ID bucketing.")


def _check_uses(context: RequestContext, before: Row, after: Row) -> None:
    """Raise ApiErrorReply where an experiment that runs needs the flag or a variant of it, or an active flag depends on it."""
    running = _named(
        (one for one in _experiments(context, before) if one["start_date"] and not one["end_date"]), "name"
    )
    gone = ", ".join(f"'{key}'" for key in variant_keys(before) if key not in variant_keys(after))
    linked = f"feature flag that is linked to running experiment(s): {running}. Please stop the experiment(s) before"
    needed = ("flag", str(before["id"]))
    dependent = _named((one for one in context.rows(FLAGS.name) if one["active"] and needed in _properties(one)), "key")
    deleted = after["deleted"] and not before["deleted"]
    if running and deleted:
        raise invalid(None, f"Cannot delete a {linked} deleting the flag.")
    if running and gone:
        raise invalid("filters", f"Cannot remove variant(s) {gone} from a {linked} removing variants.")
    if dependent and (deleted or (before["active"] and not after["active"])):
        verb = "delete" if deleted else "disable"
        words = f"Cannot {verb} this feature flag because other flags depend on it: {dependent}. Please update or disable the dependent flags first."
        raise invalid(None, words)


def _check_needs(context: RequestContext, row: Row, path: tuple[str, ...] = ()) -> None:
    """Raise ApiErrorReply where a flag on which it depends is off, is not there, or is one of `path`, which depend on it."""
    path = (*path, row["key"])
    if row["key"] in path[:-1]:
        raise invalid("filters", f"Circular dependency detected: {' → '.join(path)}")
    for identifier in sorted(key for kind, key in _properties(row) if kind == "flag"):
        if not identifier.isdecimal():
            words = f"Flag dependencies must reference flag IDs (integers), not flag keys. Invalid reference: '{identifier}'"
            raise invalid("filters", words)
        found = context.store.row(FLAGS.name, identifier, context.project)
        if found is None or found["deleted"]:
            raise invalid("filters", f"Flag dependency references non-existent flag with ID {identifier}")
        if not found["active"]:
            words = f"Cannot create dependency on disabled flag '{found['key']}' (ID: {identifier}). Flag dependencies must reference active flags only."
            raise invalid("filters", words)
        _check_needs(context, found, path)


def _experiments(context: RequestContext, flag: Row) -> list[Row]:
    """Those that use the flag."""
    return [one for one in context.rows("experiments") if one["feature_flag_key"] == flag["key"]]


def _named(rows: Iterable[Row], field: str) -> str:
    return ", ".join(f"{row[field]} (ID: {row['id']})" for row in rows)


def _properties(flag: Row) -> set[tuple[Any, str]]:
    """Types and keys of the properties in all condition sets."""
    groups = flag["filters"].get("groups") or []
    return {(one.get("type"), str(one.get("key"))) for group in groups for one in group.get("properties") or []}


def _check_version(context: RequestContext, before: Row, after: Row) -> None:
    """Raise ApiErrorReply for a field that the caller changes, and somebody else changed since the caller looked."""
    version, original = context.fields.get("version", -1), context.fields.get("original_flag") or {}
    seen = dated(before, context.now)
    lost = [
        name for name in context.fields if name in original and original[name] not in (after.get(name), seen.get(name))
    ]
    if version not in (-1, before["version"]) and any(after[name] != before[name] for name in lost):
        who = (before.get("last_modified_by") or {}).get("email", "another user")
        words = f"The feature flag was updated by {who} since you started editing it. Please refresh and try again."
        raise api_error(409, "conflict", words)


def _check_unique(context: RequestContext, row: Row) -> None:
    known = by_key(context, row["key"])
    if known is not None and known["id"] != row.get("id"):
        raise invalid("key", "There is already a feature flag with this key.", "unique")


# ------------------------------------------------------------------ release conditions


def filters(name: str, value: Any) -> Any:
    """The filters of a flag, as PostHog checks them. Raises ApiErrorReply.

    https://github.com/PostHog/posthog/blob/master/posthog/api/feature_flag.py
    """
    if not isinstance(value, dict) or not isinstance(value.get("groups", []), list):
        raise invalid(name, "Filters must be an object with a list of groups.")
    multivariate = value.get("multivariate") or {}
    if not isinstance(multivariate, dict) or (
        value.get("multivariate") is not None and multivariate.get("variants") is None
    ):
        raise invalid(name, "Multivariate must be an object with a list of variants.")
    variants = multivariate.get("variants") or []
    if variants:
        _check_variants(name, variants)
    keys = {one["key"] for one in variants}
    for group in value.get("groups", []):
        _check_group(name, group, value.get(_AGGREGATION))
        if group.get("variant") and group["variant"] not in [*keys]:
            raise invalid(name, "Filters are not valid (variant override does not exist)")
    return value | ({"payloads": _payloads(name, value["payloads"], keys)} if "payloads" in value else {})


def new_filters(name: str, value: Any) -> Any:
    """The filters of a flag that is new, which has a condition set. Raises ApiErrorReply."""
    checked = filters(name, value)
    if not checked.get("groups"):
        raise invalid(name, "Feature flags must have at least one condition set (group).")
    return checked


def _payloads(name: str, payloads: Any, variants: set[str]) -> Any:
    """As they are kept: each becomes its text."""
    if not isinstance(payloads, dict):
        raise invalid(name, "Payloads must be passed as a dictionary")
    if not payloads.keys() <= (variants or {"true"}):
        words = "match a variant key for multivariate flags" if variants else "be 'true' for boolean flags"
        raise invalid(name, f"Payload keys must {words}")
    try:
        _ = [json.loads(value) for value in payloads.values() if isinstance(value, str)]
    except ValueError:
        raise invalid(name, "Payload value is not valid JSON") from None
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in payloads.items()}


def variant_keys(flag: dict[str, Any]) -> list[str]:
    """The keys of a flag's variants; none for a boolean flag."""
    return [one["key"] for one in (flag.get("filters", {}).get("multivariate") or {}).get("variants") or []]


def _check_group(name: str, group: Any, of_flag: Any) -> None:
    if not isinstance(group, dict):
        raise invalid(name, "A condition set must be an object.")
    share = group.get("rollout_percentage")
    if share is not None and not _is_share(share):
        raise invalid(name, "rollout_percentage must be a number from 0 to 100.")
    if not isinstance(group.get("properties") or [], list):
        raise invalid(name, "The properties of a condition set must be a list.")
    for one in group.get("properties") or []:
        _check_property(name, one)
        _check_kind(name, one, group.get(_AGGREGATION, of_flag))


def _check_property(name: str, one: Any) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("key"), str | int):
        raise invalid(name, "A property filter needs a key.")
    operator = one.get("operator") or "exact"
    if not isinstance(operator, str) or operator not in _OPERATORS:
        raise invalid(name, f"{operator!r} is not an operator.")
    if "value" not in one:
        raise invalid(name, f"The filter on {one['key']!r} needs a value.", "invalid_value")
    if not _is_of(operator, one["value"]):
        raise invalid(name, f"Invalid value for operator {operator}: {one['value']}", "invalid_value")


def _is_of(operator: str, value: Any) -> bool:
    """Whether an operator can work with a value."""
    if operator in _OF_LISTS:
        return isinstance(value, list)
    if operator.startswith("is_date"):
        return _is_date(str(value))
    check = next((check for part, check in _TEXTS.items() if part in operator), None)
    if check is None:
        return isinstance(value, str) or operator not in _OF_TEXTS
    with suppress(ValueError, re.error, OverflowError, RecursionError):
        return isinstance(value, str) and check(value) is not None
    return False


def _is_date(text: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.fromisoformat(text))
    return bool(_AGO.fullmatch(text) or _WRITTEN.fullmatch(text))


def _numbers(version: str) -> list[int]:
    """Major, minor and patch, as far as it has them. Raises ValueError."""
    return [int(part) for part in version.partition("-")[0].split(".")[:3]]


_TEXTS: dict[str, Callable[[str], Any]] = {  # by what is in the operator: what its text must be
    "wildcard": lambda value: _numbers(value.rstrip(".*")),
    "semver": _numbers,
    "regex": re.compile,
}


def _check_kind(name: str, one: Row, aggregation: Any) -> None:
    """A property is of whom its condition set is about; one without a type is an event's, which is never right here."""
    kind, operator = one.get("type") or "event", one.get("operator") or "exact"
    if aggregation is not None and (kind, one.get("group_type_index")) != ("group", aggregation):
        raise invalid(name, "Filters are not valid (can only use group properties)")
    if aggregation is None and kind not in _PEOPLE:
        raise invalid(name, "Filters are not valid (can only use person, cohort, and flag properties)")
    if kind == "flag" and operator != "flag_evaluates_to":
        raise invalid(name, "Flag properties must use the 'flag_evaluates_to' operator")
    if kind == "cohort":  # there are none here
        raise invalid(name, f"Cohort with id {one['value']} does not exist", "cohort_does_not_exist")
    if operator in {"in", "not_in"}:
        words = f"The '{operator}' operator is only valid for cohort properties, not '{kind}' properties."
        raise invalid(name, words, "invalid_operator")


def _check_variants(name: str, variants: Any) -> None:
    if not isinstance(variants, list) or not all(
        isinstance(one, dict) and one.get("key") and isinstance(one["key"], str) for one in variants
    ):
        raise invalid(name, "Variants must be a list of objects with a key.")
    if len({one["key"] for one in variants}) < len(variants):
        raise invalid(name, "Variant keys must differ from each other.")
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
        "name": Field(fields.text(), ""),
        "filters": Field(new_filters, _NOBODY, filters),
        "active": Field(fields.boolean, True),
        "archived": Field(fields.boolean, False),
        "tags": Field(fields.TAGS, []),
        "ensure_experience_continuity": Field(fields.or_null(fields.boolean), False),
        "is_remote_configuration": Field(fields.or_null(fields.boolean), False),
        "has_encrypted_payloads": Field(fields.or_null(fields.boolean), False),
        "evaluation_runtime": Field(fields.or_null(fields.one_of("server", "client", "all")), "all"),
        "evaluation_contexts": Field(fields.TAGS, []),
        "bucketing_identifier": Field(fields.or_null(fields.text()), None),
        "version": Field(fields.number(), UNKEPT),
        "original_flag": Field(fields.mapping, UNKEPT),
    },
    given=catalog.GIVEN["feature_flags"],
    searched=("key", "name"),
    parameters=frozenset({"active", "archived", "key", "tags", "type", "created_by_id", "evaluation_runtime"}),
    matches=_matches,
    made=_made,
    changed=_changed,
    changed_when_deleted=True,
    shown=lambda context, row: row | {"experiment_set": [one["id"] for one in _experiments(context, row)]},
)  # fmt: skip
ROUTES = FLAGS.routes
