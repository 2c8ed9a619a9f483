"""A failure as PostHog's error tracking takes it, without what tells of the machine that it happened on.

The list is the posthog SDK's own (`exception_utils`); this takes out absolute paths and source lines, and adds what
that leaves out: `in_app`, `colno` and `synthetic`.

It is told without the MCP SDK's wrapper (`UnexpectedToolError` and its kin): error tracking groups by the first
exception of the list. A cancelled call is a failed `$mcp_tool_call` without an `$exception`: nobody's code failed.
"""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from posthog.exception_utils import exceptions_from_error_tuple, walk_exception_chain

from posthog_wizard.analytics.truncation import map_texts

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
