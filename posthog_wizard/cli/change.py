"""The pipeline that every change goes through: plan -> diff -> (ask) -> apply -> outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Cancelled
from posthog_wizard.model import Json, Machine, Outcome, Plan

TITLES = {client.id: client.title for client in CLIENTS.values()}
_ORDER = list(CLIENTS)


class RunOptions(NamedTuple):
    """How a change is carried out."""

    command: str  # what the journal calls the run
    dry_run: bool = False
    json: bool = False
    asking: bool = False  # there is a person to ask
    confirmed: bool = False  # and that person has said yes already
    undoes: str | None = None  # the change that this one takes back
    lasting: bool = False  # no undo brings back what was there


def carry_out(
    plan: Plan,
    run_options: RunOptions,
    machine: Machine,
    *,
    resolved: Iterable[Outcome] = (),
    key: Json = output.NO_KEY,
    publish: Callable[..., None] = output.json_document,
    before_apply: Callable[[Machine], None] | None = None,
    after_apply: Callable[[Machine], None] | None = None,
) -> int:
    """Show the change, ask, make it, show what became of it. `key_input` is the document's, for commands that use one.

    `publish` takes the JSON document, for a command whose own document holds it. `first` and `last` are called before
    and after files are changed, once the user has agreed; what `first` raises leaves every file as it is.
    """
    plan = plan._replace(resolved=(*resolved, *plan.resolved))
    if run_options.dry_run:
        return _dry_run(plan, run_options, key, publish)
    if run_options.asking and not run_options.confirmed and _changed(plan):
        show_diff(plan, run_options)
        _confirm(plan)
    from posthog_wizard.install.apply import apply

    if before_apply is not None:
        before_apply(machine)
    applied = apply(plan, machine, command=run_options.command, undoes=run_options.undoes)
    if after_apply is not None:
        after_apply(machine)
    return _report(plan, applied.outcomes, run_options, applied.change_id, key, publish)


def _dry_run(plan: Plan, run_options: RunOptions, key: Json, publish: Callable[..., None]) -> int:
    if not run_options.json:
        show_diff(plan, run_options)
    would_be = tuple(
        Outcome(step.found.client.id, step.found.place.scope, step.found.path, step.outcome, step.reason, step.hint)
        for step in plan.steps
    )
    return _report(plan, would_be, run_options, None, key, publish)


def _row(outcome: Outcome) -> int:
    """Outcomes are shown in the order in which clients are known, whatever was settled first."""
    return _ORDER.index(outcome.client) if outcome.client in _ORDER else len(_ORDER)


def _changed(plan: Plan) -> list[Path]:
    return list(dict.fromkeys(step.change.path for step in plan.steps if step.due))


def show_diff(plan: Plan, run_options: RunOptions) -> None:
    """The change as a diff: what a dry run was asked for, else what a question is about."""
    from posthog_wizard.diff import diff

    show = output.result if run_options.dry_run else output.say
    run = this_run()
    stream = run.stdout if run_options.dry_run else run.stderr
    for line in diff(plan).split("\n")[:-1]:  # a line of a file may hold what Python takes for the end of one
        show(output.diff_line(line, stream))


def _confirm(plan: Plan) -> None:
    from posthog_wizard.cli import ask

    count = len(_changed(plan))
    plain = " The key will stand there in plain text." if any(step.holds_key for step in plan.steps) else ""
    if not ask.confirm(f"Change {count} file{'s' if count > 1 else ''}?{plain}"):
        raise Cancelled


def _report(
    plan: Plan,
    made: tuple[Outcome, ...],
    run_options: RunOptions,
    change_id: str | None,
    key: Json,
    publish: Callable[..., None],
) -> int:
    outcomes = sorted((*plan.resolved, *made), key=_row)
    if run_options.json:
        publish(
            output.SCHEMAS["add"],
            dry_run=run_options.dry_run,
            change_id=change_id,
            key=key,
            clients=output.outcome_rows(outcomes),
        )
    else:
        output.outcomes(outcomes, TITLES, dry_run=run_options.dry_run)
        written = any(step.holds_key and step.outcome != "restored" for step in plan.steps)
        if written and change_id is not None and not run_options.asking:
            output.say(
                "the key stands in these files in plain text; "
                "`posthog-wizard mcp add` with `--secret store`, `--secret env` or `--oauth` keeps it out"
            )
        if change_id is not None and not run_options.lasting:
            output.say(f"take it back with `posthog-wizard mcp undo {change_id}`")
    return 1 if any(outcome.outcome == "failed" for outcome in outcomes) else 0
