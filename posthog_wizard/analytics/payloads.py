"""From what happened to what is sent: redacted, cut to size, in the words of the contract.

Most of it is the posthog SDK's own pipeline (`posthog.mcp`), whose parts are not public: this is the only file that
imports them. What is added here is said where it is added.

`posthog` is held below 8. Should the parts be gone, events are dropped, the log says so, and servers run on.

Of a failure the list is the SDK's, too; absolute paths and source lines are taken out of it, since they tell of the machine
that it happened on, and `in_app`, `colno` and `synthetic` added. It is told without the MCP SDK's wrapper
(`UnexpectedToolError` and its kin): error tracking groups by the first exception of the list. A cancelled call is a
failed `$mcp_tool_call` without an `$exception`: nobody's code failed.
"""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Mapping
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
from posthog_wizard.analytics.truncation import STEPS, json_bytes, map_texts, truncate, truncate_texts, without_binary

MAX_PAYLOAD_BYTES: Final = MAX_EVENT_BYTES
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
    clean: dict[str, Any] = sanitize_event(without_binary(event))
    whole = _fit(clean | {key: truncate_texts(clean[key], most) for key in _FITTED if key in clean})
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
        for most in STEPS[1:]:
            if json_bytes(event) <= MAX_PAYLOAD_BYTES:
                return event
            event = {**event, key: truncate_texts(event.get(key), most)}
    return event


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
    return map_texts(value, lambda text: _WINDOWS_PATH.sub("…/", _POSIX_PATH.sub("…/", text)))


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
