"""What belongs to a program that was started, from the lists of processes that systems give."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from posthog_wizard.doctor.probes.processes import Process, family, from_proc, from_ps, running, said_by_ps, survivors

PS = (
    "    1     0     1\n  200     1   200\n  201   200   200\n  202   201   202\n  203   202   203\n  300     1   300\n"
)


@pytest.mark.parametrize(
    ("leader", "members"),
    [(200, {201, 202, 203}), (202, {203}), (300, set()), (999, set())],
)
def test_a_family_is_the_session_and_all_descendants(leader: int, members: set[int]) -> None:
    assert {one.pid for one in family(leader, from_ps(PS))} == members


def test_orphans_of_the_session_are_found() -> None:
    """Their parent is gone, and init has taken them."""
    listed = [Process(200, 1, 200), Process(201, 1, 200), Process(202, 201, 202)]
    assert {one.pid for one in family(200, listed)} == {201, 202}


def test_proc_is_read_whatever_a_program_is_called(tmp_path: Path) -> None:
    (tmp_path / "12").mkdir()
    (tmp_path / "12/stat").write_text("12 (a) b) (c) S 7 8 9 0 -1 4194304\n")
    (tmp_path / "13").mkdir()  # it ended meanwhile
    (tmp_path / "self").mkdir()
    assert list(from_proc(tmp_path)) == [Process(12, 7, 9)]


def test_two_loops_in_a_list_end() -> None:
    assert family(1, [Process(1, 2, 1), Process(2, 1, 5)]) == {Process(2, 1, 5)}


def test_a_number_that_a_stranger_was_given_is_spared() -> None:
    known = [Process(201, 200, 200), Process(202, 201, 202), Process(203, 201, 203)]
    now = [Process(201, 1, 77), Process(202, 1, 202), Process(204, 1, 200)]
    assert survivors(200, known, now) == {202, 204}


def test_both_lists_of_this_system_know_this_process() -> None:
    assert os.getpid() in {one.pid for one in running()} & {one.pid for one in from_ps(said_by_ps())}
