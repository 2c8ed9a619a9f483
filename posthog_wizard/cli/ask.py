"""Who can be asked, and how: on a screen, or line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import line_questions, screen_questions
from posthog_wizard.cli.run_context import this_run

if TYPE_CHECKING:
    from posthog_wizard.operations.dialogue import Ask


def person(*, json: bool, no_input: bool = False, stdin_taken: bool = False) -> Ask | None:
    """Who can be asked: there is a terminal on stdin and on stderr, and no flag that says never to ask."""
    run = this_run()
    if json or no_input or stdin_taken or not (run.stdin.isatty() and run.stderr.isatty()):
        return None
    dumb = run.environment.get("TERM") == "dumb" or run.environment.get("ACCESSIBLE", "0") not in {"", "0"}
    return line_questions if dumb else screen_questions
