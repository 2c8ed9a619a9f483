"""`mcp remove`: take the server out of clients.

Without `--name` the entries of installed servers stay: whoever put Linear into six clients would be surprised to lose
it with PostHog. The outcome's hint names them.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Unreadable, WrongUsage
from posthog_wizard.install.detect import at_path, detect
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import Record, read_history
from posthog_wizard.install.unread_places import unread_places
from posthog_wizard.model import Found, Machine, Plan
from posthog_wizard.operations.change import Changed, RunOptions, carry_out, plan_options
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.targets import ClientSelection, find
from posthog_wizard.plan import PlanOptions, plan_remove, plan_remove_all

# What an entry says that is PostHog's without the journal's word: a broken file without any of it is not our business.
_OURS = re.compile(rb"posthog|ph[xa]_|mcp_server_installations", re.IGNORECASE)


class RemoveOptions(NamedTuple):
    """The flags of `mcp remove`. `everywhere`: every entry of ours, in every scope, file and name."""

    target: ClientSelection
    change: RunOptions
    name: str | None = None
    force: bool = False
    everywhere: bool = False


def run(options: RemoveOptions, machine: Machine, ask: Ask | None, report: Report) -> Changed:
    """Detect, plan, diff, ask, apply. Raises WizardError before any file is touched."""
    named = options.target.named
    treated = plan_options(machine, force=options.force, named=named, keep_twins=options.name is not None)
    if options.everywhere:
        if named or options.name is not None or options.target.config_path is not None:
            raise WrongUsage("`--everywhere` is every client, file and name", "leave the other flags out")
        plan = plan_remove_all(_known_places(machine), treated)
        if plan == Plan(()):
            report.say("no client has an entry of PostHog's any more")
        return carry_out(plan, options.change, machine, ask, report)
    found, resolved = find(options.target, machine)
    if not found and not resolved:
        report.say("no AI client was found on this machine, so there is nothing to remove")
    found = (*found, *(place.found for place in unread_places(found, machine)))
    plan = plan_remove(found, options.name or "posthog", treated)
    _tell_elsewhere(options.target, {this_disk().resolve(one.path) for one in found}, treated, machine, report)
    return carry_out(plan._replace(resolved=(*resolved, *plan.resolved)), options.change, machine, ask, report)


def _tell_elsewhere(
    target: ClientSelection, looked_at: Collection[Path], treated: PlanOptions, machine: Machine, report: Report
) -> None:
    """Name the files of another scope, or of other places, in which these clients have entries of ours, too."""
    theirs = (one for one in _known_places(machine) if one.client in (target.clients or (one.client,)))
    readable = (one for one in theirs if one.content is not None)
    others = (one for one in readable if this_disk().resolve(one.path) not in looked_at)
    try:
        left = plan_remove_all(others, treated).steps
    except Unreadable as problem:  # the journal, which a run that changes nothing can do without
        report.warn(f"where else PostHog is cannot be told: {problem}")
        return
    files = ", ".join(f"`{step.change.path}`" for step in left)
    if files:
        report.say(f"PostHog stays in {files}; `posthog-wizard mcp remove --everywhere` takes it out of every file")


def _known_places(machine: Machine) -> Iterator[Found]:
    """Readable places that clients read, or people take for one, and files in which the journal has us writing."""
    seen = set()
    read = [found for scope in ("user", "project") for found in detect(CLIENTS.values(), machine, scope)]
    unread = (place.found for place in unread_places(read, machine))
    records = [record for run in read_history(machine, this_disk()).runs for record in run.records]
    changed = dict.fromkeys((record.client, record.path, record.scope) for record in records)  # each file is read once
    written = (
        at_path(client, path, scope)
        for name, path, scope in changed
        if (client := CLIENTS.get(name)) and any(place.scope == scope for place in client.places)
    )
    holding = _holding(records)
    for found in (*read, *unread, *written):
        one = (found.client.id, found.path, found.place.container)
        told = found.problem is None or found.detected
        ours = found.path in holding or _OURS.search(found.content or b"posthog")
        if told and ours and one not in seen:
            seen.add(one)
            yield found


def _holding(records: Iterable[Record]) -> set[Path]:
    """The files in which we put something that no later run took out, whatever became of it since."""
    edits = ((one.path, edit) for one in records for edit in one.edits if one.written or edit.after is not None)
    last = {(path, edit.keys): edit.after for path, edit in edits}
    return {path for (path, _), after in last.items() if after is not None}
