"""Messages of the client and the server: what one is, who is owed an answer, what is known of one under way. Pure."""

import json
from asyncio import Event
from dataclasses import dataclass, field
from typing import NamedTuple

from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import encode, id_key, is_anonymous_error, is_request, is_response, object_of, text_of
from posthog_wizard.net.mcp_eras import VERSION_FIELD
from posthog_wizard.net.strict_json import MARK, nesting_levels, strict, whole_utf8

_DEEPEST = 500  # levels of a client's line: any Python reads as many, however deep its own stack is
# https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta


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
    version = text_of(object_of(object_of(content, "params"), "_meta"), VERSION_FIELD)
    pending_ids = [part["id"] for part in parts if is_request(part)]
    return Message(raw, content, text_of(content, "method"), pending_ids, version)


def message_of(content: Json) -> Message:
    """A message of the bridge's own."""
    return parse_message(encode(content))


INITIALIZED = message_of({"jsonrpc": "2.0", "method": "notifications/initialized"})


def one_line(raw: bytes) -> bytes:
    """The same JSON with nothing in it that ends a line; outside of strings a line break is mere white space."""
    raw = raw.strip().removeprefix(MARK)
    return raw.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in raw or b"\r" in raw else raw


def tidied(part: dict[str, Json]) -> dict[str, Json]:
    """A part as every client reads it: no null for what is not there, an answer with its version; as it is where it is so."""
    asks = "method" in part
    either = {"id"} if asks else {"result", "error"} if {"result", "error"} <= part.keys() else set()
    kept = {name: value for name, value in part.items() if value is not None or name not in either}
    kept |= {} if asks else {"jsonrpc": "2.0"}
    return part if kept == part else kept


def is_sound(part: Json) -> bool:
    """Whether a part of a server's message is one that a client knows what to do with."""
    if "method" not in part:
        return is_anonymous_error(part) or ("id" in part and is_response(part))
    is_named = isinstance(part["method"], str) and part.get("jsonrpc") == "2.0"
    return is_named and ("id" not in part or id_key(part["id"]) is not None)


@dataclass(eq=False)
class PendingRequest:
    """What is known of a message between its line and its answers."""

    message: Message
    pending_ids: dict[str | None, Json] = field(default_factory=dict)  # ids still without an answer, by their `id_key`
    sent: Event = field(default_factory=Event)  # the whole message has left at least once
    heard: int = 0  # messages that the server sent for it
    last_event: str | None = None  # where its broken stream can be taken up again
    retry: float | None = None  # seconds before that, as the server wishes
    private: bool = False  # a question of the bridge's own, whose answer the client must not see
    result: Json = None  # the answer to `tools/list`, or to a question of the bridge's own
    original: Message | None = None  # as the client wrote it, where `message` is in the words of the server's era
    wanted: Json = None  # what a server of the later era must know first: its `input_required`
    rounds: int = 0  # how often it asked
    questions: dict[str, Json] = field(default_factory=dict)  # of a server of the earlier era, to a later client
    parked: bool = False  # the client was told of them, and will come back under another id
    late: Json = None  # the answer that came meanwhile
    session_id: bytes | None = None  # which the server gave with an answer to `initialize`

    @property
    def method(self) -> str | None:
        """The message's method."""
        return self.message.method

    @property
    def complete(self) -> bool:
        """Whether every request in it has its answer."""
        return not self.pending_ids


def pending_request(message: Message, *, private: bool = False) -> PendingRequest:
    """A message that sets out."""
    return PendingRequest(message, {id_key(each): each for each in message.pending_ids}, private=private)
