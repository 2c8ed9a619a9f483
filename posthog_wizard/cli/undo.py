"""`mcp undo`: take a run back."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.change import TITLES, RunOptions, carry_out
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.cli.targets import client as client_named
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import NothingFound
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import History, Run, read_history
from posthog_wizard.install.key_placeholder import KeyPlaceholder
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Machine, Plan, Secret

_ChangeId = Annotated[
    str | None,
    typer.Argument(metavar="[CHANGE-ID]", help="Which run; the last one when left out.", show_default=False),
]
_OneClient = Annotated[
    str | None, typer.Option("--client", "-c", metavar="ID", help="Only this client.", show_default=False)
]
_ListThem = Annotated[bool, typer.Option("--list", help="Show the runs that can be taken back.")]


def command(
    change_id: _ChangeId = None,
    client: _OneClient = None,
    list_runs: _ListThem = False,
    dry_run: shared_options.DryRunOption = False,
    yes: shared_options.YesOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Take the last run of `add`, `remove` or `undo` back.

    posthog-wizard mcp undo            the last run that is not taken back yet

    posthog-wizard mcp undo --list     all runs

    posthog-wizard mcp undo 0042-k7q --client cursor
    """
    machine, disk = this_run().machine, this_disk()
    history = read_history(machine, disk)
    for path in history.skipped:
        output.warn(f"`{path}` cannot be read as a run of the journal and was passed over")
    if list_runs:
        return _show(history, as_json=json)
    if client is not None:
        client_named(client)
    run_options = RunOptions(
        "mcp undo", dry_run=dry_run, json=json, asking=ask.can_ask(no_input=False, json=json), confirmed=yes
    )
    run = history.find(change_id) if change_id is not None else _last(history, client)
    if run is None:
        return carry_out(Plan(()), run_options, machine)
    undo = Undo(run, machine, disk, CLIENTS, save=not dry_run, stored_key=partial(_stored_key, machine))
    plan = plan_undo(undo, history, client)
    return carry_out(plan, run_options._replace(undoes=run.change_id), machine)


def _stored_key(machine: Machine, placeholder: KeyPlaceholder) -> Secret:
    """The key that was taken out of a run's texts, from where it is kept. Raises WizardError."""
    from posthog_wizard.credentials import store
    from posthog_wizard.credentials.reference import parse_reference

    return store.read(parse_reference(placeholder.reference), placeholder.host, machine)


def _last(history: History, client: str | None) -> Run | None:
    """The latest run with something left to take back; None where there is none, which is no failure."""
    try:
        return history.last(client)
    except NothingFound as problem:
        output.say(problem.message)
        return None


def _show(history: History, *, as_json: bool) -> int:
    """The runs, latest first."""
    runs = list(reversed(history.runs))
    if as_json:
        rows = [
            {
                "change_id": run.change_id,
                "when": run.when,
                "command": run.command,
                "clients": list(dict.fromkeys(record.client for record in run.records)),
            }
            for run in runs
        ]
        output.json_document(output.JOURNAL_SCHEMA, changes=rows)
        return 0
    for run in runs:
        back = "" if history.left(run) else "  (taken back)"
        clients = ", ".join(dict.fromkeys(TITLES.get(record.client, record.client) for record in run.records))
        output.result(f"{run.change_id}  {run.when}  {run.command:10}  {clients}{back}")
    if not runs:
        output.say("nothing was changed yet")
    return 0
