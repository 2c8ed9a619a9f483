"""JSON-RPC, as far as a bridge must know it: what is it, who is owed an answer, what does HTTP ask of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from posthog_wizard.model import Json
from posthog_wizard.net.strict_json import MARK, nesting_levels, strict, whole_utf8

_DEEPEST = 500  # levels of a client's line: any Python reads as many, however deep its own stack is
# https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
_VERSION_FIELD = "io.modelcontextprotocol/protocolVersion"


class Message(NamedTuple):
    """One line of either side.

    `content` is a list for a batch, which the 2025-03-26 revision knew. `method` is None for a batch or an answer,
    `pending_ids` the ids of the requests in it, each of which must get one answer, `version` the protocol revision that the
    message itself names, as those without sessions do (since 2026-07-28).
    """

    raw: bytes
    content: Json
    method: str | None
    pending_ids: list[Json]
    version: str | None

    @property
    def parts(self) -> list[Json]:
        """The JSON-RPC objects in it."""
        return self.content if isinstance(self.content, list) else [self.content]

    @property
    def parameters(self) -> dict[str, Json]:
        """The parameters by name; empty when there are none."""
        return object_of(self.content, "params")


def parse_message(raw: bytes) -> Message:
    """A line of the client, which goes on as it is. Raises ValueError for no message.

    What else is odd about it (`NaN`, a huge number) its server refuses, and that answer comes under the request's id.
    """
    try:
        text = whole_utf8(raw)
        content = json.loads(text.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if text.count(b"[") + text.count(b"{") > _DEEPEST and nesting_levels(content) > _DEEPEST:
        raise ValueError("nested too deeply")
    return _message(text, content)


def parse_strictly(raw: bytes) -> Message:
    """What a server sent, made fit for any client to read. Raises ValueError."""
    return _message(*strict(raw))


def _message(raw: bytes, content: Json) -> Message:
    parts = content if isinstance(content, list) else [content]
    if not parts or not all(isinstance(part, dict) for part in parts):
        raise ValueError("not a JSON-RPC message")
    version = text_of(object_of(object_of(content, "params"), "_meta"), _VERSION_FIELD)
    return Message(
        raw, content, text_of(content, "method"), [part["id"] for part in parts if is_request(part)], version
    )


def message_of(content: Json) -> Message:
    """A message of the bridge's own."""
    return parse_message(encode(content))


def one_line(raw: bytes) -> bytes:
    """The same JSON with nothing in it that ends a line; outside of strings a line break is mere white space."""
    raw = raw.strip().removeprefix(MARK)
    return raw.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in raw or b"\r" in raw else raw


def is_request(part: Json) -> bool:
    """Whether it is owed an answer."""
    return "method" in part and "id" in part


def is_response(part: Json) -> bool:
    """Whether it is an answer, by one of the two that answers have. An error must say which, and why."""
    if "method" in part or ("result" in part) == ("error" in part):
        return False
    return "result" in part or is_error(part["error"])


def is_error(error: Json) -> bool:
    """Whether it is an error of JSON-RPC (https://www.jsonrpc.org/specification#error_object)."""
    return isinstance(error, dict) and type(error.get("code")) is int and isinstance(error.get("message"), str)


def is_anonymous_error(part: Json) -> bool:
    """Whether it is the error of a server that could not tell the id: null, or left out (MCP since 2025-11-25)."""
    return isinstance(part, dict) and part.get("id") is None and "error" in part and is_response(part)


def is_sound(part: Json) -> bool:
    """Whether a part of a server's message is one that a client knows what to do with."""
    if "method" not in part:
        return is_anonymous_error(part) or ("id" in part and is_response(part))
    return isinstance(part["method"], str) and ("id" not in part or id_key(part["id"]) is not None)


def id_key(identifier: Json) -> str | None:
    """What two spellings of one id have in common (`1`, `1.0`), apart from those of another type; None for no id."""
    if isinstance(identifier, str):
        return f'"{identifier}' if _is_whole(identifier) else None
    if isinstance(identifier, bool | dict | list):
        return None
    if isinstance(identifier, float) and identifier.is_integer():
        identifier = int(identifier)
    return str(identifier) if identifier is None or _is_finite(identifier) else None


def _is_whole(text: str) -> bool:
    """Whether no character of it is half of one."""
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False


def _is_finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # a whole number beyond every float
        return False


def error_lines(ids: Iterable[Json], error: Json) -> list[bytes]:
    """One error answer for each id; `error` is JSON-RPC's object of code, message and perhaps data."""
    return [encode({"jsonrpc": "2.0", "id": each, "error": error}) for each in ids]


def encode(content: Json) -> bytes:
    """Compact JSON in ASCII."""
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def text_of(holder: Json, name: str) -> str | None:
    """A field that must be text; None when it is not there or something else."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def object_of(holder: Json, name: str) -> dict[str, Json]:
    """A field that must be an object; empty when it is not there or something else."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}
