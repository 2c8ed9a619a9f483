"""From what happened to what is sent: redacted, cut to size, in the words of the contract.

Most of it is the posthog SDK's own pipeline (`posthog.mcp`), whose parts are not public: this is the only file that
imports them. What is added here is said where it is added.

What would be cut away later is cut before anybody searches it for secrets: redaction holds the interpreter for half a
second for each megabyte, from whatever thread it is done. Texts that are files in disguise go, too: PostHog takes none.

`posthog` is held below 8. Should the parts be gone, events are dropped, the log says so, and servers run on.

Of a failure the list is the SDK's, too; absolute paths and source lines are taken out of it, since they tell of the machine
that it happened on, and `in_app`, `colno` and `synthetic` added. It is told without the MCP SDK's wrapper
(`UnexpectedToolError` and its kin): error tracking groups by the first exception of the list. A cancelled call is a
failed `$mcp_tool_call` without an `$exception`: nobody's code failed.
"""

import json
import re
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any, Final

from posthog.exception_utils import exceptions_from_error_tuple, walk_exception_chain
from posthog.mcp import ToolInputOptions, get_tool_input_properties
from posthog.mcp._exceptions import http_status
from posthog.mcp._lib_identity import apply_mcp_lib_identity
from posthog.mcp._posthog_events import build_posthog_capture_events
from posthog.mcp._sanitization import sanitize_event
from posthog.mcp._truncation import MAX_EVENT_BYTES, truncate_event

from posthog_wizard.analytics.options import Options

MAX_PAYLOAD_BYTES: Final = MAX_EVENT_BYTES
MAX_TEXT_LENGTH: Final = 32_768  # characters of a text that may be sent; the contract's
_MOST_ITEMS: Final = 101  # of an array or an object: the contract's hundred, and one that shows that there were more
_MOST_PARTS: Final = 10_000  # texts, numbers, arrays and so on of a request and its answer; more do not fit
_DEEPEST: Final = 12  # levels; the contract's ten, and the event around them
MAX_VALUE_BYTES: Final = 400_000  # of a request and its answer together that are searched
_STEPS: Final = (MAX_TEXT_LENGTH, 8_192, 2_048, 512, 128)  # characters that a text may keep, tried in this order
TRUNCATION_MARGIN: Final = 1.5  # of that is searched, so that a secret is not cut in two where the text ends
BINARY_MARK: Final = "[binary data redacted - not supported by PostHog MCP analytics]"
_LONG_TEXT: Final = 10_240  # characters; shorter ones may be an identifier
# The SDK knows base64 only, without base64url and data URLs.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\n\r]+=*")
_DATA_URL: Final = re.compile(r"data:[^,]{0,255};base64,", re.IGNORECASE)
_FITTED: Final = ("response", "parameters")
_SEARCHED: Final = (*_FITTED, "user_intent", "failure")
_LONGEST: Final = 8_192  # characters of a message that are looked at; a quarter of them is sent
_SOURCE: Final = ("abs_path", "pre_context", "context_line", "post_context")
_LIBRARIES: Final = ("site-packages", "dist-packages")
_WATCHER: Final = "posthog_wizard.analytics.middleware"  # it stands between the SDK and the tool
_STANDARD: Final = sysconfig.get_paths()["stdlib"]
_WRAPPERS: Final = ("ToolError", "UnexpectedToolError", "ResourceError", "UnexpectedResourceError", "MCPError")
_WRAPPING: Final = ("Error executing tool", "Error calling tool", "Error reading resource")
# A path of at least two names, not part of an address: POSIX, or Windows with a drive or a share.
_POSIX_PATH: Final = re.compile(r"(?:(?<=file://)|(?<![\w.:/\\~-]))~?/(?:[^\s/'\"<>|:]+/)+(?=[^\s/'\"<>|:]*)")
_WINDOWS_PATH: Final = re.compile(r"(?<!\w)(?:[A-Za-z]:[\\/]|\\\\)(?:[^\\/'\"<>|:*?\n]+[\\/]+)*")


def payloads(event: dict[str, Any], options: Options) -> list[dict[str, Any]]:
    """The event as capture takes it, and its `$exception` after it if it failed.

    `event` has the keys of the SDK's own internal events; beside them `failure` is what was raised, or the text of an
    error, and `inputs` are the arguments of a call and their schema.
    """
    texts = {key: event[key] for key in _SEARCHED if not isinstance(event.get(key), BaseException | None)}
    given, most = truncate(texts)
    event |= given
    with_source, failure = options.exception_source, event.pop("failure", None)
    event["properties"] = _input_names(event, options) | (event.get("properties") or {})
    if failure is not None:
        event["error"] = exception_properties(failure, with_source=with_source)
        event["response"] = event.get("response") if with_source else without_paths(event.get("response"))
        status = http_status(failure)
        event |= {} if status is None else {"error_status": status}
    clean: dict[str, Any] = sanitize_event(_without_binary(event))
    whole = _fit(clean | {key: _truncate_texts(clean[key], most) for key in _FITTED if key in clean})
    built: list[Any] = build_posthog_capture_events(truncate_event(whole), options.enable_exception_autocapture)
    for sibling in built[1:]:
        if "$mcp_tool_name" in sibling["properties"]:
            sibling["properties"]["$exception_source"] = "mcp.tool_call"
    return built


def _input_names(event: dict[str, Any], options: Options) -> dict[str, Any]:
    """The names of a call's arguments: those that the tool declares, and `[redacted]` for all others."""
    arguments, schema = event.pop("inputs", (None, None))
    if arguments is None:
        return {}
    aliases = options.resolve_input_aliases(event["resource_name"]) if options.resolve_input_aliases else None
    chosen = ToolInputOptions(options.should_record_input_key, aliases)
    return dict(get_tool_input_properties(arguments, schema, chosen))


def name_library(client: Any) -> None:
    """Have everything that the client sends labelled (`$lib`) as MCP analytics, as the SDK's own instrument does."""
    apply_mcp_lib_identity(client)


def _fit(event: dict[str, Any]) -> dict[str, Any]:
    """The event below the limit of size, by shorter strings in the response, then in the parameters.

    The SDK would rather cut off depth, which leaves of four long texts nothing but `[Object]`.
    """
    for key in _FITTED:
        for most in _STEPS[1:]:
            if json_bytes(event) <= MAX_PAYLOAD_BYTES:
                return event
            event = {**event, key: _truncate_texts(event.get(key), most)}
    return event


# ------------------------------------------------------------------ size


def truncate(value: Any) -> tuple[Any, int]:
    """The value with at most so much in it, and the characters that its texts may keep after redaction."""
    whole = _Cut(int(MAX_TEXT_LENGTH * TRUNCATION_MARGIN)).of(value)
    value = _without_binary(whole)  # a shorter piece would not be known for what it is
    for most in _STEPS:
        value = _Cut(int(most * TRUNCATION_MARGIN)).of(value)
        if json_bytes(value) <= MAX_VALUE_BYTES:
            break
    parts = _MOST_PARTS
    while json_bytes(value) > MAX_VALUE_BYTES:  # many texts, each of them short
        parts //= 2
        value = _Cut(int(most * TRUNCATION_MARGIN), parts).of(value)
    return value, most


def _truncate_texts(value: Any, most: int) -> Any:
    """The value with no text longer than so many characters."""
    return _map_texts(value, lambda text: text if len(text) <= most else text[: most - 3] + "...")


def _without_binary(value: Any) -> Any:
    """The value with a mark in the place of each long string that is base64, base64url or a data URL."""

    def marked(text: str) -> str:
        is_binary = len(text) >= _LONG_TEXT and (_DATA_URL.match(text) or _BASE64.fullmatch(text))
        return BINARY_MARK if is_binary else text

    return _map_texts(value, marked)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed; its arrays become lists."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    return [_map_texts(item, change) for item in value] if isinstance(value, list | tuple) else value


def json_bytes(value: Any) -> int:
    """Bytes of the value as JSON."""
    return len(json.dumps(value, default=str, separators=(",", ":")).encode())


@dataclass
class _Cut:
    """Takes the beginning of a value: texts of `most` characters, and `left` more parts of whatever kind."""

    most: int
    left: int = _MOST_PARTS

    def of(self, value: Any, around: tuple[int, ...] = ()) -> Any:
        """The beginning of a value that is within those of these ids."""
        self.left -= 1
        if isinstance(value, str):
            return value[: self.most]
        if not isinstance(value, dict | list | tuple):
            return value
        if id(value) in around:
            return "[Circular ~]"
        within = (*around, id(value))
        if len(within) > _DEEPEST:
            return "[Object]" if isinstance(value, dict) else "[Array]"
        if isinstance(value, dict):
            return {key: self.of(item, within) for key, item in islice(value.items(), _MOST_ITEMS) if self.left > 0}
        return [self.of(item, within) for item in value[:_MOST_ITEMS] if self.left > 0]


# ------------------------------------------------------------------ exceptions


def exception_properties(failure: BaseException | str, *, with_source: bool) -> dict[str, Any]:
    """`$exception_list`, the outermost first, and `$exception_level`. A text becomes an exception made up for it."""
    if isinstance(failure, BaseException):
        found = _raised(_unwrapped(failure))
    else:
        mechanism = {"type": "generic", "handled": True, "synthetic": True, "exception_id": 0}
        found = [{"type": "Error", "value": failure, "mechanism": mechanism}]
    return {
        "$exception_list": found if with_source else [_stripped(entry) for entry in found],
        "$exception_level": "error",
    }


def without_paths(value: Any) -> Any:
    """The value with every absolute path, in whatever text it holds, cut down to its last name."""
    return _map_texts(value, lambda text: _WINDOWS_PATH.sub("…/", _POSIX_PATH.sub("…/", text)))


def _unwrapped(failure: BaseException) -> BaseException:
    """What the server's code raised: error tracking groups by the first exception, and all failures share those wrappers."""
    kind, inner = type(failure), next(iter(_chain(failure)[1:]), None)
    named = kind.__name__ in _WRAPPERS and kind.__module__.startswith(("mcp.", "fastmcp."))
    return _unwrapped(inner) if inner is not None and named and str(failure).startswith(_WRAPPING) else failure


def _raised(failure: BaseException) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = exceptions_from_error_tuple((type(failure), failure, failure.__traceback__))
    for entry, error in zip(entries, _chain(failure), strict=False):
        frames, traces = _frames(entry), traceback.extract_tb(error.__traceback__)
        # `colno` counts from 1 as in JavaScript; where Python kept no columns, or the frames are others, there is none
        if [trace.lineno for trace in traces] == [frame.get("lineno") for frame in frames]:
            for frame, trace in zip(frames, traces, strict=True):
                frame.update({} if trace.colno is None else {"colno": trace.colno + 1})
    for entry in entries:
        entry["type"] = str(entry["type"]).rpartition(".")[2]  # without the function or class that it was made in
        entry["mechanism"] = {**(entry.get("mechanism") or {}), "handled": True, "synthetic": False}
        for frame in _frames(entry):
            path = frame.get("abs_path") or ""  # of the server's own code: no library's, and not Python's
            frame["in_app"] = not path.startswith(("<", _STANDARD)) and not any(name in path for name in _LIBRARIES)
        if "stacktrace" in entry:
            entry["stacktrace"]["frames"] = [frame for frame in _frames(entry) if frame.get("module") != _WATCHER]
    return [{key: value for key, value in entry.items() if value is not None} for entry in entries]


def _chain(failure: BaseException) -> list[BaseException]:
    """An exception and what it came from, as a traceback prints them, and as the SDK lists them."""
    walk = walk_exception_chain((type(failure), failure, failure.__traceback__))
    return [error for _, error, _ in walk if error is not None]


def _frames(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = (entry.get("stacktrace") or {}).get("frames") or []
    return frames


def _stripped(entry: dict[str, Any]) -> dict[str, Any]:
    frames = []
    for frame in _frames(entry):
        path = PurePath(str(frame.get("filename") or ""))
        bare = {key: value for key, value in frame.items() if key not in _SOURCE}
        frames.append({**bare, "filename": path.name if path.is_absolute() else path.as_posix()})
    trace = {"stacktrace": {**entry["stacktrace"], "frames": frames}} if frames else {}
    return {**entry, **trace, "value": without_paths(str(entry.get("value") or "")[:_LONGEST])}
