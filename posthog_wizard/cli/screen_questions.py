"""The questions on a screen, whose lines move. They are written to stderr, so that stdout stays data.

`unsafe_ask` lets Ctrl-C be a KeyboardInterrupt, which ends the run.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.model import Secret

_MARKS = 7  # columns before a choice's label: the pointer and the tick


def confirm(question: str, *, default: bool = True) -> bool:
    """Yes or no; Enter means the default."""
    import questionary

    # in lines that end between words, with room for the keys behind them
    shown = output.wrapped(output.with_short_home(question), this_run().columns - _MARKS, "", "  ")
    return bool(questionary.confirm(shown, default=default, **_streams()).unsafe_ask())


def hidden_key(question: str) -> Secret:
    """A key, hidden while it is typed or pasted."""
    import questionary

    return Secret(str(questionary.password(question, **_streams()).unsafe_ask()).strip())


def text_line(question: str) -> str:
    """A line of text."""
    import questionary

    return str(questionary.text(question, **_streams()).unsafe_ask()).strip()


def choose_several(question: str, choices: Sequence[tuple[str, str]]) -> list[str]:
    """Some of the choices, each (value, label); all are ticked to begin with."""
    import questionary

    ticked = [questionary.Choice(_label(label), value=value, checked=True) for value, label in choices]
    keys = "(Space: tick, a: all, Enter: go on)"
    return list(questionary.checkbox(question, ticked, instruction=keys, **_streams()).unsafe_ask())


def choose_one(question: str, choices: Sequence[tuple[str, str]], *, letters: bool = False) -> str:
    """One of the choices, each (value, label); `letters`: a key for each, the first of its value."""
    import questionary

    keys = [value[0] if letters else None for value, _ in choices]
    rows = [
        questionary.Choice(_label(label), value=value, shortcut_key=key)
        for (value, label), key in zip(choices, keys, strict=True)
    ]
    hint = f"({', '.join(filter(None, keys))} or the arrow keys, then Enter)" if letters else "(arrow keys, then Enter)"
    asked = questionary.select(question, rows, instruction=hint, use_shortcuts=letters, **_streams())
    for value in {"yes", "no"} & {value for value, _ in choices if letters}:  # at once, as in `confirm`
        take = partial(lambda value, event: event.app.exit(result=value), value)
        asked.application.key_bindings.add(value[0], eager=True)(take)  # type: ignore[union-attr]
    return str(asked.unsafe_ask())


def _label(text: str) -> str:
    """The label in one line: the terminal would break it in the middle of a word."""
    room, text = this_run().columns - _MARKS, output.with_short_home(text)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _streams() -> dict[str, Any]:
    from prompt_toolkit.input import create_input
    from prompt_toolkit.output import create_output

    run = this_run()
    return {"input": create_input(run.stdin), "output": create_output(stdout=run.stderr)}
