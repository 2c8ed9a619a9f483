"""Which arguments of which tools must be repeated in HTTP headers, as the last `tools/list` said. Pure.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import object_of, text_of

_ANNOTATION = "x-mcp-header"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_KINDS = {"string", "integer", "boolean"}

# Where JSON Schema 2020-12 has further schemas, in which an annotation must not stand.
_ONE = ("items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames",
       "not", "if", "then", "else", "contentSchema")  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME = ("patternProperties", "dependentSchemas", "$defs", "definitions")

_Path = tuple[str, ...]
_Places = Mapping[_Path, str]


class Misplaced(ValueError):
    """An annotation that the specification forbids; the tool must not be offered."""


@dataclass
class ParameterHeaders:
    """What the server's tools ask for, by the tool's name."""

    tools: dict[str, _Places] = field(default_factory=dict)

    def learn(self, result: Json, *, first_page: bool) -> list[str]:
        """Remember what a `tools/list` result says. Gives the reasons for tools taken out of it."""
        listed = result.get("tools") if isinstance(result, dict) else None
        if not isinstance(listed, list):
            return []
        if first_page:
            self.tools.clear()
        refused = {id(tool): reason for tool in listed if (reason := self._learn_one(tool))}
        if refused:
            result["tools"] = [tool for tool in listed if id(tool) not in refused]
        return list(refused.values())

    def places(self, tool: str | None) -> _Places:
        """The paths into a tool's arguments that have a header, with its name."""
        return self.tools.get(tool or "", {})

    def _learn_one(self, tool: Json) -> str | None:
        name = text_of(tool, "name") or ""
        try:
            self.tools[name] = places(object_of(tool, "inputSchema"))
        except Misplaced as error:
            self.tools.pop(name, None)
            return f"the tool `{name}` was left out: {error}"
        return None


def places(schema: Json) -> _Places:
    """Where a tool's input schema wants headers. Raises Misplaced."""
    found: dict[_Path, str] = {}
    for path, position in _positions(schema):
        if _ANNOTATION in position:
            _check(path, position, found)
            found[path or ()] = position[_ANNOTATION]
    return found


def _check(path: _Path | None, position: Json, found: _Places) -> None:
    name, kind = position[_ANNOTATION], position.get("type")
    for wrong, reason in (
        (not path, "where no property of the arguments stands"),
        (not isinstance(name, str) or not _TOKEN.fullmatch(name), "with a name that is no header's"),
        (not isinstance(kind, str) or kind not in _KINDS, "on what is no text, whole number or truth value"),
        (str(name).lower() in {other.lower() for other in found.values()}, "twice with the same name"),
    ):
        if wrong:
            raise Misplaced(f"`{_ANNOTATION}` {reason}")


def _positions(schema: Json) -> Iterator[tuple[_Path | None, dict[str, Json]]]:
    """Every schema within a schema, with the chain of properties that leads there; None once it leaves that chain."""
    waiting: list[tuple[_Path | None, Json]] = [((), schema)]
    while waiting:
        path, position = waiting.pop()
        if isinstance(position, dict):
            yield path, position
            waiting += [
                (None if path is None else (*path, name), each)
                for name, each in object_of(position, "properties").items()
            ]
            waiting += [(None, each) for each in _elsewhere(position)]


def _elsewhere(position: dict[str, Json]) -> Iterator[Json]:
    yield from (position[name] for name in _ONE if name in position)
    for name in _SEVERAL:
        yield from position[name] if isinstance(position.get(name), list) else ()
    for name in _BY_NAME:
        yield from object_of(position, name).values()
