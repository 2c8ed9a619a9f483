"""What a caller sends, beside the operation's schema, before it is sent.

PostHog ignores what it does not know, so a misspelled name would be lost in silence. But its schema is not whole: views
read parameters that it does not describe, and custom actions inherit the whole body of their parent. So a name that is
unknown is refused where it resembles a known one, or where a parameter is meant; and what is inherited is not demanded.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json
from posthog_wizard.net.strict_json import decode
from posthog_wizard.openapi.model import SCHEMA_REFERENCE, Index, Operation, Parameter

_UNDESCRIBED = frozenset(["limit", "offset", "search"])  # lists take them, whatever their schema says
_MOST = 3  # faults in a message
_LONGEST = 300  # characters of one
# Filters as PostHog's documents write them (https://posthog.com/docs/api/persons): its schema knows only lists of groups.
_FILTER = {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}
_GROUP = {"type": "object", "required": ["type", "values"], "properties": {"type": {"enum": ["AND", "OR"]}}}
_FILTERS = {"anyOf": [{"type": "array", "items": {"anyOf": [_FILTER, _GROUP]}}, _GROUP]}
_TEXT_IDS = frozenset(["distinct_id", "person_id"])  # numbers in the schema of events, and texts in PostHog
_ALIKE = 0.8  # of two names, from which one is taken for a slip of the other


def check(index: Index, operation: Operation, parameters: Mapping[str, Json], body: Json) -> None:
    """Raise WrongUsage that names each field which is missing, unknown or of the wrong type."""
    found = [*_of_parameters(index, operation, parameters), *_of_body(index, operation, body)]
    if found:
        hint = f"`api-describe` says what `{operation.id}` takes"
        raise WrongUsage(f"`{operation.id}`: {'; '.join(found[:_MOST])}", hint)


def faults(index: Index, schema: Mapping[str, Json], value: Json, path: str = "") -> Iterator[str]:
    """What the schema says against a value, each with its field; `path` is that of the value."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only calls need it, it takes 0.2 s
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - see above
    from referencing import Registry  # noqa: PLC0415 - jsonschema's own part

    # A reference at the root as a part: beside others it is allowed only in newer drafts' libraries.
    root = {"allOf": [schema]} if str(schema.get("$ref", "")).startswith(SCHEMA_REFERENCE) else schema
    described = {**root, "components": {"schemas": index.schemas}}
    judge = Draft202012Validator(described, registry=Registry())  # which fetches nothing, whatever a schema refers to
    found = (best_match([error]) for error in judge.iter_errors(value))  # of alternatives the one that nearly fits
    for error in sorted(found, key=lambda one: list(map(str, one.absolute_path))):
        field = ".".join(map(str, [*([path] if path else []), *error.absolute_path])) or "body"
        told = "is none of the values that it can have" if error.validator in {"enum", "const"} else error.message
        yield f"`{field[:_LONGEST]}`: {told[:_LONGEST]}"  # the values are the instance's words, which are data


def _of_parameters(index: Index, operation: Operation, given: Mapping[str, Json]) -> Iterator[str]:
    known = {one.name: one for one in operation.parameters}
    yield from (f"`{one.name}` is required" for one in known.values() if one.required and one.name not in given)
    undescribed = _UNDESCRIBED if operation.method == "GET" else frozenset()
    for name, value in given.items():
        if name in known:
            yield from faults(index, _as_read(known[name]), _read(value, known[name].schema), name)
        elif name not in undescribed:
            yield _unknown(name, known) or f"there is no parameter `{name[:_LONGEST]}`"


def _of_body(index: Index, operation: Operation, body: Json) -> Iterator[str]:
    if operation.body is None:
        silent = operation.method in {"POST", "PATCH", "PUT"}  # what these take is not always said
        yield from [] if body is None or silent else ["it takes no body"]
        return
    if body is None and operation.media != "application/json":
        return
    given = {} if body is None else body
    schema = index.resolve(operation.body)
    demanded = {key: value for key, value in schema.items() if key != "required"} if operation.inherits else schema
    yield from faults(index, demanded, given)
    known = schema.get("properties", {})
    if isinstance(given, dict) and not operation.inherits:
        yield from filter(None, (_unknown(name, known) for name in given if name not in known))


def _unknown(name: str, known: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return f"there is no `{name[:_LONGEST]}`, did you mean `{close[0]}`?" if close else None


def _as_read(parameter: Parameter) -> Mapping[str, Any]:
    """What PostHog reads in an address, which is more than its schema says."""
    if "values" in parameter.schema.get("items", {}).get("properties", {}):
        return {"anyOf": [_FILTERS, parameter.schema]}
    return {"type": ["integer", "string"]} if parameter.name in _TEXT_IDS else parameter.schema


def _read(value: Json, schema: Mapping[str, Any]) -> Json:
    """A text as the number, truth value, list or object that is wanted, and these as texts: all is text in an address."""
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds  # the second is null
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str) or kind not in {"integer", "number", "boolean", "array", "object"}:
        return value
    try:
        return decode((value if kind in {"array", "object"} else value.lower()).encode())
    except ValueError:
        return value.split(",") if kind == "array" else value
