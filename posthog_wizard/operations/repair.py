"""`mcp doctor`: look at everything, repair what can be repaired where `--fix` says so, look again."""

from collections.abc import Callable
from typing import NamedTuple

from posthog_wizard.doctor.check import Check
from posthog_wizard.doctor.checks import CHECKS
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import Context, DoctorOptions
from posthog_wizard.doctor.repairs import plan_repairs, prepare_repairs, repairs_of
from posthog_wizard.doctor.runner import run_tasks
from posthog_wizard.doctor.trust import Consent, allow, consent_to, shown, strangers
from posthog_wizard.errors import Cancelled, WrongUsage
from posthog_wizard.launcher import with_proven_launcher
from posthog_wizard.model import Machine
from posthog_wizard.operations.change import Changed, RunOptions, carry_out
from posthog_wizard.operations.dialogue import Ask, Report


class RepairOptions(NamedTuple):
    """The flags of `mcp doctor`. `show` tells what a repair has changed, before everything is looked at again."""

    doctor: DoctorOptions
    show: Callable[[Changed], object]
    trust_project: bool = False
    fix: bool = False
    confirmed: bool = False  # nobody need be asked: the user has said yes already
    present: Callable[[tuple[Check, ...]], object] = lambda _: None  # tells what was found, before a question


class _Diagnosis(NamedTuple):
    """What was found in the end. `repaired`: what a repair changed before that; None: nothing was tried."""

    context: Context
    checks: tuple[Check, ...]
    repaired: Changed | None = None


def run(options: RepairOptions, machine: Machine, ask: Ask | None, report: Report) -> _Diagnosis:
    """Raises WrongUsage, Cancelled, and what a repair or a key that moves into the keyring raises."""
    _refuse_plain_http(options.doctor)
    machine = with_proven_launcher(machine)
    context, consent = _admitted(options, machine, ask, report)
    found = _examined(context, report)
    if not options.fix:
        return found
    change = RunOptions("mcp doctor --fix", confirmed=options.confirmed)
    if ask is not None and not options.confirmed and repairs_of(found.checks):
        options.present(found.checks)

    def shown_again(changed: Changed) -> _Diagnosis:
        options.show(changed)
        return _examined(allow(collect(machine, options.doctor), consent), report)  # what the user allowed it said then

    repaired = _repair(found.checks, change, machine, ask, report)
    if repaired is not None:
        found = shown_again(repaired)
    if ask is not None and not options.confirmed:
        from posthog_wizard.operations.key_store.storing import offer_keyring

        moved = offer_keyring(found.context, change, machine, ask, report)
        found = shown_again(moved) if moved is not None else found
    return found._replace(repaired=repaired)


def _refuse_plain_http(wanted: DoctorOptions) -> None:
    """Raise WrongUsage for a `--host` that is none, with a hint for this command."""
    try:
        wanted.bases  # noqa: B018 - it is worked out when it is asked for
    except WrongUsage as problem:
        if "plain http" in problem.message:
            hint = "use https, or store a key for that PostHog: `posthog-wizard key set --allow-http`"
            raise WrongUsage(problem.message, hint) from problem
        raise


def _admitted(options: RepairOptions, machine: Machine, ask: Ask | None, report: Report) -> tuple[Context, Consent]:
    """The machine, and what of the project's files the user allows for this run."""
    with report.progress("looking at the clients"):
        context = collect(machine, options.doctor)
    entries = strangers(context) if options.trust_project else ()
    for entry in entries:
        for line in shown(entry):
            report.say(line)
    if not entries or (ask is not None and not ask.confirm("Start and ask these, just this once?", default=False)):
        return context, {}
    consent = consent_to(entries)
    return allow(context, consent), consent


def _examined(context: Context, report: Report) -> _Diagnosis:
    with report.progress("looking at the clients") as tell:
        return _Diagnosis(context, run_tasks(context, CHECKS, tell))


def _repair(
    checks: tuple[Check, ...], options: RunOptions, machine: Machine, ask: Ask | None, report: Report
) -> Changed | None:
    """What was repaired; None where there is nothing that can be."""
    repairs = repairs_of(checks)
    if not repairs:
        report.say("there is nothing that can be repaired without you")
        return None
    plan = plan_repairs(checks)
    if ask is not None and not options.confirmed:
        for says in dict.fromkeys(repair.says for repair in repairs):
            report.say(f"to do: {says}")
        report.show_diff(plan)
        if not ask.confirm("Repair this?"):
            raise Cancelled
    prepare_repairs(checks)
    return carry_out(plan, options._replace(confirmed=True), machine, ask, report)
