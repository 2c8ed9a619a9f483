"""Look at every subject at the same time, under one limit, and collect what is found, masked."""

import errno
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, as_completed, wait
from contextlib import suppress
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.doctor.check import Check, CheckRow, in_scope
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.probes import processes
from posthog_wizard.doctor.redaction import CheckRedactor
from posthog_wizard.errors import WizardError
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.own_files import refusal_hint

_GRACE = 0.5  # seconds after the limit in which a task that watches the limit itself may still tell what it saw
_Answers = dict[Future[tuple[Check, ...]], CheckRow]


def run_tasks(
    context: Context, rows: Iterable[CheckRow], tell: Callable[[str], None] = lambda _: None
) -> tuple[Check, ...]:
    """Every finding, in the order of the rows, whoever answered first.

    `tell` is given the title of a task that is still at work, whenever that changes. A task that has not answered by
    the context's deadline becomes a failed check; its thread is left behind and ends with the process. Programs that
    were started are gone when this returns, and when it is interrupted or told to end.
    """
    mask = CheckRedactor(context)
    answers: _Answers = {}
    with processes.ending_in_order():
        try:
            for turn in turns_of(context, rows):
                answers |= _start(turn)
            late = _late_ones(answers, context.deadline, tell)
        finally:
            processes.end_all()
    found: list[Check] = []
    cause = f"did not answer within {context.options.timeout:g} s"
    timeout = f"{in_scope(context.options.scope)} --timeout {context.options.timeout * 3:g}".strip()
    more = f"give it more time: `posthog-wizard mcp doctor {timeout}`"
    for one, task in answers.items():
        found += [Check(task.id, "fail", task.title, cause, more)] if one in late else one.result()
    return tuple(mask.check(without_vain_repair(check, this_disk())) for check in found)


def turns_of(context: Context, rows: Iterable[CheckRow]) -> Iterator[tuple[CheckRow, ...]]:
    """The tasks: each row for each of its subjects, with nothing left to be told to `look`; those together that take turns."""
    for subjects, group in groupby(rows, key=attrgetter("subjects")):
        together = tuple(group)
        for subject in subjects(context):
            named = [row._replace(id=row.id.format(*subject), title=row.title.format(*subject)) for row in together]
            yield tuple(row._replace(look=partial(row.look, context, *subject)) for row in named)


def _start(turn: tuple[CheckRow, ...]) -> _Answers:
    """One thread for all that looks at one subject: with one for each task, most of doctor's time was their start."""
    answers: _Answers = {Future(): task for task in turn}

    def work() -> None:
        for answer, task in answers.items():
            answer.set_result(_work(task))

    start_in_background(work)
    return answers


def _late_ones(answers: _Answers, deadline: float, tell: Callable[[str], None]) -> set[Future[tuple[Check, ...]]]:
    waiting, ready = dict(answers), as_completed(answers, max(0.0, deadline - time.monotonic()))
    with suppress(TimeoutError):
        while waiting:
            tell(next(iter(waiting.values())).title)
            del waiting[next(ready)]
    return wait(waiting, _GRACE).not_done  # also where the whole process stood still at the limit, as after Ctrl-Z


def without_vain_repair(check: Check, disk: Disk) -> Check:
    """Nothing can be mended on a file system that takes no writing, by whatever command: that is said instead."""
    path = check.repair and (check.repair.found.path if check.repair.found else check.data.get("path"))
    if path is None or not disk.is_read_only(Path(path)):
        return check
    return check._replace(repair=None, fix=refusal_hint(OSError(errno.EROFS, ""), Path(path)))


def _work(task: CheckRow) -> tuple[Check, ...]:
    try:
        found = tuple(check._replace(id=check.id or task.id) for check in task.look())
    except WizardError as problem:
        return (Check(task.id, "fail", task.title, str(problem), problem.hint),)
    except BaseException as problem:  # noqa: BLE001 - one check's bug must not hide what the others found; a panic in Rust is no Exception
        cause = f"this check itself failed ({type(problem).__name__}), which is a bug of posthog-wizard"
        fix = "report it, with the output of `posthog-wizard mcp doctor --report`"
        return (Check(task.id, "fail", task.title, cause, fix),)
    return found or ((Check(task.id, "ok", task.fine),) if task.fine else ())
