"""The end of every pipeline that changes files: diff -> (ask) -> apply, which verifies what it wrote."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Cancelled
from posthog_wizard.install.ownership import OwnWriting
from posthog_wizard.model import Json, Machine, Outcome, Plan
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.own_files import owner_above
from posthog_wizard.plan import PlanOptions
from posthog_wizard.settings import named_hosts

_ANSWERS = (("yes", "yes"), ("diff", "show what changes in each"), ("no", "no"))
_ORDER = {client: row for row, client in enumerate(CLIENTS)}


class RunOptions(NamedTuple):
    """How a change is carried out."""

    command: str  # what the journal calls the run
    dry_run: bool = False
    confirmed: bool = False  # nobody need be asked: the user has said yes already
    undoes: str | None = None  # the change that this one takes back


class Changed(NamedTuple):
    """What became of a plan; in a dry run, what would. `change_id` is None when no file was touched."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    change_id: str | None = None
    dry_run: bool = False
    key: Json = None  # the JSON documents' `key`, for commands that use one
    example: Json = None  # the entry that a client would get, where there is none

    @property
    def failed(self) -> bool:
        """Whether something could not be done."""
        return any(outcome.outcome == "failed" for outcome in self.outcomes)


def plan_options(machine: Machine, *flags: str, **more: Any) -> PlanOptions:
    """How a plan treats what it meets on this machine: what is ours by the journal, and by the PostHogs that are named."""
    ours = OwnWriting(machine)
    return PlanOptions(
        written_by_us=ours.wrote,
        left_by_us=ours.left,
        made_by_us=ours.made,
        hosts=named_hosts(machine, *flags),
        **more,
    )


def carry_out(
    plan: Plan,
    options: RunOptions,
    machine: Machine,
    ask: Ask | None,
    report: Report,
    around: AbstractContextManager[object] = nullcontext(),  # noqa: B008 - it holds nothing
) -> Changed:
    """Show the change, ask, make it.

    `around` is entered once the user has agreed, and left when the files are changed; what it raises before that leaves
    every file as it is. Raises Cancelled.
    """
    if options.dry_run:
        return Changed(plan, _in_order(plan, tuple(step.told for step in plan.steps)), dry_run=True)
    due = {step.change.path for step in plan.steps if step.due}
    if ask is not None and not options.confirmed and due:
        _confirm(plan, len(due), ask, report)
    from posthog_wizard.install.apply import apply

    owner = owner_above(machine.home / "file")
    if owner is not None:
        report.warn(f"you are root in the home of user {owner.st_uid}, who gets what is made there; leave `sudo` out")
    with around:
        applied = apply(plan, machine, command=options.command, undoes=options.undoes)
    return Changed(plan, _in_order(plan, applied.outcomes), applied.change_id)


def _in_order(plan: Plan, made: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Outcomes are told in the order in which clients are known, whatever was resolved first."""
    return tuple(sorted((*plan.resolved, *made), key=lambda outcome: _ORDER.get(outcome.client, len(_ORDER))))


def _confirm(plan: Plan, count: int, ask: Ask, report: Report) -> None:
    """Show one file's diff, of several a list and their diffs on request, and ask. Raises Cancelled."""
    plain = " The key will be stored there in plain text." if any(step.holds_key for step in plan.steps) else ""
    if count == 1:
        report.show_diff(plan)
        agreed = ask.confirm(f"Change 1 file?{plain}")
    else:
        report.show_files(plan)
        while (answer := ask.choose_one(f"Change {count} files?{plain}", _ANSWERS, letters=True)) == "diff":
            report.show_diff(plan)
        agreed = answer == "yes"
    if not agreed:
        raise Cancelled
