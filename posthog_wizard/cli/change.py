"""The pipeline that every change goes through: plan -> diff -> (ask) -> apply -> outcomes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.cli import output
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Cancelled
from posthog_wizard.model import Json, Machine, Outcome, Plan

TITLES = {client.id: client.title for client in CLIENTS.values()}
ORDER = list(CLIENTS)


class Manner(NamedTuple):
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
    manner: Manner,
    machine: Machine,
    *,
    settled: Iterable[Outcome] = (),
    key: Json = output.NO_KEY,
    publish: Callable[..., None] = output.document,
    first: Callable[[Machine], None] | None = None,
    last: Callable[[Machine], None] | None = None,
) -> int:
    """Show the change, ask, make it, show what became of it. `key` is the document's, for commands that use one.

    `publish` takes the JSON document, for a command whose own document holds it. `first` and `last` are called before
    and after files are changed, once the user has agreed; what `first` raises leaves every file as it is.
    """
    plan = plan._replace(settled=(*settled, *plan.settled))
    if manner.dry_run:
        return _dry_run(plan, manner, key, publish)
    if manner.asking and not manner.confirmed and _changed(plan):
        show_diff(plan, manner)
        _confirm(plan)
    from posthog_wizard.install.apply import apply

    if first is not None:
        first(machine)
    applied = apply(plan, machine, command=manner.command, undoes=manner.undoes)
    if last is not None:
        last(machine)
    return _report(plan, applied.outcomes, manner, applied.change_id, key, publish)


def _dry_run(plan: Plan, manner: Manner, key: Json, publish: Callable[..., None]) -> int:
    if not manner.json:
        show_diff(plan, manner)
    would_be = tuple(
        Outcome(step.found.client.id, step.found.place.scope, step.found.path, step.outcome, step.reason, step.hint)
        for step in plan.steps
    )
    return _report(plan, would_be, manner, None, key, publish)


def _row(outcome: Outcome) -> int:
    """Outcomes are shown in the order in which clients are known, whatever was settled first."""
    return ORDER.index(outcome.client) if outcome.client in ORDER else len(ORDER)


def _changed(plan: Plan) -> list[Path]:
    return list(dict.fromkeys(step.change.path for step in plan.steps if step.due))


def show_diff(plan: Plan, manner: Manner) -> None:
    """The change as a diff: what a dry run was asked for, else what a question is about."""
    from posthog_wizard.diff import diff

    show = output.result if manner.dry_run else output.say
    stream = sys.stdout if manner.dry_run else sys.stderr
    for line in diff(plan).splitlines():
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
    manner: Manner,
    change_id: str | None,
    key: Json,
    publish: Callable[..., None],
) -> int:
    outcomes = sorted((*plan.settled, *made), key=_row)
    if manner.json:
        publish(
            output.SCHEMAS["add"],
            dry_run=manner.dry_run,
            change_id=change_id,
            key=key,
            clients=output.outcome_rows(outcomes),
        )
    else:
        output.outcomes(outcomes, TITLES, dry_run=manner.dry_run)
        written = any(step.holds_key and step.outcome != "restored" for step in plan.steps)
        if written and change_id is not None and not manner.asking:
            output.say(
                "the key stands in these files in plain text; "
                "`posthog-wizard mcp add` with `--secret store`, `--secret env` or `--oauth` keeps it out"
            )
        if change_id is not None and not manner.lasting:
            output.say(f"take it back with `posthog-wizard mcp undo {change_id}`")
    return 1 if any(outcome.outcome == "failed" for outcome in outcomes) else 0
