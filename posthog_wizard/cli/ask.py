"""Every question that is asked. Questions are written to stderr, so that stdout stays data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from posthog_wizard.cli.run_context import this_run
from posthog_wizard.model import Secret


def confirm(question: str, *, default: bool = True) -> bool:
    """Yes or no; Enter means the default."""
    import questionary

    return bool(_answer(questionary.confirm(question, default=default, **_streams())))


def hidden_key(question: str) -> Secret:
    """A key, hidden while it is typed or pasted."""
    import questionary

    return Secret(str(_answer(questionary.password(question, **_streams()))).strip())


def text_line(question: str) -> str:
    """A line of text."""
    import questionary

    return str(_answer(questionary.text(question, **_streams()))).strip()


def choose_several(question: str, choices: Sequence[tuple[str, str]]) -> list[str]:
    """Some of the choices, each (value, label); all are ticked to begin with."""
    import questionary

    ticked = [questionary.Choice(label, value=value, checked=True) for value, label in choices]
    return list(_answer(questionary.checkbox(question, ticked, **_streams())))


def choose_one(question: str, choices: Sequence[tuple[str, str]]) -> str:
    """One of the choices, each (value, label)."""
    import questionary

    return str(
        _answer(
            questionary.select(
                question, [questionary.Choice(label, value=value) for value, label in choices], **_streams()
            )
        )
    )


def _answer(question: Any) -> Any:
    return question.unsafe_ask()  # Ctrl-C is a KeyboardInterrupt, which ends the run


def _streams() -> dict[str, Any]:
    from prompt_toolkit.input import create_input
    from prompt_toolkit.output import create_output

    run = this_run()
    return {"input": create_input(run.stdin), "output": create_output(stdout=run.stderr)}
