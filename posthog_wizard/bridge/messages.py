"""JSON-RPC, as far as a bridge must know it: what is it, who is owed an answer, what does HTTP ask of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from posthog_wizard.model import Json

# https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
VERSION_FIELD = "io.modelcontextprotocol/protocolVersion"


class Message(NamedTuple):
    """One line of either side.

    `content` is a list for a batch, which the 2025-03-26 revision knew. `method` is None for a batch or an answer,
    `owed` the ids of the requests in it, each of which must get one answer, `version` the protocol revision that the
    message itself names, as those without sessions do (since 2026-07-28).
    """

    raw: bytes
    content: Json
    method: str | None
    owed: list[Json]
    version: str | None

    @property
    def parts(self) -> list[Json]:
        """The JSON-RPC objects in it."""
        return self.content if isinstance(self.content, list) else [self.content]

    @property
    def parameters(self) -> dict[str, Json]:
        """The parameters by name; empty when there are none."""
        return object_of(self.content, "params")


def parse(raw: bytes) -> Message:
    """A line or a body. Raises ValueError for what is neither a JSON object nor a list of them."""
    try:
        content = json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    parts = content if isinstance(content, list) else [content]
    if not parts or not all(isinstance(part, dict) for part in parts):
        raise ValueError("not a JSON-RPC message")
    version = text_of(object_of(object_of(content, "params"), "_meta"), VERSION_FIELD)
    return Message(
        raw, content, text_of(content, "method"), [part["id"] for part in parts if is_request(part)], version
    )


def message_of(content: Json) -> Message:
    """A message of the bridge's own."""
    return parse(encode(content))


def one_line(raw: bytes) -> bytes:
    """The same JSON with nothing in it that ends a line; outside of strings a line break is mere white space."""
    raw = raw.strip().removeprefix(b"\xef\xbb\xbf")
    return raw.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in raw or b"\r" in raw else raw


def is_request(part: Json) -> bool:
    """Whether it is owed an answer."""
    return "method" in part and "id" in part


def is_response(part: Json) -> bool:
    """Whether it is an answer."""
    return "method" not in part and ("result" in part or "error" in part)


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
