"""OpenAPI 3.0's schemas as JSON Schema: `nullable` is a type, and what a caller cannot set is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_wizard.model import Json

# Without `pattern`: a stranger's expression may take for ever, and PostHog says itself what does not match.
_KEPT = frozenset(
    ["type", "properties", "required", "enum", "items", "additionalProperties", "anyOf", "oneOf", "allOf", "$ref", "format",
     "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "description", "const", "example"]
)  # fmt: skip
_LONGEST_TEXT = 1000  # characters of a description


def slim(schema: Any) -> Json:
    """The schema of what a caller may send, without what the server alone sets, titles and long texts."""
    if isinstance(schema, list):
        return [slim(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {name: _part(name, schema[name]) for name in sorted(_KEPT & schema.keys())}
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
        return short(str(value))
    return value if name in {"enum", "required", "example", "const"} else slim(value)


def _nullable(schema: dict[str, Json]) -> Json:
    """The same, or null."""
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema.keys() & {"$ref", "allOf", "oneOf", "anyOf"} else schema
