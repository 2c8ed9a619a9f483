"""What a line of a client is: messages to pass on, or answers that are due at once. Pure.

The rules are JSON-RPC's (https://www.jsonrpc.org/specification) as far as MCP keeps to them: an id is a string or an
integer, parameters are an object, and a batch is a message in the revision of 2025-03-26 alone.

The SDK's `stdio_server` passes what it cannot parse to a server that drops it, so lines are read here. An id that is
used twice at a time is answered twice.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import INVALID_REQUEST, PARSE_ERROR, error_response, is_error
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
    """Raises TooMuch, and ValueError for what is no JSON."""
    if len(line) > LONGEST_LINE:
        raise TooMuch(f"the line is longer than {LONGEST_LINE >> 20} MB")
    return decode(whole_utf8(line), _DEEPEST)


def _error_of(code: int, message: str, request_id: Json = None) -> dict[str, Json]:
    """An error as JSON-RPC answers it."""
    return error_response(request_id, {"code": code, "message": message})


def opens_with_batches(message: dict[str, Json]) -> bool | None:
    """Whether the session that it opens knows batches; None when it opens none."""
    if message.get("method") != "initialize":
        return None
    return (message.get("params") or {}).get("protocolVersion") == _BATCH_VERSION


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
    readings = [_one(part) if not _is_initialize(part) else _refused(part) for part in parts]
    messages = tuple(message for reading in readings for message in reading.messages)
    return Reading(messages, tuple(answer for reading in readings for answer in reading.answers), batch=True)


def _is_initialize(part: Json) -> bool:
    return isinstance(part, dict) and part.get("method") == "initialize"


def _refused(part: Json) -> Reading:
    """https://modelcontextprotocol.io/specification/2025-03-26/basic/lifecycle#initialization."""
    return Reading(answers=(_invalid("`initialize` must not be part of a batch", part),))


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
        content = json.loads(whole_escapes(whole_utf8(line)).decode("utf-8"), parse_int=_short)
    except (ValueError, RecursionError):
        found = _ID_IN_FRONT.match(line[:_EDGE]) or _ID_AT_THE_END.search(line[-_EDGE:])
        return json.loads(found["id"].decode("utf-8", "replace")) if found else None
    found = content.get("id") if isinstance(content, dict) else None
    return found if _is_id(found) else None


def _short(digits: str) -> int | None:
    return int(digits) if len(digits) <= SURE else None
