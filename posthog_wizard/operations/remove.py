"""`mcp remove`: take the server out of clients."""

from __future__ import annotations

from typing import NamedTuple

from posthog_wizard.install.ownership import written_by_us
from posthog_wizard.install.unread_places import unread_places
from posthog_wizard.model import Machine
from posthog_wizard.operations.change import Changed, RunOptions, carry_out
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.targets import ClientSelection, find
from posthog_wizard.plan import PlanOptions, plan_remove
from posthog_wizard.settings import named_hosts


class RemoveOptions(NamedTuple):
    """The flags of `mcp remove`."""

    target: ClientSelection
    change: RunOptions
    name: str | None = None
    force: bool = False


def run(options: RemoveOptions, machine: Machine, ask: Ask | None, report: Report) -> Changed:
    """Detect, plan, diff, ask, apply. Raises WizardError before any file is touched."""
    found, resolved = find(options.target, machine)
    if not found and not resolved:
        report.say("no AI client was found on this machine, so there is nothing to remove")
    treated = PlanOptions(
        force=options.force,
        named=options.target.named,
        keep_twins=options.name is not None,
        written_by_us=written_by_us(machine),
        hosts=named_hosts(machine),
    )
    found = (*found, *(place.found for place in unread_places(found, machine)))
    plan = plan_remove(found, options.name or "posthog", treated)
    return carry_out(plan._replace(resolved=(*resolved, *plan.resolved)), options.change, machine, ask, report)
