"""An example of a call that an operation's schema accepts: what is required, and one field where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_wizard.model import Json
from posthog_wizard.openapi.model import Index, Operation
from posthog_wizard.openapi.validation import faults

_DEEPEST = 6  # levels; recursive schemas end there
_TEXTS = {
    "date-time": "2026-01-31T09:00:00Z",
    "date": "2026-01-31",
    "uuid": "0199c0de-0000-7000-8000-000000000001",
    "uri": "https://example.com",
    "email": "ada@example.com",
}
_EASY = ("string", "integer", "number", "boolean")
_TELLING = ("name", "key", "content", "title", "description")  # which optional field is shown first


def example(index: Index, operation: Operation) -> dict[str, Json]:
    """`{"parameters": {...}, "body": {...}}`, without what is empty."""
    parameters = {one.name: _value(index, one.schema) for one in operation.parameters if one.required}
    made = {"parameters": parameters, "body": _body(index, operation)}
    return {name: value for name, value in made.items() if value}


def _body(index: Index, operation: Operation) -> Json:
    if operation.body is None or operation.inherits:
        return None
    schema = index.resolve(operation.body)
    found = _value(index, schema)
    fields = schema.get("properties", {})
    easy = [name for name, one in fields.items() if _is_easy(index.resolve(one).get("type"))]
    shown = next((name for name in (*_TELLING, *easy) if name in easy), None)
    return {shown: _value(index, fields[shown])} if found == {} and shown else found


def _is_easy(kind: Json) -> bool:
    return kind in _EASY or (isinstance(kind, list) and kind[0] in _EASY)


def _value(index: Index, schema: Mapping[str, Any], depth: int = 0) -> Json:
    """Something of that schema, as small as can be."""
    schema = index.resolve(schema)
    for fixed in ("const", "enum"):
        if fixed in schema:
            return schema[fixed] if fixed == "const" else schema[fixed][0]
    several = next((schema[name] for name in ("oneOf", "anyOf") if schema.get(name)), None)
    if several:
        return _value(index, several[0], depth)
    if "allOf" in schema:
        parts = [_value(index, one, depth) for one in schema["allOf"]]
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()} or parts[0]
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    return _OF_KIND[kinds[0] if isinstance(kinds, list) else kinds](index, schema, depth)


def _object(index: Index, schema: Mapping[str, Any], depth: int) -> Json:
    fields = schema.get("properties", {})
    required = schema.get("required", ()) if depth < _DEEPEST else ()
    return {name: _value(index, fields.get(name, {}), depth + 1) for name in required}


def _array(index: Index, schema: Mapping[str, Any], depth: int) -> Json:
    return [_value(index, schema.get("items", {}), depth + 1)] * schema.get("minItems", 0)


def _text(index: Index, schema: Mapping[str, Any], _depth: int) -> Json:
    said = [schema.get("example"), _TEXTS.get(schema.get("format", "")), "text", "2026-01-31", "a", "A1", "00:00:00"]
    long = "text" * schema.get("minLength", 0)
    return next((one for one in [*said, long] if isinstance(one, str) and not any(faults(index, schema, one))), "text")


_OF_KIND: Mapping[str, Any] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "integer": lambda _index, schema, _depth: (
        max(1, int(schema.get("minimum", 1))) if schema.get("maximum", 1) >= 1 else 0
    ),
    "number": lambda _index, schema, _depth: max(1, schema.get("minimum", 1)) if schema.get("maximum", 1) >= 1 else 0,
    "boolean": lambda *_: True,
    "null": lambda *_: None,
}
