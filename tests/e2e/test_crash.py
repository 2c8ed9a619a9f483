"""A wizard that is killed leaves the old file or the new one, never a torn one, and a journal that knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.crash import SCENARIOS

ROOT = Path(__file__).parents[2]

Story = list[dict[str, Any]]


@pytest.fixture(scope="module", params=SCENARIOS)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What was found at every kill point of one scenario."""
    command = [sys.executable, "-m", "tests.support.crash", request.param, str(tmp_path_factory.mktemp(request.param))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found: Story = json.loads(done.stdout)
    return found


def test_the_wizard_was_killed_at_every_step(story: Story) -> None:
    assert len(story) > 30
    assert [point for point in story if not point["killed"]] == []
    assert {"open", "half a write", "fsync", "close"} <= {point["point"] for point in story}


def test_the_file_is_the_old_one_and_then_the_new_one(story: Story) -> None:
    found = [point["found"] for point in story]
    turn = found.index("new")
    assert (set(found[:turn]), set(found[turn:])) == ({"old"}, {"new"})
    assert 10 < turn < len(found) - 2


def test_a_changed_file_was_remembered_before(story: Story) -> None:
    assert [point for point in story if point["found"] == "new" and not point["remembered"]] == []


def test_the_journal_takes_back_what_was_done(story: Story) -> None:
    assert {point["after undo"] for point in story} == {"old"}
    assert [point for point in story if point["remembered"] and point["left after undo"]] == []


def test_another_run_does_it_and_sweeps_up(story: Story) -> None:
    assert {point["after another run"] for point in story} == {"new"}
    assert [point for point in story if point["left after that"]] == []


def test_there_was_something_to_sweep_up(story: Story) -> None:
    """Or a file was deleted, which needs no temporary one."""
    assert any(point["left"] for point in story) or "remove" in {point["point"] for point in story}
