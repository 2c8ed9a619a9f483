"""Plan to take one key out of entries, whatever they are called, and to have them read it from our store. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from posthog_wizard.model import Found, Outcome, Plan, Secret, Step, Wish
from posthog_wizard.plan import Choices, plan_add
from posthog_wizard.plan.keyless import inline_keys


def plan_migration(found: Iterable[Found], key: Secret, wish: Wish, choices: Choices) -> Plan:
    """Steps for every entry of PostHog's that holds this key; each keeps its server and its limits.

    `wish` says what is to become of the key: `wish.key` is `Stored`. Several entries of a file are steps of their own,
    in order. A file without such an entry gives nothing.
    """
    careful = choices._replace(moved=key, keep_twins=True)
    steps: list[Step] = []
    settled: list[Outcome] = []
    for one in found:
        content = one.content
        for inline in inline_keys([one], choices.hosts):
            if inline.key == key:
                made = plan_add([one._replace(content=content)], wish._replace(name=inline.name), careful)
                steps += made.steps
                settled += made.settled
                content = made.steps[0].change.after if made.steps else content
    return Plan(tuple(steps), tuple(settled))
