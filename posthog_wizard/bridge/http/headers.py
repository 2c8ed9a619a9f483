"""The HTTP headers that a message travels with. Pure.

Until the revision of 2025-11-25 a server may demand its session id and the agreed version; since that of 2026-07-28
each request names its own version, and intermediaries are told its method and name.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

from posthog_wizard import __version__
from posthog_wizard.bridge.messages import Message
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.jsonrpc import object_of, text_of

Headers = list[tuple[bytes, bytes]]

_NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}  # the parameter in Mcp-Name
_PLAIN = re.compile(r"[\x20-\x7e]*")
_DISGUISED = re.compile(r"=\?base64\?.*\?=")


def common_headers(key: Secret | None) -> Headers:
    """What every request to the server carries."""
    agent = f"posthog-wizard/{__version__} (mcp bridge)".encode()
    headers = [(b"User-Agent", agent), (b"Accept-Encoding", b"identity")]
    if key is not None:
        headers.append((b"Authorization", f"Bearer {key.reveal()}".encode()))
    return headers


def message_headers(message: Message) -> Headers:
    """What a POST of this message carries, whatever the session."""
    headers = [(b"Accept", b"application/json, text/event-stream"), (b"Content-Type", b"application/json")]
    if message.version is None:
        return headers
    name = text_of(message.parameters, _NAMED_BY.get(message.method or "", ""))
    named = {"MCP-Protocol-Version": message.version, "Mcp-Method": message.method, "Mcp-Name": name}
    return headers + [field(name, value) for name, value in named.items() if value is not None]


def session_headers(session_id: bytes | None, version: str | None) -> Headers:
    """What belongs to a session: its id, and the version that `initialize` agreed on."""
    headers = [(b"Mcp-Session-Id", session_id)] if session_id else []
    return [*headers, *([field("MCP-Protocol-Version", version)] if version else [])]


def argument_headers(places: HeaderPlaces, arguments: Json) -> Headers:
    """`Mcp-Param-*` for a tool's arguments; `places` are the paths into them, each with the name of its header."""
    headers = []
    for path, name in places.items():
        value = arguments
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, str | int | float):
            headers.append(field(f"Mcp-Param-{name}", str(value)))
    return headers


def field(name: str, value: str) -> tuple[bytes, bytes]:
    """A header whose value survives the way: anything but plain ASCII is wrapped in base64."""
    if not _PLAIN.fullmatch(value) or value != value.strip() or _DISGUISED.fullmatch(value):
        value = f"=?base64?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="
    return name.encode(), value.encode()


_ANNOTATION = "x-mcp-header"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_KINDS = {"string", "integer", "boolean"}

# Where JSON Schema 2020-12 has further schemas, in which an annotation must not stand.
_ONE = ("items", "contains", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames",
       "not", "if", "then", "else", "contentSchema")  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME = ("patternProperties", "dependentSchemas", "$defs", "definitions")

_Path = tuple[str, ...]
HeaderPlaces = Mapping[_Path, str]  # the paths into a tool's arguments that have a header, with its name


class Misplaced(ValueError):
    """An annotation that the specification forbids; the tool must not be offered."""


def learn_places(known: dict[str, HeaderPlaces], result: Json, *, first_page: bool) -> list[str]:
    """Remember by the tools' names what a `tools/list` result says. Gives the reasons for tools taken out of it."""
    listed = result.get("tools") if isinstance(result, dict) else None
    if not isinstance(listed, list):
        return []
    if first_page:
        known.clear()
    refused: dict[int, str] = {}
    for tool in listed:
        name = text_of(tool, "name") or ""
        try:
            known[name] = places(object_of(tool, "inputSchema"))
        except Misplaced as error:
            known.pop(name, None)
            refused[id(tool)] = f"the tool `{name}` was left out: {error}"
    if refused:
        result["tools"] = [tool for tool in listed if id(tool) not in refused]
    return list(refused.values())


def places(schema: Json) -> HeaderPlaces:
    """Where a tool's input schema wants headers. Raises Misplaced."""
    found: dict[_Path, str] = {}
    for path, position in _positions(schema):
        if _ANNOTATION not in position:
            continue
        name, kind = position[_ANNOTATION], position.get("type")
        for wrong, reason in (
            (not path, "where no property of the arguments stands"),
            (not isinstance(name, str) or not _TOKEN.fullmatch(name), "with a name that is no header's"),
            (not isinstance(kind, str) or kind not in _KINDS, "on what is no text, whole number or truth value"),
            (str(name).lower() in {other.lower() for other in found.values()}, "twice with the same name"),
        ):
            if wrong:
                raise Misplaced(f"`{_ANNOTATION}` {reason}")
        found[path or ()] = name
    return found


def _positions(schema: Json) -> Iterator[tuple[_Path | None, dict[str, Json]]]:
    """Every schema within a schema, with the chain of properties that leads there; None once it leaves that chain."""
    waiting: list[tuple[_Path | None, Json]] = [((), schema)]
    while waiting:
        path, position = waiting.pop()
        if isinstance(position, dict):
            yield path, position
            for name, each in object_of(position, "properties").items():
                waiting.append((None if path is None else (*path, name), each))
            waiting += [(None, position[name]) for name in _ONE if name in position]
            several = [position[name] for name in _SEVERAL if isinstance(position.get(name), list)]
            several += [object_of(position, name).values() for name in _BY_NAME]
            waiting += [(None, each) for schemas in several for each in schemas]
