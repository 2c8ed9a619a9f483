"""A client's lines: messages for a server, or answers that are due at once; and the server's messages as lines. Pure.

The rules are JSON-RPC's (https://www.jsonrpc.org/specification) as far as MCP keeps to them: an id is a string or an
integer, parameters are an object, and a batch is a message in the revision of 2025-03-26 alone.

The SDK's `stdio_server` passes what it cannot parse to a server that drops it, so lines are read here. An id that is
used twice at a time is answered twice.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import INVALID_REQUEST, PARSE_ERROR, error_response, is_error, is_request
from posthog_wizard.net.strict_json import MARK, SURE, TooMuch, decode, whole_escapes, whole_utf8

_BATCH_VERSION = "2025-03-26"
LONGEST_LINE = 16 << 20  # bytes; PostHog takes no body of that size
_DEEPEST = 200  # levels, as many as the SDK's own parser reads
_LARGEST_BATCH = 1000  # messages
_EDGE = 1000  # bytes at either end of a line that cannot be parsed, in which its id is looked for
_ID = rb'"id"\s*+:\s*+(?P<id>-?\d{1,30}|"[^"\\]{0,200}")\s*+'
_MEMBER = rb'"(?!id")[^"\\]*+"\s*+:\s*+(?:"[^"\\]*+"|[-+.\w]++)\s*+'  # one that holds neither an object nor an array
_ID_IN_FRONT = re.compile(rb"\s*+\{\s*+(?:" + _MEMBER + rb",\s*+)*+" + _ID + rb"[,}]")
_ID_AT_THE_END = re.compile(rb",\s*+" + _ID + rb"(?:,\s*+" + _MEMBER + rb")*+\}\s*+\Z")


class Reading(NamedTuple):
    """What a line asks for.

    `messages` are JSON-RPC objects that a server can take. `answers` are errors that are owed for the rest of the line.
    In a batch all its answers, these and those to its messages, are one array.
    """

    messages: tuple[dict[str, Json], ...] = ()
    answers: tuple[dict[str, Json], ...] = ()
    batch: bool = False


def read_line(line: bytes, *, batches: bool) -> Reading:
    """A line without its end. `batches` tells whether a batch is a message in this session. Never raises."""
    line = line.removeprefix(MARK)
    if not line.strip():
        return Reading()
    try:
        content = _decoded(line)
    except TooMuch as error:
        return Reading(answers=(_error_of(INVALID_REQUEST, f"Invalid Request: {error}", _id_of(line)),))
    except ValueError:
        return Reading(answers=(_error_of(PARSE_ERROR, "Parse error: this line is not JSON in UTF-8"),))
    if not isinstance(content, list):
        return _one(content)
    if not batches:
        return Reading(answers=(_invalid(f"a batch is a message in MCP {_BATCH_VERSION} alone"),))
    return _batch(content)


def _decoded(line: bytes) -> Json:
    if len(line) > LONGEST_LINE:
        raise TooMuch(f"the line is longer than {LONGEST_LINE >> 20} MB")
    return decode(whole_utf8(line), _DEEPEST)


def _error_of(code: int, message: str, request_id: Json = None) -> dict[str, Json]:
    return error_response(request_id, {"code": code, "message": message})


def _one(content: Json) -> Reading:
    fault = _fault(content)
    if fault is None:
        return Reading(messages=(content,))
    return Reading() if _wants_no_answer(content) else Reading(answers=(_invalid(fault, content),))


def _batch(parts: list[Json]) -> Reading:
    if not parts:
        return Reading(answers=(_invalid("the batch is empty"),))
    if len(parts) > _LARGEST_BATCH:
        return Reading(answers=(_invalid(f"a batch holds at most {_LARGEST_BATCH} messages"),))
    readings = []
    for part in parts:
        if isinstance(part, dict) and part.get("method") == "initialize":
            # https://modelcontextprotocol.io/specification/2025-03-26/basic/lifecycle#initialization
            readings.append(Reading(answers=(_invalid("`initialize` must not be part of a batch", part),)))
        else:
            readings.append(_one(part))
    messages = tuple(message for reading in readings for message in reading.messages)
    return Reading(messages, tuple(answer for reading in readings for answer in reading.answers), batch=True)


def _fault(content: Json) -> str | None:
    """Why a server cannot take it; None when it can."""
    if not isinstance(content, dict):
        return "a message is an object"
    for name, fits, wanted in _MEMBERS:
        if name in content and not fits(content[name]):
            return f"`{name}` must be {wanted}"
    if content.get("jsonrpc") != "2.0":
        return '`jsonrpc` must be "2.0"'
    answer = "id" in content and ("result" in content or "error" in content)
    return None if "method" in content or answer else "`method` is missing"


def _is_id(value: Json) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


_MEMBERS = (
    ("id", _is_id, "a string or an integer"),
    ("method", lambda value: isinstance(value, str), "a string"),
    ("params", lambda value: value is None or isinstance(value, dict), "an object"),
    ("result", lambda value: isinstance(value, dict), "an object"),
    ("error", is_error, "an object with `code` and `message`"),
)


def _wants_no_answer(content: Json) -> bool:
    """A broken notification, which has no id, and a broken answer: answers to these would be answered in turn."""
    if not isinstance(content, dict):
        return False
    if "method" not in content:
        return "result" in content or "error" in content
    method = content["method"]
    named = isinstance(method, str) and (content.get("jsonrpc") == "2.0" or method.startswith("notifications/"))
    return "id" not in content and named


def _invalid(fault: str, content: Json = None) -> dict[str, Json]:
    """The error for what is no request, with its id where that can be told: JSON-RPC's may be a fraction, MCP's not."""
    found = content.get("id") if isinstance(content, dict) else None
    usable = _is_id(found) or isinstance(found, float)
    return _error_of(INVALID_REQUEST, f"Invalid Request: {fault}", found if usable else None)


def _id_of(line: bytes) -> Json:
    """The id of a message with too much in it: found by reading it all the same, or at its edges; else None."""
    try:
        text = whole_escapes(whole_utf8(line)).decode("utf-8")
        content = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= SURE else None)
    except (ValueError, RecursionError):
        found = _ID_IN_FRONT.match(line[:_EDGE]) or _ID_AT_THE_END.search(line[-_EDGE:])
        return json.loads(found["id"].decode("utf-8", "replace")) if found else None
    found = content.get("id") if isinstance(content, dict) else None
    return found if _is_id(found) else None


class ClientMessage(NamedTuple):
    """A message for the server, which calls `unanswered` where it will not answer it, as it was cancelled."""

    content: dict[str, Json]
    unanswered: Callable[[], object] = lambda: None


@dataclass(eq=False)
class _PendingBatch:
    """What is still owed to the requests of a batch, and the answers so far: they leave together, as one array."""

    owed: int
    answers: list[Json]


@dataclass
class StdioClientSession:
    """What is known between lines. `write` takes an answer, or the array of a batch's.

    Ids that are used twice at the same time are answered twice, in the order of the answers.
    """

    write: Callable[[Json], object]
    batches: bool = False
    _of_batches: dict[str | int, list[_PendingBatch]] = field(default_factory=dict)

    def take(self, line: bytes) -> list[ClientMessage]:
        """The messages of a line for the server; what can be answered without it is written."""
        reading = read_line(line, batches=self.batches)
        if reading.batch:
            batch = _PendingBatch(sum(map(is_request, reading.messages)), [*reading.answers])
            if not batch.owed and batch.answers:
                self.write(batch.answers)
            return [self._of_batch(message, batch) for message in reading.messages]
        for answer in reading.answers:
            self.write(answer)
        for message in reading.messages:
            if message.get("method") == "initialize":
                self.batches = (message.get("params") or {}).get("protocolVersion") == _BATCH_VERSION
        return [ClientMessage(message) for message in reading.messages]

    def give(self, content: dict[str, Json]) -> None:
        """Write a message of the server, or keep it until the rest of its batch is answered."""
        waiting = None if "method" in content else self._of_batches.get(content["id"])
        if waiting:
            self._settle(content["id"], waiting[0], [content])
        else:
            self.write(content)

    def _of_batch(self, message: dict[str, Json], batch: _PendingBatch) -> ClientMessage:
        if not is_request(message):
            return ClientMessage(message)
        self._of_batches.setdefault(message["id"], []).append(batch)
        return ClientMessage(message, partial(self._settle, message["id"], batch, []))

    def _settle(self, request_id: str | int, batch: _PendingBatch, answers: list[Json]) -> None:
        waiting = self._of_batches[request_id]
        waiting.remove(batch)
        if not waiting:
            del self._of_batches[request_id]
        batch.owed -= 1
        batch.answers += answers
        if not batch.owed and batch.answers:
            self.write(batch.answers)
