"""From a PostHog's OpenAPI document to its operations: `compacted` keeps what we need of it, `from_compact` reads that.

The compact form is what is cached and packaged: `{"made", "title", "operations": [...], "schemas": {...}}`. Paths below
`/environments/` are the same things as those below `/projects/`, under their former name (rewritten since 2026-07-31).
OpenAPI 3.0's schemas become JSON Schema: `nullable` is a type, and what a caller cannot set is left out.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from posthog_wizard.model import NOTHING, Json
from posthog_wizard.openapi.effects import effect_of
from posthog_wizard.openapi.model import INTERNAL, SCHEMA_REFERENCE, Index, Operation, Origin, Parameter, resolved
from posthog_wizard.openapi.summaries import summary

FORMAT = 1  # of the compact form
_METHODS = ("get", "post", "put", "patch", "delete")
_PARENT = re.compile(r"/api/(projects|environments|organizations)/\{(?:project|environment|organization)_id\}/")
_PREFERENCE = ("projects", "environments", "organizations")  # which of several twins is offered
_PATH = re.compile(r"/api/[\w@{}./-]{1,300}")  # what is spelled otherwise is none of PostHog's, and is never called
_ID = re.compile(r"[\w.-]{1,200}")
_NAME = re.compile(r"[\w$.\[\]-]{1,100}")  # of a parameter; a sentence is none
_SCOPE = re.compile(r"[\w*:-]{1,60}")
_MOST_PATHS = 5_000  # PostHog's API has some 600
_BY_PATCH = re.compile(r"hard delet\w+ .*not allowed", re.IGNORECASE)
_DEPRECATED = re.compile(r"\bdeprecated\b", re.IGNORECASE)
_MEDIA = ("application/json", "multipart/form-data")
_LONGEST_TEXT = 1000  # characters of a description
_MOST_DEMANDED = 1000  # characters or items: an example has them
_TYPES = frozenset(["string", "integer", "number", "boolean", "array", "object", "null"])
_REFERENCE = re.compile(rf"{SCHEMA_REFERENCE}[\w.-]{{1,200}}")


def compacted(document: Mapping[str, Any], *, made: str = "") -> dict[str, Json]:
    """The document without what nobody asks for. Raises AttributeError, KeyError, TypeError, ValueError for what is no OpenAPI."""
    if len(document["paths"]) > _MOST_PATHS:
        raise ValueError(f"more than {_MOST_PATHS} paths")
    found = defaultdict(list)
    for path, methods in document["paths"].items():
        for method in _METHODS if _PATH.fullmatch(path) and ".." not in path else ():
            if method in methods and _ID.fullmatch(methods[method]["operationId"]):
                found[method, _PARENT.sub("/", path)].append(_row(method, path, methods[method]))
    operations = []
    for twins in found.values():  # several paths to the same thing: the first is offered
        first, *others = sorted(twins, key=_preference)
        operations.append(first | {"twins": [other["id"] for other in others]})
    operations = sorted(_without_put(operations), key=lambda row: row["id"])
    schemas = document.get("components", {}).get("schemas", {})
    info = document.get("info", {})
    return {
        "made": made,
        "title": f"{info.get('title', '')} {info.get('version', '')}".strip(),
        "operations": operations,
        "schemas": dict(_reachable(operations, schemas)),
    }


def from_compact(found: Mapping[str, Any], *, host: str | None = None) -> Index:
    """The index that a compact document holds."""
    paths = {row["path"] for row in found["operations"]}
    collections = {path.rpartition("{")[0] for path in paths if path.endswith("}/")}
    rows = [_operation(row, collections) for row in found["operations"]]
    origin = Origin(host, found["made"], found["title"])
    bare = Index({}, found["schemas"], origin)
    # A body by the product that it is of, and the names of its fields.
    bodies = {
        one.id: (one.collection.partition("/")[0], frozenset(bare.resolve(one.body).get("properties", ())))
        for one in rows
        if one.body
    }
    parents = {bodies[one.id] for one in rows if one.body and one.plain}
    inheriting = {one.id for one in rows if one.body and not one.plain and bodies[one.id] in parents}
    return Index({one.id: one._replace(inherits=one.id in inheriting) for one in rows}, bare.schemas, origin)


def _row(method: str, path: str, said: Mapping[str, Any]) -> dict[str, Json]:
    text = _short(f"{said.get('summary') or ''} {said.get('description') or ''}")
    content = said.get("requestBody", {}).get("content", {})
    media = next((one for one in (*_MEDIA, *content) if one in content), None)
    answers = {kind for reply in said.get("responses", {}).values() for kind in reply.get("content", {})}
    asked = (one for one in said.get("parameters", ()) if one["in"] in {"path", "query"})
    scopes = (scope for rule in said.get("security", ()) for held in rule.values() for scope in held)
    row = {
        "id": said["operationId"],
        "method": method.upper(),
        "path": path,
        "parameters": [_parameter(one) for one in asked if _NAME.fullmatch(one["name"])],
        # What is spelled otherwise is none that a key could have.
        "scopes": sorted({one if _SCOPE.fullmatch(one) else INTERNAL for one in scopes}),
        "text": text,
        "answers": sorted(answers),
        "by_patch": method == "delete" and bool(_BY_PATCH.search(text)),
        "deprecated": bool(said.get("deprecated") or _DEPRECATED.search(text)),
    }
    if media:
        row |= {"body": slim(content[media].get("schema") or {}), "media": media}
    return row


def _parameter(said: Mapping[str, Any]) -> dict[str, Json]:
    named = {"name": said["name"], "in": said["in"], "required": bool(said.get("required"))}
    return named | {"schema": slim(said.get("schema") or {}), "text": _short(said.get("description") or "")}


def _preference(row: Mapping[str, Any]) -> int:
    parent = _PARENT.match(row["path"])
    return _PREFERENCE.index(parent[1]) if parent else 0


def _without_put(rows: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Without PUT where there is PATCH, which changes the same and asks for less."""
    patches = {row["path"]: row for row in rows if row["method"] == "PATCH"}
    for row in (row for row in rows if row["method"] == "PUT" and row["path"] in patches):
        patches[row["path"]]["twins"] += [row["id"], *row["twins"]]
    return [row for row in rows if row["method"] != "PUT" or row["path"] not in patches]


def _reachable(operations: list[dict[str, Json]], schemas: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """The components that bodies and parameters name, and those that these name."""
    wanted, seen = list(_references(operations)), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            kept = slim(resolved(schemas.get(name, NOTHING), schemas))
            wanted += _references(kept)
            yield name, kept


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(SCHEMA_REFERENCE)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _operation(row: Mapping[str, Any], collections: Container[str]) -> Operation:
    parameters = tuple(
        Parameter(one["name"], one["in"], one["required"], one["schema"], one["text"]) for one in row["parameters"]
    )
    made = Operation(
        id=row["id"],
        method=row["method"],
        path=row["path"],
        parameters=parameters,
        body=row.get("body"),
        media=row.get("media", "application/json"),
        answers=tuple(row["answers"]),
        scopes=tuple(row["scopes"]),
        deletes_by_patch=row["by_patch"],
        deprecated=row["deprecated"],
        twins=tuple(row["twins"]),
        text=row["text"],
    )
    made = made._replace(
        parameters=tuple(one for one in parameters if one.place == "query" or one.name != made.filled),
        plain=made.path.endswith("}/") or made.path in collections or made.collection.count("/") == 1,
    )
    return made._replace(reads=effect_of(made).effect == "reads", summary=summary(made))


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


def _short(text: str) -> str:
    """A text in one line, its end marked where it is cut."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[:_LONGEST_TEXT]}… (longer)"


def _part(name: str, value: Any) -> Json:
    if name == "properties":
        return {key: slim(one) for key, one in value.items() if not (isinstance(one, Mapping) and one.get("readOnly"))}
    if name == "description":
        return _short(value)
    if name in {"anyOf", "oneOf", "allOf"}:
        return [slim(one) for one in value]
    return slim(value) if name in {"items", "additionalProperties"} and isinstance(value, dict) else value


def _nullable(schema: dict[str, Json]) -> Json:
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return schema | {"type": [*dict.fromkeys([*kinds, "null"])]}
    return {"anyOf": [schema, {"type": "null"}]} if schema.keys() & {"$ref", "allOf", "oneOf", "anyOf"} else schema
