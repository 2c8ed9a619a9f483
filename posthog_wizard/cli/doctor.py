"""`mcp doctor`: prove that PostHog works in every client, say why not, repair it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, doctor_screen, output, shared_options
from posthog_wizard.cli.change import RunOptions, carry_out, show_diff
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.cli.targets import client
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Cancelled, WrongUsage
from posthog_wizard.model import Json, Machine

if TYPE_CHECKING:
    from posthog_wizard.doctor.check import Check
    from posthog_wizard.doctor.consent import Consent
    from posthog_wizard.doctor.context import Context, DoctorOptions

_COMMAND = "mcp doctor --fix"  # what the journal calls a repair


def command(
    clients: shared_options.ClientsArgument = None,
    scope: shared_options.ScopeOption = "user",
    profile: shared_options.ProfileOption = None,
    host: shared_options.HostOption = None,
    region: shared_options.RegionOption = None,
    trust_project: shared_options.TrustProjectOption = False,
    fix: shared_options.FixOption = False,
    yes: shared_options.YesOption = False,
    offline: shared_options.OfflineOption = False,
    timeout: shared_options.TimeoutOption = 20.0,
    report: shared_options.ReportOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Find out whether PostHog works in every client, why not, and what to do.

    posthog-wizard mcp doctor                  look at everything, change nothing

    posthog-wizard mcp doctor cursor           one client

    posthog-wizard mcp doctor --fix            repair what can be repaired

    posthog-wizard mcp doctor --report         Markdown for an issue

    posthog-wizard mcp doctor --scope project --trust-project
    """
    from posthog_wizard.doctor.context import DoctorOptions

    _refuse_contradictions(fix=fix, yes=yes, report=report, json=json, timeout=timeout)
    machine = this_run().machine
    wanted = DoctorOptions(
        clients=tuple(client(name) for name in dict.fromkeys(clients or ())) or tuple(CLIENTS.values()),
        named=bool(clients),
        scope=scope,
        offline=offline,
        timeout=timeout,
        profile=profile,
        host=host,
        region=region,
    )
    _refuse_plain_http(wanted)
    admitted, consent = _admitted(machine, wanted, trust_project, json)
    context, checks = _examined(admitted)
    changes: dict[str, Json] = {}
    tried = False
    if fix:
        run_options = RunOptions(_COMMAND, json=json, confirmed=yes, asking=_asking(json=json))
        tried = _repair(checks, run_options, machine, changes)
        if tried:
            context, checks = _again(machine, wanted, consent)
        if _offer(context, run_options):
            context, checks = _again(machine, wanted, consent)
    if json:
        _document(checks, changes)
    elif report:
        _report(context, checks)
    else:
        doctor_screen.show_checks(checks, wanted, tried=tried)
    return 1 if doctor_screen.worst(checks) == "fail" else 0


def _refuse_contradictions(*, fix: bool, yes: bool, report: bool, json: bool, timeout: float) -> None:
    if yes and not fix:
        raise WrongUsage("`--yes` answers the question of `--fix`", "add `--fix`, or leave `--yes` out")
    if report and json:
        raise WrongUsage("`--report` prints Markdown, `--json` a document", "leave one of them out")
    if timeout <= 0:
        raise WrongUsage("`--timeout` needs a number of seconds above 0", "try `--timeout 20`")


def _asking(*, json: bool) -> bool:
    return ask.can_ask(no_input=False, json=json)


def _refuse_plain_http(wanted: DoctorOptions) -> None:
    """Raise WrongUsage for a `--host` that is none, with a hint for this command."""
    try:
        wanted.bases  # noqa: B018 - it is worked out when it is asked for
    except WrongUsage as problem:
        if "plain http" in problem.message:
            hint = "use https, or store a key for that PostHog: `posthog-wizard key set --allow-http`"
            raise WrongUsage(problem.message, hint) from problem
        raise


def _admitted(machine: Machine, wanted: DoctorOptions, trust: bool, json: bool) -> tuple[Context, Consent]:
    """The machine, and what of the project's files the user allows for this run."""
    from posthog_wizard.doctor.collecting import collect
    from posthog_wizard.doctor.consent import allow, consent_to, shown, strangers

    with output.progress("looking at the clients"):
        context = collect(machine, wanted)
    entries = strangers(context) if trust else ()
    for entry in entries:
        for line in shown(entry):
            output.say(line)
    if not entries or (_asking(json=json) and not ask.confirm("Start and ask these, this once?", default=False)):
        return context, {}
    consent = consent_to(entries)
    return allow(context, consent), consent


def _examined(context: Context) -> tuple[Context, tuple[Check, ...]]:
    from posthog_wizard.doctor import FAMILIES
    from posthog_wizard.doctor.runner import run_tasks

    with output.progress("looking at the clients") as tell:
        return context, run_tasks(context, FAMILIES, tell)


def _again(machine: Machine, wanted: DoctorOptions, consent: Consent) -> tuple[Context, tuple[Check, ...]]:
    """Look once more, after a repair; what the user allowed is what it said then."""
    from posthog_wizard.doctor.collecting import collect
    from posthog_wizard.doctor.consent import allow

    return _examined(allow(collect(machine, wanted), consent))


def _repair(checks: tuple[Check, ...], run_options: RunOptions, machine: Machine, changes: dict[str, Json]) -> bool:
    """Whether something was repaired. `changes` becomes the document of what was."""
    from posthog_wizard.doctor.repairs import plan_repairs, prepare_repairs, repairs_of

    repairs = repairs_of(checks)
    if not repairs:
        output.say("there is nothing that can be repaired without you")
        return False
    plan = plan_repairs(checks)
    if run_options.asking and not run_options.confirmed:
        for says in dict.fromkeys(repair.says for repair in repairs):
            output.say(f"to do: {says}")
        show_diff(plan, run_options)
        if not ask.confirm("Repair this?"):
            raise Cancelled
    prepare_repairs(checks)
    carry_out(
        plan,
        run_options._replace(confirmed=True),
        machine,
        publish=lambda schema, **fields: changes.update({"schema": schema, "error": None, **fields}),
    )
    return True


def _offer(context: Context, run_options: RunOptions) -> bool:
    """Whether keys moved out of files into the keyring, because the user said so."""
    from posthog_wizard.cli.key_store.offer import make_offer

    options = context.options
    return make_offer(context.found, context.machine, run_options, options.profile, contact=not options.offline)


def _document(checks: tuple[Check, ...], changes: dict[str, Json]) -> None:
    rows = [
        {
            "id": check.id,
            "status": check.status,
            "title": check.title,
            "cause": check.cause,
            "fix": check.fix,
            "fixable": check.fixable,
            "data": dict(check.data),
        }
        for check in checks
    ]
    made = {"changes": changes} if changes else {}
    output.json_document(output.SCHEMAS["doctor"], status=doctor_screen.worst(checks), checks=rows, **made)


def _report(context: Context, checks: tuple[Check, ...]) -> None:
    from posthog_wizard.doctor.report import markdown

    output.result(markdown(context, checks))
