"""What an operation takes, in a notation that a model can fill: `name: str, kind?: "a"|"b", filters?: {…}, tags?: [str]`.

A question mark is optional, `{…}` is an object and `…` a rest that the same description has when it is asked for that field.
Nothing is left out without such a mark. What stands at a field is an instance's text: data. An example is a call that the
operation's schema accepts: what is required, and one field where nothing is.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json
from posthog_wizard.openapi.model import SCHEMA_REFERENCE, Index, Operation
from posthog_wizard.openapi.validation import faults
from posthog_wizard.tokens import compact

_BODY = "body"
_SHORT = 900  # bytes of a list of fields, from which optional ones are told by name alone
_LONG = 900  # bytes of one, from which the rest is left to a second question
_ALL = 10_000
_FEW = 6  # values of an enumeration that are told beside others
_TYPES = {"string": "str", "integer": "int", "number": "num", "boolean": "bool", "null": "null", "object": "{…}",
          "array": "[…]"}  # fmt: skip
_FORMATS = {"date-time": "datetime", "date": "date", "uuid": "uuid", "uri": "url", "email": "email", "binary": "file"}
_LIMITS = {"minimum": "≥", "maximum": "≤", "maxLength": "length ≤", "minLength": "length ≥", "maxItems": "items ≤"}  # fmt: skip
_DEEPEST = 6  # levels of an example; recursive schemas end there
_TEXTS = {
    "date-time": "2026-01-31T09:00:00Z",
    "date": "2026-01-31",
    "uuid": "0199c0de-0000-7000-8000-000000000001",
    "uri": "https://example.com",
    "email": "ada@example.com",
}
_EASY = ("string", "integer", "number", "boolean")
_TELLING = ("name", "key", "content", "title", "description")  # which optional field is shown first


def describe(index: Index, operation: Operation, field: str = "") -> dict[str, Json]:
    """What it does and takes at depth one, or all that is known of a field like `body.filters`.

    Raises:
        WrongUsage: there is no such field; the message names those that there are.
    """
    if field:
        return _field(index, operation, field)
    query = {one.name: one.schema for one in operation.parameters}
    required = {one.name for one in operation.parameters if one.required}
    said = {
        "does": operation.summary,
        "call": f"{operation.method} {operation.path}",
        "scopes": list(operation.scopes) or None,
        "parameters": _fields(index, query, required) or None,
        _BODY: _body(index, operation),
        "example": _example(index, operation) or None,
        "answers": None
        if not operation.answers or "application/json" in operation.answers
        else list(operation.answers),
    }
    return {name: value for name, value in said.items() if value is not None}


def _body(index: Index, operation: Operation) -> str | None:
    if operation.body is None:
        return None
    if operation.inherits:
        return "{…}? not described; field=body has what its parent takes"
    schema = index.resolve(operation.body)
    required = set(schema.get("required", ()))
    said = _fields(index, schema.get("properties", {}), required) or _type(index, schema)
    file = "" if operation.media == "application/json" else f" ({operation.media})"
    return said + file


def _fields(index: Index, fields: Mapping[str, Json], required: set[str]) -> str:
    """Fields, the required ones first; optional ones without types, or left out with a mark, where it gets long."""
    names = _ordered(fields, required)
    whole = [_one(index, name, fields[name], required) for name in names]
    if len(", ".join(whole).encode()) > _SHORT:
        whole = [said if name in required else f"{name}?" for name, said in zip(names, whole, strict=True)]
    ends = accumulate(len(one.encode()) + 2 for one in whole)
    kept = [one for one, end in zip(whole, ends, strict=True) if end <= _LONG]
    rest = len(whole) - len(kept)
    return ", ".join([*kept, *([f"… {rest} more: ask with field={_BODY}"] if rest else [])])


def _one(index: Index, name: str, schema: Mapping[str, Json], required: set[str]) -> str:
    return f"{name}{'' if name in required else '?'}: {_type(index, schema)}"


def _type(index: Index, schema: Mapping[str, Any], most: int = _FEW) -> str:
    """The type, `any` where nothing is said of it."""
    found = list(dict.fromkeys(_types(index, schema)))
    return "|".join(found[:most] + ["…"] * (len(found) > most))


def _types(index: Index, schema: Mapping[str, Any]) -> Iterator[str]:
    name = str(schema.get("$ref", "")).removeprefix(SCHEMA_REFERENCE)
    schema = index.resolve(schema)
    several = next((schema[one] for one in ("oneOf", "anyOf", "allOf") if schema.get(one)), ())
    if "enum" in schema:
        yield from map(compact, schema["enum"])
    elif several:
        for one in several:
            yield from _types(index, one)
    else:
        kinds = schema.get("type", "object" if "properties" in schema else None)
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind == "array" and schema.get("items"):
                yield f"[{_type(index, schema['items'])}]"
            elif kind == "string":
                yield _FORMATS.get(schema.get("format", ""), "str")
            else:
                yield (name if kind == "object" else "") + _TYPES.get(kind or "", "any")


def _field(index: Index, operation: Operation, field: str) -> dict[str, Json]:
    """All of a field: its text, limits, every value, and every field in it."""
    schema = _found(index, operation, field)
    inside = _inside(index, schema)
    parts, required = inside.get("properties", {}), set(inside.get("required", ()))
    said = {
        "field": field,
        "type": _type(index, schema, most=_ALL),
        "text": schema.get("description") or inside.get("description"),
        "limits": ", ".join(f"{sign}{schema[name]}" for name, sign in _LIMITS.items() if name in schema),
        "fields": ", ".join(_one(index, name, parts[name], required) for name in _ordered(parts, required)),
    }
    return {name: value for name, value in said.items() if value}


def _found(index: Index, operation: Operation, field: str) -> Mapping[str, Any]:
    """The schema at a path, which begins with a parameter's name or `body`. Raises WrongUsage."""
    schema: Mapping[str, Any] = {
        "properties": {
            **{one.name: {"description": one.text, **one.schema} for one in operation.parameters},
            **({_BODY: operation.body} if operation.body is not None else {}),
        }
    }
    for part in field.split("."):
        parts = _inside(index, schema).get("properties", {})
        if part not in parts:
            names = ", ".join(f"`{name}`" for name in parts) or "none"
            raise WrongUsage(f"`{operation.id}`: there is no field `{part}` in `{field}`", f"the fields there: {names}")
        schema = parts[part]
    return {**index.resolve(schema), **{name: schema[name] for name in ("description",) if schema.get(name)}}


def _inside(index: Index, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object in a schema: of a list its items, of alternatives one with the fields of all."""
    schema = index.resolve(schema)
    if "items" in schema:
        return _inside(index, schema["items"])
    several = [one for name in ("allOf", "oneOf", "anyOf") for one in schema.get(name, ()) if one != {"type": "null"}]
    objects = [schema, *(_inside(index, one) for one in several)]
    properties = {name: part for one in reversed(objects) for name, part in one.get("properties", {}).items()}
    demanded = [set(one["required"]) for one in objects if "required" in one]
    required = set.union(*demanded) if demanded and not several[1:] else set[str]()
    return {**schema, "properties": properties, "required": sorted(required)}


def _ordered(fields: Iterable[str], required: set[str]) -> list[str]:
    return sorted(fields, key=lambda name: name not in required)


def _example(index: Index, operation: Operation) -> dict[str, Json]:
    """`{"parameters": {...}, "body": {...}}`, without what is empty."""
    parameters = {one.name: _value(index, one.schema) for one in operation.parameters if one.required}
    body = None if operation.body is None or operation.inherits else _value(index, operation.body)
    if body == {} and operation.body is not None:
        fields = index.resolve(operation.body).get("properties", {})
        kinds = {name: index.resolve(one).get("type") for name, one in fields.items()}
        easy = [name for name, kind in kinds.items() if (kind[0] if isinstance(kind, list) else kind) in _EASY]
        body = next(({name: _value(index, fields[name])} for name in (*_TELLING, *easy) if name in easy), {})
    return {name: value for name, value in {"parameters": parameters, "body": body}.items() if value}


def _value(index: Index, schema: Mapping[str, Any], depth: int = 0) -> Json:
    """Something of that schema, as small as can be."""
    schema = index.resolve(schema)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    several = next((schema[name] for name in ("oneOf", "anyOf") if schema.get(name)), None)
    if several:
        return _value(index, several[0], depth)
    if "allOf" in schema:
        parts = [_value(index, one, depth) for one in schema["allOf"]]
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()} or parts[0]
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    return _of_kind(kinds[0] if isinstance(kinds, list) else kinds, index, schema, depth)


def _of_kind(kind: str, index: Index, schema: Mapping[str, Any], depth: int) -> Json:
    if kind == "object":
        fields, required = schema.get("properties", {}), schema.get("required", ())
        return {name: _value(index, fields.get(name, {}), depth + 1) for name in required if depth < _DEEPEST}
    if kind == "array":
        return [_value(index, schema.get("items", {}), depth + 1)] * schema.get("minItems", 0)
    if kind == "string":
        said = [
            schema.get("example"),
            _TEXTS.get(schema.get("format", "")),
            "text",
            "2026-01-31",
            "a",
            "A1",
            "00:00:00",
        ]
        texts = [one for one in [*said, "text" * schema.get("minLength", 0)] if isinstance(one, str)]
        return next((one for one in texts if not any(faults(index, schema, one))), "text")
    if kind in {"integer", "number"}:
        least = schema.get("minimum", 1)
        return max(1, int(least) if kind == "integer" else least) if schema.get("maximum", 1) >= 1 else 0
    return True if kind == "boolean" else None
