"""Eight wizards at once on one file, and an app that rewrites it meanwhile: no entry is lost, or its loser says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import read_history
from tests.support.machines import machine
from tests.support.program import PASSED_ON

ROOT = Path(__file__).parents[2]
NAMES = tuple(f"wizard-{number}" for number in range(8))

# Coverage makes the wizards several times slower than the app that they race with.
UNMEASURED = {name: value for name, value in os.environ.items() if name not in PASSED_ON}

pytestmark = pytest.mark.e2e


class Race(NamedTuple):
    """How it ended."""

    entries: list[str]  # in the file, at the end
    outcomes: dict[str, list[Any]]  # per wizard: what it said
    rewrites: int  # of the app
    litter: list[str]  # other files beside it
    runs: int


@contextmanager
def program(*words: str) -> Iterator[subprocess.Popen[str]]:
    """One of the racers, ready to start."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.race", *words],
        cwd=ROOT,
        env={**UNMEASURED, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> Any:
    """What it said at the end."""
    return json.loads(process.communicate(timeout=60)[0])


def race(root: Path, client: str, states: int, app: tuple[str, ...]) -> Race:
    """All are ready before the first one starts; the app goes on until the last wizard is done."""
    file = root / "f/config.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"mcpServers": {"mine": {}}}))
    homes = [root / f"machine-{number % states}" for number in range(len(NAMES))]
    with ExitStack() as stack:
        rewriters = [stack.enter_context(program(*words.split(), str(file))) for words in app]
        wizards = [
            stack.enter_context(program("wizard", str(home), str(file), client, name))
            for home, name in zip(homes, NAMES, strict=True)
        ]
        for wizard in wizards:
            go(wizard)
        outcomes = {name: answer(wizard)[0] for name, wizard in zip(NAMES, wizards, strict=True)}
        rewrites = sum(answer(rewriter) for rewriter in rewriters)
    return Race(
        list(json.loads(file.read_text())["mcpServers"]),
        outcomes,
        rewrites,
        [path.name for path in file.parent.iterdir() if path != file],
        sum(len(read_history(machine(home), Disk()).runs) for home in set(homes)),
    )


ROWS = {
    "eight wizards": ("cursor", 1, ()),
    "eight wizards that do not know of each other's lock": ("cursor", 8, ()),
    "and an app": ("cursor", 1, ("app",)),
    "and an app that locks as Claude Code does": ("claude-code", 1, ("app LOCK",)),
    "and an app, without a common lock": ("claude-code", 8, ("app",)),
}


@pytest.fixture(scope="module", params=ROWS)
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Race:
    return race(tmp_path_factory.mktemp("race"), *ROWS[request.param])


def test_no_entry_is_lost(result: Race) -> None:
    winners = {name for name, (outcome, _) in result.outcomes.items() if outcome == "added"}
    assert winners <= set(result.entries)
    assert len(winners) >= len(NAMES) // 2, result.outcomes


def test_a_loser_says_so(result: Race) -> None:
    losers = {name: reason for name, (outcome, reason) in result.outcomes.items() if outcome != "added"}
    assert {outcome for outcome, _ in result.outcomes.values()} <= {"added", "failed"}
    assert [reason for reason in losers.values() if "another program" not in reason] == []


def test_what_others_wrote_is_kept(result: Race) -> None:
    """The app took at least one turn between two wizards."""
    theirs = {"mine", *(f"app-{number}" for number in range(result.rewrites))}
    assert set(result.entries) - set(NAMES) == theirs


def test_nothing_is_left_lying_about(result: Race) -> None:
    assert (result.litter, result.runs >= len(NAMES) // 2) == ([], True)
