"""A failure as PostHog's error tracking takes it, without what tells of the machine that it happened on.

The list is the posthog SDK's own (`exception_utils`); this takes out absolute paths and source lines, and adds what
that leaves out: `in_app` and `synthetic`.
"""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

from posthog.exception_utils import exceptions_from_error_tuple

SOURCE: Final = ("abs_path", "pre_context", "context_line", "post_context")
LIBRARIES: Final = ("site-packages", "dist-packages")
WATCHER: Final = "posthog_wizard.analytics.middleware"  # it stands between the SDK and the tool
STANDARD: Final = sysconfig.get_paths()["stdlib"]
# A path of at least two names, not part of an address: POSIX, or Windows with a drive or a share.
POSIX_PATH: Final = re.compile(r"(?<![\w.:/\\~-])~?/(?:[^\s/'\"<>|:]+/)+(?=[^\s/'\"<>|:]*)")
WINDOWS_PATH: Final = re.compile(r"(?<!\w)(?:[A-Za-z]:[\\/]|\\\\)(?:[^\\/'\"<>|:*?\n]+[\\/]+)*")


def exception_properties(failure: BaseException | str, *, with_source: bool) -> dict[str, Any]:
    """`$exception_list`, the outermost first, and `$exception_level`. A text becomes an exception made up for it."""
    found = _raised(failure) if isinstance(failure, BaseException) else [_made_up(failure)]
    return {
        "$exception_list": found if with_source else [_stripped(entry) for entry in found],
        "$exception_level": "error",
    }


def without_paths(value: Any) -> Any:
    """The value with every absolute path, in whatever text it holds, cut down to its last name."""
    if isinstance(value, str):
        return WINDOWS_PATH.sub("…/", POSIX_PATH.sub("…/", value))
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    return [without_paths(item) for item in value] if isinstance(value, list) else value


def _raised(failure: BaseException) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = exceptions_from_error_tuple((type(failure), failure, failure.__traceback__))
    for entry in entries:
        entry["mechanism"] = {**(entry.get("mechanism") or {}), "handled": True, "synthetic": False}
        for frame in _frames(entry):
            frame["in_app"] = _is_ours(frame.get("abs_path") or "")
        if "stacktrace" in entry:
            entry["stacktrace"]["frames"] = [frame for frame in _frames(entry) if frame.get("module") != WATCHER]
    return entries


def _made_up(text: str) -> dict[str, Any]:
    return {"type": "Error", "value": text, "mechanism": {"type": "generic", "handled": True, "synthetic": True}}


def _is_ours(path: str) -> bool:
    """Whether a frame is the server's own code: no library's, and not Python's."""
    return not path.startswith(("<", STANDARD)) and not any(name in path for name in LIBRARIES)


def _frames(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = (entry.get("stacktrace") or {}).get("frames") or []
    return frames


def _stripped(entry: dict[str, Any]) -> dict[str, Any]:
    frames = [_bare(frame) for frame in _frames(entry)]
    trace = {"stacktrace": {**entry["stacktrace"], "frames": frames}} if frames else {}
    return {**entry, **trace, "value": without_paths(str(entry.get("value") or ""))}


def _bare(frame: Mapping[str, Any]) -> dict[str, Any]:
    bare = {key: value for key, value in frame.items() if key not in SOURCE}
    path = PurePath(str(frame.get("filename") or ""))
    return {**bare, "filename": path.name if path.is_absolute() else path.as_posix()}
