"""Small plans for one file, made by the program's own planner."""

from __future__ import annotations

from pathlib import Path

from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.detect import at_path
from posthog_wizard.model import DesiredServer, Key, Plan, Secret
from posthog_wizard.plan import PlanOptions, plan_add, plan_remove
from tests.support.machines import KEY, LAUNCHER

CHOICES = PlanOptions(force=True, keep_twins=True)


def wish(name: str = "posthog", key: Key = None) -> DesiredServer:
    """The hosted server; entries of different names lead to different addresses."""
    return DesiredServer(name, "hosted", f"https://mcp.posthog.com/mcp/{name}", key or Secret(KEY), LAUNCHER)


def add(path: Path, name: str = "posthog", client: str = "cursor", key: Key = None) -> Plan:
    """Put an entry into that file, as the client spells it."""
    return plan_add([at_path(CLIENTS[client], path, "user")], wish(name, key), CHOICES)


def remove(path: Path, name: str = "posthog", client: str = "cursor") -> Plan:
    """Take an entry out of that file."""
    return plan_remove([at_path(CLIENTS[client], path, "user")], name, CHOICES)


def together(*plans: Plan) -> Plan:
    """One plan of several."""
    return Plan(tuple(step for plan in plans for step in plan.steps), tuple(o for plan in plans for o in plan.resolved))
