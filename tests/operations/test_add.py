"""`mcp add` as a use case: a machine, somebody who answers or nobody, and what was told; no process and no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.errors import Cancelled, MissingInput, WizardError
from posthog_wizard.model import Plan, Secret
from posthog_wizard.operations import add
from posthog_wizard.operations.add_options import AddOptions
from posthog_wizard.operations.change import RunOptions
from posthog_wizard.operations.dialogue import Ask
from posthog_wizard.operations.server_choice import ServerChoice
from posthog_wizard.operations.targets import ClientChoice
from tests.support.machines import KEY, machine

CURSOR, HEADER = ".cursor/mcp.json", f"Bearer {KEY}"


@dataclass
class Told:
    """Keeps what a use case tells."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)

    warn = say

    def problem(self, problem: WizardError) -> None:
        self.lines.append(problem.message)

    def show_diff(self, plan: Plan) -> None:
        self.lines.append(f"{len(plan.steps)} files")

    def show_files(self, plan: Plan) -> None:
        self.lines.append(f"{len(plan.steps)} files")

    @contextmanager
    def progress(self, text: str) -> Iterator[Callable[[str], None]]:
        yield self.lines.append

    def standard_input(self) -> bytes:
        return KEY.encode()

    @contextmanager
    def bar(self, text: str) -> Iterator[Callable[[int, int], None]]:
        yield lambda _done, _total: None


@dataclass
class Person:
    """Answers questions from a table, by a word of the question."""

    answers: dict[str, Any]

    def _answer(self, question: str) -> Any:
        return next(answer for word, answer in self.answers.items() if word in question)

    def confirm(self, question: str, *, default: bool = True) -> bool:
        return bool(self._answer(question))

    def hidden_key(self, question: str) -> Secret:
        return Secret(str(self._answer(question)))

    def text_line(self, question: str) -> str:
        return str(self._answer(question))

    def choose_several(self, question: str, choices: Sequence[tuple[str, str]]) -> list[str]:
        return list(self._answer(question))

    def choose_one(self, question: str, choices: Sequence[tuple[str, str]], *, letters: bool = False) -> str:
        return str(self._answer(question))


def added(root: Path, choice: ServerChoice, ask: Ask | None, told: Told, *clients: str) -> list[str]:
    """The outcomes of an `mcp add` there, the key unchecked; only Cursor is installed."""
    (root / "home/.cursor").mkdir(parents=True)
    target = ClientChoice([*clients]).selection(absent_too=False)
    options = AddOptions(target, choice, RunOptions("mcp add"), verify=False)
    return [outcome.outcome for outcome in add.run(options, machine(root), ask, told).outcomes]


ACCESS = {"What may agents do": "full", "Change 1 file?": True}


@pytest.mark.parametrize(
    ("choice", "answers", "there", "told"),
    [
        (ServerChoice(api_key_stdin=True, secret="inline"), ACCESS, HEADER, "1 files"),
        (ServerChoice(secret="inline"), {"API key": KEY, **ACCESS}, HEADER, "https://"),
        (
            ServerChoice(api_key=KEY, secret="inline"),
            {**ACCESS, "What may agents do": "read"},
            "readonly=true",
            "process list",
        ),
        (ServerChoice(secret="env", env_var="MINE"), ACCESS, "${env:MINE}", "read the key from MINE"),
        (ServerChoice(oauth=True), ACCESS, "https://mcp.posthog.com/mcp", "1 files"),
    ],
)
def test_what_is_not_said_is_asked(
    tmp_path: Path, choice: ServerChoice, answers: dict[str, Any], there: str, told: str
) -> None:
    report = Told()
    assert added(tmp_path, choice, Person(answers), report) == ["added"]
    assert there in (tmp_path / "home" / CURSOR).read_text()
    assert told in "\n".join(report.lines)


@pytest.mark.parametrize(
    ("choice", "clients", "hint"),
    [
        (ServerChoice(), (), "--api-key-stdin"),
        (ServerChoice(api_key=KEY, server="local"), ("cursor",), "--region us"),
        (ServerChoice(installation=["Linear"], api_key=KEY), ("cursor",), "--no-verify"),
    ],
)
def test_where_nobody_can_be_asked_the_error_names_the_flag(
    tmp_path: Path, choice: ServerChoice, clients: tuple[str, ...], hint: str
) -> None:
    with pytest.raises(WizardError) as caught:
        added(tmp_path, choice, None, Told(), *clients)
    assert caught.value.exit_code == MissingInput.exit_code
    assert hint in str(caught.value.hint)
    assert not (tmp_path / "home" / CURSOR).exists()


def test_who_says_no_has_changed_nothing(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        added(tmp_path, ServerChoice(oauth=True), Person({**ACCESS, "Change 1 file?": False}), Told())
    assert not (tmp_path / "home" / CURSOR).exists()
