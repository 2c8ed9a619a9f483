"""One step on its way: try it, plan it anew when the file changed meanwhile, try again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.errors import ChangedMeanwhile, ConfigError, Unreadable, VerifyFailed, WizardError
from posthog_wizard.install import files
from posthog_wizard.install.detect import project_of
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.lock import jittered
from posthog_wizard.install.swap import Terms, changed, remove_empty, swap
from posthog_wizard.install.verify import verify
from posthog_wizard.model import Outcome, Step

ATTEMPTS = 5  # how often a file that somebody else is rewriting is tried
PAUSE = 0.05  # seconds between attempts, growing
FRESH = 0.05  # a file that was written so many seconds ago, not by us, is being rewritten by somebody

Remember = Callable[[Step], None]  # writes an intention down before its file is replaced


class Trial(NamedTuple):
    """How far a step has come."""

    step: Step
    problem: WizardError | None = None
    written: bool = False
    restless: bool = False  # somebody else is rewriting the file: look again later
    lost: tuple[str, ...] = ()  # what of the file could not be kept

    @property
    def due(self) -> bool:
        """Whether there is something to write."""
        return self.problem is None and self.step.due

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        step, problem = self.step, self.problem
        client, place = step.found.client, step.found.place
        return Outcome(
            client.id,
            place.scope,
            step.change.path,
            "failed" if problem else step.outcome,
            str(problem) if problem else "; ".join(filter(None, (step.reason, *self.lost))) or None,
            problem.hint if problem else step.hint,
            client.next_step(step.outcome) if self.written and not problem else None,
        )


def first_trials(steps: Iterable[Step], disk: Disk) -> list[Trial]:
    """Every step, planned anew where its file has changed since, or will have by the steps before it."""
    expected: dict[Path, bytes | None] = {}
    trials = []
    for step in steps:
        trial = Trial(step)
        if trial.due:
            target = disk.resolve(step.change.path)
            trial = _against(trial, expected[target]) if target in expected else _first_look(trial, disk)
        if trial.due:
            expected[target] = trial.step.change.after
        trials.append(trial)
    return trials


def carry_out(trial: Trial, remember: Remember, disk: Disk) -> Trial:
    """Write and verify; when somebody else wrote meanwhile, plan anew and try again, a few times."""
    for attempt in range(1, ATTEMPTS):
        trial = _write(trial, disk)
        if not isinstance(trial.problem, ChangedMeanwhile | VerifyFailed):
            return trial
        disk.pause(jittered(PAUSE * attempt))
        trial = plan_again(trial, remember, disk)
    return _write(trial, disk)


def plan_again(trial: Trial, remember: Remember, disk: Disk) -> Trial:
    """The same wish for what the file holds now."""
    try:
        content = files.read(trial.step.change.path, disk)
        again = _against(trial._replace(problem=None, restless=True), content)
        if again.due:
            remember(again.step)
    except WizardError as error:
        return trial._replace(problem=error)
    if again.problem or again.due or not trial.written:
        return again
    # What we wrote and the other program kept is still our doing.
    return again._replace(step=again.step._replace(outcome=trial.step.outcome))


def is_lost(trial: Trial, disk: Disk) -> bool:
    """Whether what was written is gone, or cannot be seen any more."""
    try:
        verify(trial.step, disk)
    except ConfigError:
        again = plan_again(trial, lambda _step: None, disk)
        return again.due or again.problem is not None
    return False


def _first_look(trial: Trial, disk: Disk) -> Trial:
    step = trial.step
    try:
        content = files.read(step.change.path, disk)
        restless = content != step.change.before or _is_fresh(step, disk)
    except WizardError as error:
        return trial._replace(problem=error)
    return _against(trial._replace(restless=restless), content)


def _against(trial: Trial, content: bytes | None) -> Trial:
    """The same wish for other content."""
    step = trial.step
    if content == step.change.before:
        return trial
    try:
        if step.replan is None:
            raise changed(step.change.path)
        return trial._replace(step=step.replan(content))
    except WizardError as error:
        return trial._replace(problem=error)


def _write(trial: Trial, disk: Disk) -> Trial:
    step = trial.step
    if not trial.due:
        return trial
    try:
        terms = Terms(private=step.holds_key, mode=step.mode, within=project_of(step.found.place, step.change.path))
        lost = swap(step.change, disk, terms)
        trial = trial._replace(written=True, lost=tuple(dict.fromkeys((*trial.lost, *lost))))
        if step.change.after is None:
            remove_empty(step.directories, disk)
        locked = _is_locked(step, disk)  # before the next look: a client that has unlocked by now, it will see
        exact = verify(step, disk)
        return trial._replace(restless=trial.restless or locked or not exact)
    except WizardError as error:
        return trial._replace(problem=error)


def _is_fresh(step: Step, disk: Disk) -> bool:
    """Whether somebody wrote the file a moment ago."""
    status = _status(step.change.path, disk)
    return status is not None and disk.age(status) < FRESH


def _is_locked(step: Step, disk: Disk) -> bool:
    """Whether the client is rewriting the file right now, perhaps from what it read before we wrote.

    We look at its lock and do not take it: Claude Code (2.1.197, traced) makes one but does not wait for a foreign
    one, and a wizard that was killed would leave it behind.
    """
    path, ending = step.change.path, step.found.place.lock_ending
    return ending is not None and _status(path.with_name(path.name + ending), disk) is not None


def _status(path: Path, disk: Disk) -> os.stat_result | None:
    with files.refusing(path, Unreadable, "read"):
        return files.status_of(path, disk)
