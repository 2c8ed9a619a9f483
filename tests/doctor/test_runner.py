"""All tasks at the same time, under one limit, whatever becomes of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from posthog_wizard.doctor.check import Check, CheckRow
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import Context, DoctorOptions
from posthog_wizard.doctor.runner import run_tasks, turns_of
from posthog_wizard.errors import Unreachable
from tests.support.machines import machine

PATIENCE = 20.0  # seconds; none of these tests takes them
FINE = Check("network.fine", "ok", "fine")
Run = Callable[[], Iterable[Check]]


def examined(root: Path, *runs: Run, timeout: float = PATIENCE, told: list[str] | None = None) -> tuple[Check, ...]:
    """What comes of those tasks."""
    rows = [CheckRow("network.{0}", "task {0}", lambda _, __, run: run(), lambda _: enumerate(runs))]
    context = collect(machine(root), DoctorOptions((), timeout=timeout))
    return run_tasks(context, rows, (told if told is not None else []).append)


def test_tasks_that_wait_for_each_other_all_answer(tmp_path: Path) -> None:
    """One after the other, the first would wait in vain: the whole takes as long as its slowest, not the sum."""
    meeting = threading.Barrier(30, timeout=PATIENCE)

    def meet() -> list[Check]:
        meeting.wait()
        return [FINE]

    assert examined(tmp_path, *[meet] * 30) == (FINE,) * 30


def test_what_is_late_is_told_and_holds_nothing_up(tmp_path: Path) -> None:
    never = threading.Event()
    told: list[str] = []
    late, fine = examined(
        tmp_path, lambda: [FINE] if never.wait(PATIENCE) else [], lambda: [FINE], timeout=0.1, told=told
    )
    never.set()
    assert (late.id, late.status, late.title) == ("network.0", "fail", "task 0")
    assert late.cause == "did not answer within 0.1 s"
    assert late.fix == "give it more time: `posthog-wizard mcp doctor --timeout 0.3`"
    assert fine == FINE
    assert set(told) == {"task 0"}


def test_the_first_task_at_work_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    first_is_done, patience = threading.Event(), PATIENCE

    def second() -> list[Check]:
        first_is_done.wait(patience)
        return [FINE]

    def first() -> Iterable[Check]:
        yield FINE
        first_is_done.set()

    examined(tmp_path, first, second, told=told)
    assert told[0] == "task 0"
    assert set(told) <= {"task 0", "task 1"}


def refused() -> Iterable[Check]:
    """An error of ours."""
    yield FINE
    raise Unreachable("no answer", "try again")


def buggy() -> Iterable[Check]:
    """A bug."""
    raise ZeroDivisionError("phx_MIofXx4bPpT2sVq8Lk7NcWd3Hy6Ra1Ge5Zu9Jt0B")


@pytest.mark.parametrize(
    ("run", "cause", "fix"),
    [
        (refused, "no answer", "try again"),
        (buggy, "ZeroDivisionError", "posthog-wizard mcp doctor --report"),
    ],
)
def test_an_error_becomes_a_finding_and_the_others_are_heard(run: Run, cause: str, fix: str, tmp_path: Path) -> None:
    failed, fine = examined(tmp_path, run, lambda: [FINE])
    assert (failed.id, failed.status, fine) == ("network.0", "fail", FINE)
    assert cause in (failed.cause or "")
    assert fix in (failed.fix or "")
    assert "phx_" not in str(failed)


def test_a_row_without_subjects_finds_nothing(tmp_path: Path) -> None:
    assert examined(tmp_path) == ()


def test_neighbours_with_the_same_subjects_take_turns(tmp_path: Path) -> None:
    rows = [CheckRow(f"key.{{0}}.{name}", name, lambda *_: (), lambda _: ()) for name in "ab"]
    letters = [row._replace(subjects=_letters) for row in rows]
    turns = turns_of(collect(machine(tmp_path), DoctorOptions(())), [*letters, CheckRow("key.c", "c", refused, _alone)])
    assert [[task.id for task in turn] for turn in turns] == [["key.x.a", "key.x.b"], ["key.y.a", "key.y.b"], ["key.c"]]


def test_one_thread_looks_at_one_subject(tmp_path: Path) -> None:
    def look(*_: object) -> list[Check]:
        return [FINE._replace(title=threading.current_thread().name)]

    rows = [CheckRow(f"key.{{0}}.{name}", name, look, _letters) for name in "ab"]
    found = run_tasks(collect(machine(tmp_path), DoctorOptions(())), rows)
    assert [check.title == found[0].title for check in found] == [True, True, False, False]


def _letters(_: Context) -> list[tuple[str]]:
    return [("x",), ("y",)]


def _alone(_: Context) -> tuple[tuple[()]]:
    return ((),)
