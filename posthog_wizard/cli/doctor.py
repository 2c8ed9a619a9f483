"""`mcp doctor`: prove that PostHog works in every client, say why not, repair it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import ask, doctor_screen, options, output
from posthog_wizard.cli.change import Manner, carry_out, show_diff
from posthog_wizard.cli.targets import client
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Cancelled, WrongUsage
from posthog_wizard.machine import this_machine
from posthog_wizard.model import Json, Machine

if TYPE_CHECKING:
    from posthog_wizard.doctor.check import Check
    from posthog_wizard.doctor.consent import Consent
    from posthog_wizard.doctor.patient import Options, Patient

COMMAND = "mcp doctor --fix"  # what the journal calls a repair


def command(
    clients: options.Clients = None,
    scope: options.ScopeOption = "user",
    profile: options.Profile = None,
    host: options.Host = None,
    region: options.Region = None,
    trust_project: options.TrustProject = False,
    fix: options.Fix = False,
    yes: options.Yes = False,
    offline: options.Offline = False,
    timeout: options.Timeout = 20.0,
    report: options.Report = False,
    json: options.JsonOption = False,
) -> int:
    """Find out whether PostHog works in every client, why not, and what to do.

    posthog-wizard mcp doctor                  look at everything, change nothing

    posthog-wizard mcp doctor cursor           one client

    posthog-wizard mcp doctor --fix            repair what can be repaired

    posthog-wizard mcp doctor --report         Markdown for an issue

    posthog-wizard mcp doctor --scope project --trust-project
    """
    from posthog_wizard.doctor.patient import Options

    _refuse_contradictions(fix=fix, yes=yes, report=report, json=json, timeout=timeout)
    machine = this_machine()
    wanted = Options(
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
    patient, checks = _examined(admitted)
    changes: dict[str, Json] = {}
    tried = False
    if fix:
        manner = Manner(COMMAND, json=json, confirmed=yes, asking=_asking(json=json))
        tried = _repair(checks, manner, machine, changes)
        if tried:
            patient, checks = _again(machine, wanted, consent)
        if _offer(patient, manner):
            patient, checks = _again(machine, wanted, consent)
    if json:
        _document(checks, changes)
    elif report:
        _report(patient, checks)
    else:
        doctor_screen.show(checks, wanted, tried=tried)
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


def _refuse_plain_http(wanted: Options) -> None:
    """Raise WrongUsage for a `--host` that is none, with a hint for this command."""
    try:
        wanted.bases  # noqa: B018 - it is worked out when it is asked for
    except WrongUsage as problem:
        if "plain http" in problem.message:
            hint = "use https, or store a key for that PostHog: `posthog-wizard key set --allow-http`"
            raise WrongUsage(problem.message, hint) from problem
        raise


def _admitted(machine: Machine, wanted: Options, trust: bool, json: bool) -> tuple[Patient, Consent]:
    """The machine, and what of the project's files the user allows for this run."""
    from posthog_wizard.doctor.admission import admit
    from posthog_wizard.doctor.consent import allow, consent_to, shown, strangers

    with output.progress("looking at the clients"):
        patient = admit(machine, wanted)
    entries = strangers(patient) if trust else ()
    for entry in entries:
        for line in shown(entry):
            output.say(line)
    if not entries or (_asking(json=json) and not ask.confirm("Start and ask these, this once?", default=False)):
        return patient, {}
    consent = consent_to(entries)
    return allow(patient, consent), consent


def _examined(patient: Patient) -> tuple[Patient, tuple[Check, ...]]:
    from posthog_wizard.doctor import FAMILIES
    from posthog_wizard.doctor.examine import examine

    with output.progress("looking at the clients") as tell:
        return patient, examine(patient, FAMILIES, tell)


def _again(machine: Machine, wanted: Options, consent: Consent) -> tuple[Patient, tuple[Check, ...]]:
    """Look once more, after a repair; what the user allowed is what it said then."""
    from posthog_wizard.doctor.admission import admit
    from posthog_wizard.doctor.consent import allow

    return _examined(allow(admit(machine, wanted), consent))


def _repair(checks: tuple[Check, ...], manner: Manner, machine: Machine, changes: dict[str, Json]) -> bool:
    """Whether something was repaired. `changes` becomes the document of what was."""
    from posthog_wizard.doctor.repairs import plan_repairs, prepare, repairs_of

    repairs = repairs_of(checks)
    if not repairs:
        output.say("there is nothing that can be repaired without you")
        return False
    plan = plan_repairs(checks)
    if manner.asking and not manner.confirmed:
        for says in dict.fromkeys(repair.says for repair in repairs):
            output.say(f"to do: {says}")
        show_diff(plan, manner)
        if not ask.confirm("Repair this?"):
            raise Cancelled
    prepare(checks)
    carry_out(
        plan,
        manner._replace(confirmed=True),
        machine,
        publish=lambda schema, **fields: changes.update({"schema": schema, "error": None, **fields}),
    )
    return True


def _offer(patient: Patient, manner: Manner) -> bool:
    """Whether keys moved out of files into the keyring, because the user said so."""
    from posthog_wizard.cli.offer import make_offer

    options = patient.options
    return make_offer(patient.found, patient.machine, manner, options.profile, contact=not options.offline)


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
    output.document(output.SCHEMAS["doctor"], status=doctor_screen.worst(checks), checks=rows, **made)


def _report(patient: Patient, checks: tuple[Check, ...]) -> None:
    from posthog_wizard.doctor.report import markdown

    output.result(markdown(patient, checks))
