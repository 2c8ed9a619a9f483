"""Carry a plan out: compare, remember, replace, look again, for every step, whatever becomes of the others."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.errors import Cancelled, WriteRefused
from posthog_wizard.install import journal
from posthog_wizard.install.attempt import Attempt, attempt_step, first_attempts, is_lost, plan_again, rewritten
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.install.files import missing_directories
from posthog_wizard.install.lock import hold, leftovers, sweep
from posthog_wizard.model import Machine, Outcome, Plan

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
    if any(step.due or leftovers(step.change.path, run.disk) for step in plan.steps):
        run.do(plan)
    else:
        run.attempts = [Attempt(number, step) for number, step in enumerate(plan.steps)]
    run.mark()
    written = any(attempt.written for attempt in run.attempts)
    return Applied(run.change_id if written else None, tuple(attempt.outcome for attempt in run.attempts))


class _Run:
    """One run of the program over the files."""

    def __init__(self, machine: Machine, disk: Disk, command: str, undoes: str | None) -> None:
        self.machine, self.disk, self.command, self.undoes = machine, disk, command, undoes
        self.change_id: str | None = None
        self.begun: set[int] = set()  # numbers of the steps that the journal knows
        self.attempts: list[Attempt] = []

    def do(self, plan: Plan) -> None:
        try:
            with hold(self.machine, self.disk, self.command):
                self.attempts = first_attempts(plan.steps, self.disk)
                for attempt in self.attempts:
                    sweep(leftovers(attempt.step.change.path, self.disk), self.disk)
                due = [attempt for attempt in self.attempts if attempt.due]
                try:
                    self.remember(*due)
                except WriteRefused as problem:  # what cannot be written down is not done
                    self.note(attempt._replace(problem=problem) for attempt in due)
                else:
                    self.carry_out(due)
            self.look_again()
        except KeyboardInterrupt:
            if self.change_id is None:
                raise
            raise Cancelled(
                "stopped in the middle: every file holds either its old or its new text",
                f"run `posthog-wizard mcp undo {self.change_id}` to take back what was written",
            ) from None

    def remember(self, *attempts: Attempt) -> None:
        """Write down what is about to be done, on the medium before this returns."""
        steps = [(attempt.number, attempt.step) for attempt in attempts]
        if self.change_id is not None:
            journal.intend(self.machine, self.disk, self.change_id, steps)
        elif steps:
            self.change_id = journal.begin_run(
                self.machine, self.disk, command=self.command, steps=steps, undoes=self.undoes
            )
        self.begun.update(number for number, _ in steps)

    def note(self, attempts: Iterable[Attempt]) -> None:
        for attempt in attempts:
            self.attempts[attempt.number] = attempt

    def carry_out(self, attempts: Iterable[Attempt]) -> None:
        """Try those steps, and write down what became of them, also when interrupted."""
        done: list[Attempt] = []
        try:
            for attempt in attempts:
                done.append(attempt_step(attempt, self.remember, self.disk))  # noqa: PERF401 - whole when interrupted
        finally:
            self.settle(done)

    def look_again(self) -> None:
        """Come back to the files that somebody else is rewriting; write again what is gone."""
        for look in range(1, LOOKS + 1):
            lost = self.lost()
            if lost and look == LOOKS:
                self.settle([attempt._replace(problem=rewritten(attempt.step)) for attempt in lost])
            elif lost:
                try:
                    with hold(self.machine, self.disk, self.command):
                        self.carry_out([plan_again(attempt, self.remember, self.disk) for attempt in lost])
                except WriteRefused as problem:  # another wizard has the lock: what became of the others is told
                    self.note(attempt._replace(problem=problem) for attempt in lost)

    def lost(self) -> list[Attempt]:
        """Which contended steps are gone after a moment; the others are contended no more."""
        contended = [attempt for attempt in self.attempts if attempt.contended and not attempt.problem]
        if contended:
            self.disk.sleep(LOOK_AFTER)
        looked = [attempt._replace(contended=is_lost(attempt, self.disk)) for attempt in contended]
        self.note(looked)
        return [attempt for attempt in looked if attempt.contended]

    def settle(self, attempts: Sequence[Attempt]) -> None:
        """Have the names on the medium, one write a folder, and tell the outcomes: where that fails, the files tell them."""
        self.note(attempts)
        flushed: set[Path] = set()
        for attempt in (attempt for attempt in attempts if attempt.written):
            with suppress(OSError):  # somebody took that folder away
                target = self.disk.resolve(attempt.step.change.path)
                folder = (*missing_directories(target, self.disk), target)[0].parent
                if folder not in flushed:
                    flushed.add(folder)
                    self.disk.fsync_directory(folder)
        known = [attempt for attempt in attempts if attempt.number in self.begun]
        if self.change_id is not None and known:
            results = [(attempt.number, attempt.outcome.outcome, attempt.written) for attempt in known]
            with suppress(WriteRefused):
                journal.record_outcomes(self.machine, self.disk, self.change_id, results)

    def mark(self) -> None:
        """In the run that was taken back, so that the next undo goes on to the one before."""
        places = [attempt.outcome for attempt in self.attempts]
        done = [(place.client, place.scope, str(place.path)) for place in places if place.outcome != "failed"]
        if self.undoes and done:
            with suppress(WriteRefused):  # the run may have been pruned by now
                journal.mark_undone(self.machine, self.disk, self.undoes, done, self.change_id)
