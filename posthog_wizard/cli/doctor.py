"""`mcp doctor`: prove that PostHog works in every client, say why not, repair it."""

from __future__ import annotations

from functools import partial

from posthog_wizard.api.hosts import CloudRegion
from posthog_wizard.cli import ask, doctor_screen, output
from posthog_wizard.cli.change_screen import show_change
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json, Scope
from posthog_wizard.operations.targets import client_named


def command(
    clients: list[str] | None = None,
    scope: Scope = "user",
    profile: str | None = None,
    host: str | None = None,
    region: CloudRegion | None = None,
    trust_project: bool = False,
    fix: bool = False,
    yes: bool = False,
    offline: bool = False,
    timeout: float = 20.0,
    report: bool = False,
    json: bool = False,
) -> int:
    """Find out whether PostHog works in every client, why not, and what to do.

    posthog-wizard mcp doctor                  look at everything, change nothing

    posthog-wizard mcp doctor cursor           one client

    posthog-wizard mcp doctor --fix            repair what can be repaired

    posthog-wizard mcp doctor --report         Markdown for an issue

    posthog-wizard mcp doctor --scope project --trust-project
    """
    from posthog_wizard.doctor.context import DoctorOptions
    from posthog_wizard.doctor.report import markdown
    from posthog_wizard.operations import repair

    _refuse_contradictions(fix=fix, yes=yes, report=report, json=json, timeout=timeout)
    wanted = DoctorOptions(
        clients=tuple(client_named(name) for name in dict.fromkeys(clients or ())) or tuple(CLIENTS.values()),
        named=bool(clients),
        scope=scope,
        offline=offline,
        timeout=timeout,
        profile=profile,
        host=host,
        region=region,
    )
    changes: dict[str, Json] = {}
    person = ask.person(json=json)

    def remember(schema: str, **fields: Json) -> None:
        changes.update({"schema": schema, "error": None, **fields})  # a part of the one document

    show = partial(show_change, json=json, seen=person is not None, publish=remember)
    options = repair.RepairOptions(
        wanted, show, trust_project, fix, yes, lambda checks: doctor_screen.show_checks(checks, wanted, tried=False)
    )
    found = repair.run(options, this_run().machine, person, output)
    if json:
        fields = ("id", "status", "title", "cause", "fix", "fixable")
        rows = [{**{field: getattr(one, field) for field in fields}, "data": dict(one.data)} for one in found.checks]
        made = {"changes": changes} if changes else {}
        output.json_document(output.SCHEMAS["doctor"], status=doctor_screen.worst(found.checks), checks=rows, **made)
    elif report:
        output.result(markdown(found.context, found.checks))
    else:
        doctor_screen.show_checks(found.checks, wanted, tried=found.repaired is not None)
    return 1 if doctor_screen.worst(found.checks) == "fail" else 0


def _refuse_contradictions(*, fix: bool, yes: bool, report: bool, json: bool, timeout: float) -> None:
    if yes and not fix:
        raise WrongUsage("`--yes` answers the question of `--fix`", "add `--fix`, or leave `--yes` out")
    if report and json:
        raise WrongUsage("`--report` prints Markdown, `--json` a document", "leave one of them out")
    if timeout <= 0:
        raise WrongUsage("`--timeout` needs a number of seconds above 0", "try `--timeout 20`")
