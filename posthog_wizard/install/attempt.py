"""One step on its way: try it, verify it, plan it anew when the file changed meanwhile, try again."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import ChangedMeanwhile, ConfigError, Unreadable, VerifyFailed, WizardError
from posthog_wizard.install import files
from posthog_wizard.install.compare_and_swap import Terms, changed, compare_and_swap, remove_empty
from posthog_wizard.install.detect import project_of
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.edits import is_done
from posthog_wizard.install.lock import jittered
from posthog_wizard.model import LimitsChange, Outcome, Step

ATTEMPTS = 5  # how often a file that somebody else is rewriting is tried
_PAUSE = 0.05  # seconds between attempts, growing
FRESH = 0.05  # a file that was written so many seconds ago, not by us, is being rewritten by somebody


class Attempt(NamedTuple):
    """How far the step of that number has come."""

    number: int
    step: Step
    problem: WizardError | None = None
    written: bool = False
    contended: bool = False  # somebody else is rewriting the file: look again later
    lost: tuple[str, ...] = ()  # what of the file could not be kept

    @property
    def due(self) -> bool:
        """Whether there is something to write."""
        return self.problem is None and self.step.due

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        step, problem = self.step, self.problem
        if problem:
            told = step.told._replace(outcome="failed", reason=str(problem), hint=problem.hint)
            return told._replace(limits=LimitsChange(step.limits.before, step.limits.before))
        reason = "; ".join(filter(None, (step.reason, *self.lost))) or None
        told, client = step.told, step.found.client
        next_step = client.next_step(step.outcome, told.name, signs_in=step.signs_in) if self.written else None
        return told._replace(reason=reason, next_step=next_step)


_Remember = Callable[[Attempt], None]  # writes an intention down before its file is replaced


def first_attempts(steps: Iterable[Step], disk: Disk) -> list[Attempt]:
    """Every step, planned anew where its file has changed since, or will have by the steps before it."""
    expected: dict[Path, bytes | None] = {}
    attempts = []
    for number, step in enumerate(steps):
        attempt = Attempt(number, step)
        if attempt.due:
            target = disk.resolve(step.change.path)
            attempt = _against(attempt, expected[target]) if target in expected else _first_look(attempt, disk)
        if attempt.due:
            expected[target] = attempt.step.change.after
        attempts.append(attempt)
    return attempts


def attempt_step(attempt: Attempt, remember: _Remember, disk: Disk) -> Attempt:
    """Write and verify; when somebody else wrote meanwhile, plan anew and try again, a few times."""
    for count in range(1, ATTEMPTS):
        attempt = _write(attempt, disk)
        if not isinstance(attempt.problem, ChangedMeanwhile | VerifyFailed):
            return attempt
        disk.sleep(jittered(_PAUSE * count))
        attempt = plan_again(attempt, remember, disk)
    return _write(attempt, disk)


def plan_again(attempt: Attempt, remember: _Remember, disk: Disk) -> Attempt:
    """The same wish for what the file holds now."""
    try:
        content = files.read_file(attempt.step.change.path, disk)
        again = _against(attempt._replace(problem=None, contended=True), content)
        if again.due:
            remember(again)
    except WizardError as error:
        return attempt._replace(problem=error)
    if again.problem or again.due or not attempt.written:
        return again
    # What we wrote and the other program kept is still our doing.
    return again._replace(step=again.step._replace(outcome=attempt.step.outcome))


def is_lost(attempt: Attempt, disk: Disk) -> bool:
    """Whether what was written is gone, or cannot be seen any more."""
    try:
        _verify(attempt.step, disk)
    except ConfigError:
        again = plan_again(attempt, lambda _attempt: None, disk)
        return again.due or again.problem is not None
    return False


def _first_look(attempt: Attempt, disk: Disk) -> Attempt:
    change = attempt.step.change
    try:
        content, age = files.read_file(change.path, disk), _age(change.path, disk)
    except WizardError as error:
        return attempt._replace(problem=error)
    return _against(attempt._replace(contended=content != change.before or (age is not None and age < FRESH)), content)


def _against(attempt: Attempt, content: bytes | None) -> Attempt:
    """The same wish for other content."""
    step = attempt.step
    if content == step.change.before:
        return attempt
    try:
        if step.replan is None:
            raise changed(step.change.path)
        return attempt._replace(step=step.replan(content))
    except WizardError as error:
        return attempt._replace(problem=error)


def _write(attempt: Attempt, disk: Disk) -> Attempt:
    step = attempt.step
    if not attempt.due:
        return attempt
    try:
        terms = Terms(step.holds_key, step.mode, project_of(step.found.place, step.change.path), flushed=False)
        lost = compare_and_swap(step.change, disk, terms)
        attempt = attempt._replace(written=True, lost=tuple(dict.fromkeys((*attempt.lost, *lost))))
        if step.change.after is None:
            remove_empty(step.directories, disk)
        # Whether the client is rewriting the file right now, perhaps from what it read before we wrote: asked before the
        # next look, which a client that has unlocked by then will see. We do not take its lock: Claude Code (2.1.197,
        # traced) makes one but does not wait for a foreign one, and a wizard that was killed would leave it behind.
        path, ending = step.change.path, step.found.place.lock_ending
        locked = ending is not None and _age(path.with_name(path.name + ending), disk) is not None
        exact = _verify(step, disk)
        return attempt._replace(contended=attempt.contended or locked or not exact)
    except WizardError as error:
        return attempt._replace(problem=error)


def _age(path: Path, disk: Disk) -> float | None:
    """Seconds since the file was last written; None where there is none."""
    with files.system_errors(path, Unreadable, "read"):
        status = files.status_of(path, disk)
    return None if status is None else disk.age(status)


def _verify(step: Step, disk: Disk) -> bool:
    """Whether the file holds exactly `after`; False: its client rewrote it meanwhile, and every edit's value is there.

    Raises VerifyFailed, or Unreadable when the file cannot be read any more.
    """
    current = files.read_file(step.change.path, disk)
    if current == step.change.after:
        return True
    place = step.found.place
    with suppress(ConfigError):
        document = FORMATS[place.format].parse(current, place.dialect)
        if step.edits and all(is_done(document, edit, place) for edit in step.edits):
            return False
    raise rewritten(step)


def rewritten(step: Step) -> VerifyFailed:
    """The error for an entry that another program took out again."""
    return VerifyFailed(
        "the entry was written, but another program has rewritten the file without it",
        f"quit {step.found.client.title}, then run the command again",
        path=str(step.change.path),
    )
