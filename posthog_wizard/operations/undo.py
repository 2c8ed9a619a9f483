"""`mcp undo`: take a run back."""

from functools import partial
from typing import NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import NothingFound
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import History, read_history
from posthog_wizard.install.key_placeholder import KeyPlaceholder
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Machine, Plan, Secret
from posthog_wizard.operations.change import Changed, RunOptions, carry_out
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.targets import client_named


class UndoOptions(NamedTuple):
    """The flags of `mcp undo`."""

    change: RunOptions
    change_id: str | None = None  # None: the last run that is not taken back yet
    client: str | None = None


def run(options: UndoOptions, machine: Machine, ask: Ask | None, report: Report) -> Changed:
    """Find the run, plan its opposite, diff, ask, apply. Raises WrongUsage, NothingFound for an id that is none."""
    history, undone = read_history(machine, this_disk()), None
    client = None if options.client is None else client_named(options.client).id
    try:
        undone = history.find(options.change_id) if options.change_id is not None else history.last(client)
    except NothingFound as problem:
        if options.change_id is not None:
            raise
        report.say(problem.message)  # nothing is left to take back, which is no failure
    _tell_unread(history, report)
    if undone is None:
        return carry_out(Plan(()), options.change, machine, ask, report)
    save, stored_key = not options.change.dry_run, partial(_stored_key, machine)
    undo = Undo(undone, machine, this_disk(), CLIENTS, save=save, stored_key=stored_key)
    plan = plan_undo(undo, history, client)
    return carry_out(plan, options.change._replace(undoes=undone.change_id), machine, ask, report)


def runs(machine: Machine, report: Report) -> History:
    """What earlier runs did; what cannot be read is told."""
    history = read_history(machine, this_disk())
    _tell_unread(history, report)
    return history


def _tell_unread(history: History, report: Report) -> None:
    for problem in history.unread:
        report.warn(f"{problem}")


def _stored_key(machine: Machine, placeholder: KeyPlaceholder) -> Secret:
    """The key that was taken out of a run's texts, from where it is kept. Raises WizardError."""
    from posthog_wizard.credentials import store
    from posthog_wizard.credentials.reference import parse_reference

    return store.read(parse_reference(placeholder.reference), placeholder.host, machine)
