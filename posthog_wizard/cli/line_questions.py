"""The same questions line by line, for TERM=dumb and for who wants no movement on the screen (ACCESSIBLE=1)."""

from collections.abc import Sequence

from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.model import Secret


def confirm(question: str, *, default: bool = True) -> bool:
    """Yes or no; Enter means the default."""
    answer = text_line(f"{question} ({'Y/n' if default else 'y/N'})").lower()
    return default if not answer else answer in {"y", "yes"}


def hidden_key(question: str) -> Secret:
    """A key, hidden while it is typed or pasted."""
    from getpass import getpass

    return Secret(getpass(f"{question} ", this_run().stderr).strip())


def text_line(question: str) -> str:
    """A line of text. Raises EOFError where there is none."""
    run = this_run()
    output.say(question)
    run.stderr.write("> ")
    run.stderr.flush()
    line = run.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def choose_several(question: str, choices: Sequence[tuple[str, str]]) -> list[str]:
    """Some of the choices, each (value, label); Enter takes all."""
    while True:
        answer = _asked(question, choices, "Numbers with commas; Enter: all; 0: none")
        if not answer:
            return [value for value, _ in choices]
        numbers = [part.strip() for part in answer.split(",") if part.strip()]
        if numbers == ["0"]:
            return []
        if all(_is_among(number, choices) for number in numbers):
            return [choices[int(number) - 1][0] for number in dict.fromkeys(numbers)]


def choose_one(question: str, choices: Sequence[tuple[str, str]], *, letters: bool = False) -> str:
    """One of the choices, each (value, label); Enter takes the first. `letters`: the first of a value is good, too."""
    while True:
        answer = _asked(question, choices, "Number; Enter: 1")
        by_letter = [value for value, _ in choices if letters and answer.lower() in {value, value[0]}]
        if by_letter or not answer:
            return (by_letter or [choices[0][0]])[0]
        if _is_among(answer, choices):
            return choices[int(answer) - 1][0]


def _asked(question: str, choices: Sequence[tuple[str, str]], how: str) -> str:
    output.say(question)
    for number, (_, label) in enumerate(choices, 1):
        output.say(f"  {number}. {label}")
    return text_line(how)


def _is_among(number: str, choices: Sequence[object]) -> bool:
    return number.isdecimal() and 1 <= int(number) <= len(choices)
