"""`mcp bridge` as entries write it, started without the command line's library: a client waits for this start.

Help, mistakes and a shell that wants a word completed are left to the library.
"""

from __future__ import annotations

from collections.abc import Sequence

from posthog_wizard.cli.bridge_settings import start_bridge
from posthog_wizard.invocation import COMPLETION, Invocation, parse_flags
from posthog_wizard.machine import this_environment

_KEYS = ("phx_", "pha_", "phs_")  # what looks like a key on a command line is refused elsewhere


def run_fast(arguments: Sequence[str]) -> int:
    """Run a command line that begins with `mcp bridge` and give its exit code."""
    said = bridge_invocation(arguments[2:])
    if said is None or COMPLETION in this_environment():
        from posthog_wizard.cli.main import run as run_any

        return run_any(arguments)
    try:
        return start_bridge(said)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - what it is decides how it is shown
        from posthog_wizard.cli import failure

        return failure.show_failure(problem, arguments)


def bridge_invocation(words: Sequence[str]) -> Invocation | None:
    """What these words tell the bridge; None where they are the library's to judge."""
    said = parse_flags("bridge", words)
    return None if said.unread or any(key in word for key in _KEYS for word in words) else said.complete
