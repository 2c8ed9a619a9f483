"""The HTTP headers that a message travels with. Pure.

Until the revision of 2025-11-25 a server may demand its session id and the agreed version; since that of 2026-07-28
each request names its own version, and intermediaries are told its method and name.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from posthog_wizard import __version__
from posthog_wizard.bridge.messages import Message
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.jsonrpc import text_of

Headers = list[tuple[bytes, bytes]]

_NAMED_BY = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
}  # method -> the parameter in Mcp-Name
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
    named = {"MCP-Protocol-Version": message.version, "Mcp-Method": message.method, "Mcp-Name": _name(message)}
    return headers + [field(name, value) for name, value in named.items() if value is not None]


def session_headers(session_id: bytes | None, version: str | None) -> Headers:
    """What belongs to a session: its id, and the version that `initialize` agreed on."""
    headers = [(b"Mcp-Session-Id", session_id)] if session_id else []
    return [*headers, *([field("MCP-Protocol-Version", version)] if version else [])]


def argument_headers(places: Mapping[tuple[str, ...], str], arguments: Json) -> Headers:
    """`Mcp-Param-*` for a tool's arguments; `places` are the paths into them, each with the name of its header."""
    values = ((name, _plain(_at(arguments, path))) for path, name in places.items())
    return [field(f"Mcp-Param-{name}", value) for name, value in values if value is not None]


def field(name: str, value: str) -> tuple[bytes, bytes]:
    """A header whose value survives the way: anything but plain ASCII is wrapped in base64."""
    if not _PLAIN.fullmatch(value) or value != value.strip() or _DISGUISED.fullmatch(value):
        value = f"=?base64?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="
    return name.encode(), value.encode()


def _name(message: Message) -> str | None:
    return text_of(message.parameters, _NAMED_BY.get(message.method or "", ""))


def _at(value: Json, path: tuple[str, ...]) -> Json:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _plain(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None
