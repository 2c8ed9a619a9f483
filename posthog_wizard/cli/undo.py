"""`mcp undo`: take a run back."""

from __future__ import annotations

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.change_screen import TITLES, show_change
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.install.history import History
from posthog_wizard.operations import undo
from posthog_wizard.operations.change import RunOptions


def command(
    change_id: str | None = None,
    client: str | None = None,
    list_runs: bool = False,
    dry_run: bool = False,
    yes: bool = False,
    json: bool = False,
) -> int:
    """Take the last run of `add`, `remove` or `undo` back.

    posthog-wizard mcp undo            the last run that is not taken back yet

    posthog-wizard mcp undo --list     all runs

    posthog-wizard mcp undo 0042-k7q --client cursor
    """
    if list_runs:
        return _show(undo.runs(this_run().machine, output), as_json=json)
    options = undo.UndoOptions(RunOptions("mcp undo", dry_run=dry_run, confirmed=yes), change_id, client)
    person = ask.person(json=json)
    return show_change(undo.run(options, this_run().machine, person, output), json=json, seen=person is not None)


def _show(history: History, *, as_json: bool) -> int:
    """The runs that changed something, latest first."""
    from posthog_wizard.documents.masking import mask_text

    runs = [run for run in reversed(history.runs) if run.done]
    if as_json:
        rows = [
            {
                "change_id": run.change_id,
                "when": run.when,
                "command": run.command,
                "clients": list(dict.fromkeys(record.client for record in run.done)),
                "names": [mask_text(name) for name in run.names],
            }
            for run in runs
        ]
        output.json_document(output.JOURNAL_SCHEMA, changes=rows)
        return 0
    for run in runs:
        back = "" if history.left(run) else "  (taken back)"
        clients = ", ".join(dict.fromkeys(TITLES.get(record.client, record.client) for record in run.done))
        names = ", ".join(f"`{mask_text(name)}`" for name in run.names)
        output.result(f"{run.change_id}  {run.when}  {run.command:10}  {names} in {clients}{back}")
    if not runs:
        output.say("nothing has been changed yet")
    return 0
