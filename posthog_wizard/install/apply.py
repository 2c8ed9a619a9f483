"""Carry a plan out: compare, remember, replace, look again, for every step, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.errors import Cancelled, WriteRefused
from posthog_wizard.install import journal
from posthog_wizard.install.attempt import Attempt, attempt_step, first_attempts, is_lost, plan_again, rewritten
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.install.files import missing_directories
from posthog_wizard.install.lock import hold, leftovers, sweep
from posthog_wizard.model import Machine, Outcome, Plan, Step

LOOKS = 4  # how often we come back to a file that somebody else is rewriting
LOOK_AFTER = 0.3  # seconds


class Applied(NamedTuple):
    """What became of a plan's steps, in their order. `change_id` is None when no file was touched."""

    change_id: str | None
    outcomes: tuple[Outcome, ...]


def apply(
    plan: Plan, machine: Machine, *, command: str, disk: Disk | None = None, undoes: str | None = None
) -> Applied:
    """Carry out every step; a failure becomes an outcome, and the others are still done. What is settled stays so.

    `command` is what the journal and other wizards tell of this run: without any key. `undoes` is the change id that
    the plan takes back. Raises WriteRefused when another wizard does not let go of the lock, and Cancelled when the
    user interrupts; each file then holds the old or the new text, and the journal can take back what was done.
    """
    run = _Run(machine, disk or this_disk(), command, undoes)
    if any(Attempt(step).due for step in plan.steps) or any(
        leftovers(step.change.path, run.disk) for step in plan.steps
    ):
        run.do(plan)
    else:
        run.attempts = [Attempt(step) for step in plan.steps]
    run.mark()
    written = any(attempt.written for attempt in run.attempts)
    return Applied(run.change_id if written else None, tuple(attempt.outcome for attempt in run.attempts))


class _Run:
    """One run of the program over the files."""

    def __init__(self, machine: Machine, disk: Disk, command: str, undoes: str | None) -> None:
        self.machine, self.disk, self.command, self.undoes = machine, disk, command, undoes
        self.change_id: str | None = None
        self.attempts: list[Attempt] = []

    def do(self, plan: Plan) -> None:
        with hold(self.machine, self.disk, self.command):
            self.attempts = first_attempts(plan.steps, self.disk)
            for attempt in self.attempts:
                sweep(leftovers(attempt.step.change.path, self.disk), self.disk)
            due = [index for index, attempt in enumerate(self.attempts) if attempt.due]
            if due and self.begin(due):
                with self.interruptible():
                    self.carry_out(due)
        with self.interruptible():
            self.look_again()

    def begin(self, due: list[int]) -> bool:
        """Write down what is about to be done; where that cannot be, nothing is done."""
        steps = [(index, self.attempts[index].step) for index in due]
        try:
            self.change_id = journal.begin_run(
                self.machine, self.disk, command=self.command, steps=steps, undoes=self.undoes
            )
        except WriteRefused as error:
            for index in due:
                self.attempts[index] = self.attempts[index]._replace(problem=error)
        return self.change_id is not None

    def carry_out(self, indices: Iterable[int]) -> None:
        """Try those steps, and write down what became of them, also when interrupted."""
        done: list[int] = []
        try:
            for index in indices:
                self.attempts[index] = attempt_step(self.attempts[index], partial(self.remember, index), self.disk)
                done.append(index)
        finally:
            self.settle(done)

    def look_again(self) -> None:
        """Come back to the files that somebody else is rewriting; write again what is gone."""
        for look in range(1, LOOKS + 1):
            lost = self.lost()
            if lost and look < LOOKS:
                with hold(self.machine, self.disk, self.command):
                    for index in lost:
                        self.attempts[index] = plan_again(
                            self.attempts[index], partial(self.remember, index), self.disk
                        )
                    self.carry_out(lost)
            elif lost:
                for index in lost:
                    self.attempts[index] = self.attempts[index]._replace(problem=rewritten(self.attempts[index].step))
                self.settle(lost)

    def lost(self) -> list[int]:
        """Which restless steps are gone after a moment; the others have found their rest."""
        contended = [index for index, attempt in enumerate(self.attempts) if attempt.contended and not attempt.problem]
        if contended:
            self.disk.sleep(LOOK_AFTER)
        gone = [index for index in contended if is_lost(self.attempts[index], self.disk)]
        for index in set(contended) - set(gone):
            self.attempts[index] = self.attempts[index]._replace(contended=False)
        return gone

    def remember(self, index: int, step: Step) -> None:
        journal.intend(self.machine, self.disk, self.change_id or "", index, step)

    def settle(self, indices: list[int]) -> None:
        """Have the names on the medium, one write a folder, and tell the outcomes: where that fails, the files tell them."""
        flushed: set[Path] = set()
        for attempt in (self.attempts[index] for index in indices if self.attempts[index].written):
            with suppress(OSError):  # somebody took that folder away
                target = self.disk.resolve(attempt.step.change.path)
                folder = (*missing_directories(target, self.disk), target)[0].parent
                if folder not in flushed:
                    flushed.add(folder)
                    self.disk.fsync_directory(folder)
        results = [(index, self.attempts[index].outcome.outcome, self.attempts[index].written) for index in indices]
        with suppress(WriteRefused):
            journal.record_outcomes(self.machine, self.disk, self.change_id or "", results)

    def mark(self) -> None:
        """In the run that was taken back, so that the next undo goes on to the one before."""
        places = [attempt.outcome for attempt in self.attempts]
        done = [(place.client, place.scope, str(place.path)) for place in places if place.outcome != "failed"]
        if self.undoes and done:
            with suppress(WriteRefused):  # the run may have been pruned by now
                journal.mark_undone(self.machine, self.disk, self.undoes, done, self.change_id)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            raise Cancelled(
                "stopped in the middle: every file holds either its old or its new text",
                f"run `posthog-wizard mcp undo {self.change_id}` to take back what was written",
            ) from None
