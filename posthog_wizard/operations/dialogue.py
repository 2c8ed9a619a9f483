"""How a use case talks to people: what it tells, and what it asks where there is somebody to ask."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from posthog_wizard.errors import WizardError
from posthog_wizard.model import Plan, Secret


class Report(Protocol):
    """What happens, while it happens, and what is piped in. What came of it is the use case's result."""

    def say(self, text: str, /) -> None:
        """Something good to know."""

    def warn(self, text: str, /) -> None:
        """Something the user should know, though it went on."""

    def problem(self, problem: WizardError, /) -> None:
        """An error that is not the end, since the user is asked again."""

    def show_diff(self, plan: Plan, /) -> None:
        """The change that a question is about."""

    def show_files(self, plan: Plan, /) -> None:
        """The files that a question is about, where they are many."""

    def progress(self, text: str, /) -> AbstractContextManager[Callable[[str], None]]:
        """Something that takes its time; what it yields changes the text."""

    def standard_input(self) -> bytes:
        """Everything that is piped in."""

    def bar(self, text: str, /) -> AbstractContextManager[Callable[[int, int], None]]:
        """The same, where it is known how much of how much is done."""


class Ask(Protocol):
    """A person who answers. Where a use case gets None for one, nobody can be asked: MissingInput names the flag."""

    def confirm(self, question: str, /, *, default: bool = True) -> bool:
        """Yes or no; `default` is what Enter means."""

    def hidden_key(self, question: str, /) -> Secret:
        """A key, hidden while it is typed or pasted."""

    def text_line(self, question: str, /) -> str:
        """A line of text."""

    def choose_several(self, question: str, choices: Sequence[tuple[str, str]], /) -> list[str]:
        """Some of the choices, each (value, label)."""

    def choose_one(self, question: str, choices: Sequence[tuple[str, str]], /, *, letters: bool = False) -> str:
        """One of the choices, each (value, label), the first if Enter is pressed. `letters`: each has a key."""
