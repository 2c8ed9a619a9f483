"""OpenAPI 3.0's schemas as JSON Schema: `nullable` is a type, and what a caller cannot set is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from posthog_wizard.model import Json
from posthog_wizard.openapi.model import SCHEMA_REFERENCE

_LONGEST_TEXT = 1000  # characters of a description
_MOST_DEMANDED = 1000  # characters or items: an example has them
_TYPES = frozenset(["string", "integer", "number", "boolean", "array", "object", "null"])
_REFERENCE = re.compile(rf"{SCHEMA_REFERENCE}[\w.-]{{1,200}}")


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in kinds


def _each(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(isinstance(one, kind) for one in value)


# What is kept, where it is what JSON Schema says: a stranger's keyword must not mislead who reads it. A reference leads
# nowhere else, as jsonschema would fetch it. No `pattern`, which may take for ever; PostHog says what does not match.
_KEPT: Mapping[str, Callable[[Any], bool]] = {
    "type": lambda value: _each(str)(kinds := value if isinstance(value, list) else [value]) and _TYPES.issuperset(kinds),
    "$ref": lambda value: isinstance(value, str) and _REFERENCE.fullmatch(value) is not None,
    "enum": _each(object),
    "required": _each(str),
    "additionalProperties": _is(dict, bool),
    **dict.fromkeys(("const", "example"), lambda _: True),
    **dict.fromkeys(("properties", "items"), _is(dict)),
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), _each(dict)),
    **dict.fromkeys(("format", "description"), _is(str)),
    **dict.fromkeys(("minimum", "maximum"), _is(int, float)),
    **dict.fromkeys(("maxLength", "maxItems"), _is(int)),
    **dict.fromkeys(("minLength", "minItems"), lambda value: _is(int)(value) and 0 <= value <= _MOST_DEMANDED),
}  # fmt: skip


def slim(schema: Any) -> dict[str, Json]:
    """The schema of what a caller may send, without what the server alone sets, titles and long texts."""
    if not isinstance(schema, Mapping):
        return {}
    kept = {
        name: _part(name, schema[name]) for name in sorted(_KEPT.keys() & schema.keys()) if _KEPT[name](schema[name])
    }
    if "required" in kept:
        kept["required"] = [name for name in kept["required"] if name in kept.get("properties", {name: 0})]
    return _nullable(kept) if schema.get("nullable") else kept


def short(text: str) -> str:
    """A text in one line, its end marked where it is cut."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[:_LONGEST_TEXT]}… (longer)"


def _part(name: str, value: Any) -> Json:
    if name == "properties":
        return {key: slim(one) for key, one in value.items() if not (isinstance(one, Mapping) and one.get("readOnly"))}
    if name == "description":
        return short(value)
    if name in {"anyOf", "oneOf", "allOf"}:
        return [slim(one) for one in value]
    return slim(value) if name in {"items", "additionalProperties"} and isinstance(value, dict) else value


def _nullable(schema: dict[str, Json]) -> Json:
    """The same, or null."""
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return schema | {"type": [*dict.fromkeys([*kinds, "null"])]}
    return {"anyOf": [schema, {"type": "null"}]} if schema.keys() & {"$ref", "allOf", "oneOf", "anyOf"} else schema
