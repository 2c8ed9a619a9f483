"""What `mcp add` and `mcp undo` do, without the command line."""

from __future__ import annotations

import json

from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.apply import Applied, apply
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import History, Run, read_history
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Machine, Plan
from tests.support.disks import TimelessDisk


def do(here: Machine, plan: Plan) -> str:
    change_id = apply(plan, here, command="mcp add", disk=TimelessDisk()).change_id
    assert change_id
    return change_id


def history(here: Machine) -> History:
    return read_history(here, Disk())


def planned(
    here: Machine, change_id: str | None = None, client: str | None = None, *, save: bool = True
) -> tuple[Run, Plan]:
    past = history(here)
    run = past.find(change_id) if change_id else past.last()
    return run, plan_undo(Undo(run, here, TimelessDisk(), CLIENTS, save=save), past, client)


def undo(here: Machine, change_id: str | None = None, client: str | None = None, disk: Disk | None = None) -> Applied:
    """What the command does. The outcomes that were settled come last."""
    run, plan = planned(here, change_id, client)
    applied = apply(plan, here, command="mcp undo", disk=disk or TimelessDisk(), undoes=run.change_id)
    return Applied(applied.change_id, (*applied.outcomes, *plan.resolved))


def as_format_1(data: bytes) -> bytes:
    """A run as `posthog-wizard.run/1` has it: without sums, and an empty line before what was appended."""
    head, *rest = (json.loads(line) for line in data.splitlines())
    head["schema"], steps = "posthog-wizard.run/1", head.pop("steps")
    lines = [json.dumps({name: line[name] for name in line if name != "crc"}) + "\n" for line in (head, *rest)]
    return "".join([*lines[: 1 + steps], *("\n" + line for line in lines[1 + steps :])]).encode()


def kinds(applied: Applied) -> list[str]:
    return [outcome.outcome for outcome in applied.outcomes]
