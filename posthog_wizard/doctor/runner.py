"""Run every task at the same time, under one limit, and collect what they find, masked."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from posthog_wizard.doctor.check import Check, CheckRow, Task
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.probes import processes
from posthog_wizard.doctor.redaction import CheckRedactor
from posthog_wizard.errors import WizardError
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.own_files import refusal_hint

_GRACE = 0.5  # seconds after the limit in which a task that watches the limit itself may still tell what it saw
_Answers = SimpleQueue[tuple[int, tuple[Check, ...]]]


def run_tasks(
    context: Context, rows: Iterable[CheckRow], tell: Callable[[str], None] = lambda _: None
) -> tuple[Check, ...]:
    """Every finding, in the order of the rows, whoever answered first.

    `tell` is given the title of a task that is still at work, whenever that changes. A task that has not answered by
    the context's deadline becomes a failed check; its thread is left behind and ends with the process. Programs that
    were started are gone when this returns, and when it is interrupted or told to end.
    """
    mask = CheckRedactor(context)
    tasks = tuple(tasks_of(context, rows))
    answers: _Answers = SimpleQueue()
    with processes.ending_in_order():
        try:
            for index, task in enumerate(tasks):
                threading.Thread(target=_work, args=(index, task, answers), daemon=True, name=task.id).start()
            done = _collect(tasks, answers, context.deadline + _GRACE, tell)
        finally:
            processes.end_all()
    late = {index: (_late(task, context.options.timeout),) for index, task in enumerate(tasks) if index not in done}
    found = (check for index in range(len(tasks)) for check in {**done, **late}[index])
    return tuple(mask.check(without_vain_repair(check, this_disk())) for check in found)


def tasks_of(context: Context, rows: Iterable[CheckRow]) -> Iterator[Task]:
    """A task for each row and each of its subjects."""
    for subjects, group in groupby(rows, key=attrgetter("subjects")):
        together = tuple(group)
        for subject in subjects(context):
            yield from (_task(context, row, subject) for row in together)


def _task(context: Context, row: CheckRow, subject: tuple[Any, ...]) -> Task:
    return Task(row.id.format(*subject), row.title.format(*subject), partial(row.look, context, *subject), row.fine)


def _collect(
    tasks: tuple[Task, ...], answers: _Answers, deadline: float, tell: Callable[[str], None]
) -> dict[int, tuple[Check, ...]]:
    done: dict[int, tuple[Check, ...]] = {}
    while len(done) < len(tasks):
        tell(next(task.title for index, task in enumerate(tasks) if index not in done))
        try:
            index, checks = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        done[index] = checks
    return done


def without_vain_repair(check: Check, disk: Disk) -> Check:
    """Nothing can be mended on a file system that takes no writing, by whatever command: that is said instead."""
    path = check.repair and (check.repair.found.path if check.repair.found else check.data.get("path"))
    if path is None or not disk.is_read_only(Path(path)):
        return check
    return check._replace(repair=None, fix=refusal_hint(OSError(errno.EROFS, ""), Path(path)))


def _work(index: int, task: Task, answers: _Answers) -> None:
    try:
        answers.put((index, _checks(task)))
    except WizardError as problem:
        answers.put((index, (Check(task.id, "fail", task.title, str(problem), problem.hint),)))
    except Exception as problem:  # noqa: BLE001 - one check's bug must not hide what the others found
        answers.put((index, (_bug(task, problem),)))


def _checks(task: Task) -> tuple[Check, ...]:
    found = tuple(check._replace(id=check.id or task.id) for check in task.run())
    return found or ((Check(task.id, "ok", task.fine),) if task.fine else ())


def _bug(task: Task, problem: Exception) -> Check:
    cause = f"this check itself failed ({type(problem).__name__}), which is a bug of posthog-wizard"
    return Check(
        task.id, "fail", task.title, cause, "report it, with the output of `posthog-wizard mcp doctor --report`"
    )


def _late(task: Task, timeout: float) -> Check:
    return Check(
        task.id,
        "fail",
        task.title,
        f"did not answer within {timeout:g} s",
        f"give it more time: `posthog-wizard mcp doctor --timeout {timeout * 3:g}`",
    )
