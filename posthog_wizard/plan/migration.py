"""Plan to take one key out of entries, whatever they are called, and to have them read it from our store. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from posthog_wizard.model import DesiredServer, Found, Outcome, Plan, Secret, Step
from posthog_wizard.plan import PlanOptions, plan_add
from posthog_wizard.plan.inline_keys import inline_keys


def plan_migration(found: Iterable[Found], key: Secret, desired: DesiredServer, options: PlanOptions) -> Plan:
    """Steps for every entry of PostHog's that holds this key; each keeps its server and its limits.

    `desired` says what is to become of the key: `desired.key` is `Stored`. Several entries of a file are steps of their own,
    in order. A file without such an entry gives nothing.
    """
    careful = options._replace(moved=key, keep_twins=True)
    steps: list[Step] = []
    resolved: list[Outcome] = []
    for one in found:
        content = one.content
        for inline in inline_keys([one], options.hosts):
            if inline.key == key:
                made = plan_add([one._replace(content=content)], desired._replace(name=inline.name), careful)
                steps += made.steps
                resolved += made.resolved
                content = made.steps[0].change.after if made.steps else content
    return Plan(tuple(steps), tuple(resolved))
