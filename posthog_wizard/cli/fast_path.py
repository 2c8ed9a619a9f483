"""`mcp bridge` and `mcp serve` as entries write them, started without the command line's library: a client waits for this start.

Help, mistakes and a shell that wants a word completed are left to the library.
"""

from __future__ import annotations

from collections.abc import Sequence

from posthog_wizard.invocation import COMPLETION, Invocation, Program, parse_flags
from posthog_wizard.machine import this_environment

_KEYS = ("phx_", "pha_", "phs_")  # what looks like a key on a command line is refused elsewhere


def run_fast(arguments: Sequence[str]) -> int:
    """Run a command line that begins with `mcp bridge` or `mcp serve` and give its exit code."""
    said = fast_invocation("serve" if arguments[1] == "serve" else "bridge", arguments[2:])
    if said is None or COMPLETION in this_environment():
        from posthog_wizard.cli.main import run as run_any

        return run_any(arguments)
    try:
        return _start(said)
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 - what it is decides how it is shown
        from posthog_wizard.cli import failure

        return failure.show_failure(problem, arguments)


def _start(said: Invocation) -> int:
    """Run the program that is meant, and give its exit code. Raises WizardError where it cannot start."""
    if said.program == "serve":
        from posthog_wizard.cli.serve_settings import start_server

        start_server(said)
        return 0
    from posthog_wizard.cli.bridge_settings import start_bridge

    return start_bridge(said)


def fast_invocation(program: Program, words: Sequence[str]) -> Invocation | None:
    """What these words tell the program; None where they are the library's to judge."""
    said = parse_flags(program, words)
    return None if said.unread or any(key in word for key in _KEYS for word in words) else said.complete
