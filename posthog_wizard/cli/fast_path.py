"""`mcp bridge` as entries write it, started without the command line's library: a client waits for this start.

Every other way to write it, help and mistakes are left to the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from posthog_wizard.bridge.run_settings import LogLevel
from posthog_wizard.cli.bridge_settings import start_bridge


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in allowed:
            raise ValueError(word)
        return word

    return check


_FLAGS: dict[str, Callable[[str], Any]] = {
    "--url": str,
    "--profile": str,
    "--organization": str,
    "--project": str,
    "--features": str,
    "--tools": str,
    "--mode": _one_of("tools", "cli"),
    "--ca-file": Path,
    "--log-file": Path,
    "--log-level": _one_of(*get_args(LogLevel)),
}
_SWITCHES = {"--read-only", "--allow-http"}
_KEYS = ("phx_", "pha_", "phs_")  # what looks like a key on a command line is refused elsewhere


def run_fast(arguments: Sequence[str]) -> int:
    """Run a command line that begins with `mcp bridge` and give its exit code."""
    given = flags_of(arguments[2:])
    if given is None:
        from posthog_wizard.cli.app import run as run_any

        return run_any(arguments)
    try:
        return start_bridge(**given)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - what it is decides how it is shown
        from posthog_wizard.cli import failure

        return failure.show_failure(problem, arguments)


def flags_of(words: Sequence[str]) -> dict[str, Any] | None:
    """The flags by their parameters' names; None where a word is not plainly one of them, or a value of one."""
    given: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        name = word.removeprefix("--").replace("-", "_")
        if word in _SWITCHES:
            given[name] = True
            continue
        value = next(rest, "-")
        if word not in _FLAGS or value.startswith("-") or any(key in value for key in _KEYS):
            return None
        try:
            given[name] = _FLAGS[word](value)
        except ValueError:
            return None
    return given
