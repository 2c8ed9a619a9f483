"""From a PostHog's OpenAPI document to its operations: `compacted` keeps what we need of it, `from_compact` reads that.

The compact form is what is cached and packaged: `{"made", "title", "operations": [...], "schemas": {...}}`. Paths below
`/environments/` are the same things as those below `/projects/`, under their former name (rewritten since 2026-07-31).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from typing import Any

from posthog_wizard.model import Json
from posthog_wizard.openapi.effects import only_reads
from posthog_wizard.openapi.model import INTERNAL, SCHEMA_REFERENCE, Index, Operation, Origin, Parameter
from posthog_wizard.openapi.schemas import short, slim
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


def index(document: Mapping[str, Json], *, host: str | None = None, made: str = "") -> Index:
    """The operations of an OpenAPI document, twins merged."""
    return from_compact(compacted(document, made=made), host=host)


def compacted(document: Mapping[str, Any], *, made: str = "") -> dict[str, Json]:
    """The document without what nobody asks for. Raises AttributeError, KeyError, TypeError, ValueError for what is no OpenAPI."""
    if len(document["paths"]) > _MOST_PATHS:
        raise ValueError(f"more than {_MOST_PATHS} paths")
    found = defaultdict(list)
    for path, methods in document["paths"].items():
        for method in _METHODS if _PATH.fullmatch(path) and ".." not in path else ():
            if method in methods and _ID.fullmatch(methods[method]["operationId"]):
                row = _row(method, path, methods[method])
                found[method, _PARENT.sub("/", path)].append(row)
    operations = [_merged(twins) for twins in found.values()]
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
    parents = {(one.product, _names(bare, one)) for one in rows if one.body and one.plain}
    operations = {
        one.id: one._replace(inherits=bool(one.body and not one.plain and (one.product, _names(bare, one)) in parents))
        for one in rows
    }
    return Index(operations, bare.schemas, origin)


def _names(index: Index, operation: Operation) -> frozenset[str]:
    """The names of a body's fields."""
    return frozenset(index.resolve(operation.body or {}).get("properties", ()))


def _row(method: str, path: str, said: Mapping[str, Any]) -> dict[str, Json]:
    text = short(f"{said.get('summary') or ''} {said.get('description') or ''}")
    content = said.get("requestBody", {}).get("content", {})
    media = next((one for one in (*_MEDIA, *content) if one in content), None)
    answers = {kind for reply in said.get("responses", {}).values() for kind in reply.get("content", {})}
    row = {
        "id": said["operationId"],
        "method": method.upper(),
        "path": path,
        "parameters": [_parameter(one) for one in said.get("parameters", ()) if _is_asked(one)],
        "scopes": sorted(
            {scope for rule in said.get("security", ()) for held in rule.values() for scope in map(_scope, held)}
        ),
        "text": text,
        "answers": sorted(answers),
        "by_patch": method == "delete" and bool(_BY_PATCH.search(text)),
        "deprecated": bool(said.get("deprecated") or _DEPRECATED.search(text)),
    }
    if media:
        row |= {"body": slim(content[media].get("schema") or {}), "media": media}
    return row


def _is_asked(said: Mapping[str, Any]) -> bool:
    return said["in"] in {"path", "query"} and _NAME.fullmatch(said["name"]) is not None


def _scope(said: str) -> str:
    """What is spelled otherwise is none that a key could have."""
    return said if _SCOPE.fullmatch(said) else INTERNAL


def _parameter(said: Mapping[str, Any]) -> dict[str, Json]:
    named = {"name": said["name"], "in": said["in"], "required": bool(said.get("required"))}
    return named | {"schema": slim(said.get("schema") or {}), "text": short(said.get("description") or "")}


def _merged(twins: list[dict[str, Json]]) -> dict[str, Json]:
    """The one of several that is offered, with the ids of the others."""
    first, *others = sorted(twins, key=_preference)
    return first | {"twins": [other["id"] for other in others]}


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
            kept = slim(_target(name, schemas))
            wanted += _references(kept)
            yield name, kept


def _target(name: str, schemas: Mapping[str, Any]) -> Any:
    """What a reference leads to in the end; anything is allowed where it leads nowhere, or to itself."""
    seen = set[str]()
    while name not in seen:
        seen.add(name)
        found = schemas.get(name, {})
        if not isinstance(found.get("$ref"), str):
            return found
        name = found["$ref"].removeprefix(SCHEMA_REFERENCE)
    return {}


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
        summary="",
        product="",
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
        product=made.collection.partition("/")[0],
        plain=made.path.endswith("}/") or made.path in collections or made.collection.count("/") == 1,
    )
    return made._replace(reads=only_reads(made), summary=summary(made))
