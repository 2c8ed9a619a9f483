"""Several entries at once: each file gets all of them, or none."""

from __future__ import annotations

import pytest

from posthog_wizard.model import Plan, Secret
from posthog_wizard.plan import PlanOptions, plan_add_several
from tests.support.founds import INLINE, after, entries, found, outcome, step, text_of
from tests.support.machines import KEY

PROXY = "https://us.posthog.com/api/environments/1/mcp_server_installations/{}/proxy/"
SEVERAL = tuple(
    INLINE._replace(name=name, kind="installation", address=PROXY.format(name), key=Secret(KEY)) for name in ("a", "b")
)
CHOICES = PlanOptions(keep_twins=True)


def plan(text: bytes | None, client: str = "cursor") -> Plan:
    return plan_add_several([found(client, text)], SEVERAL, CHOICES)


@pytest.mark.parametrize("client", ["cursor", "claude-desktop", "zed"])
def test_all_at_once(client: str) -> None:
    first = plan(text_of(client, {"mine": {}}), client)
    assert outcome(first) == ("added", "`a` added; `b` added")
    assert list(entries(client, after(first))) == ["mine", "a", "b"]
    again = plan(after(first), client)
    assert outcome(again)[0] == "unchanged"
    assert step(again).change.after == after(first)
    assert (step(first).holds_key, [edit.keys[-1] for edit in step(first).edits]) == (True, ["a", "b"])


def test_what_became_of_each_is_told() -> None:
    present = {"a": entries("cursor", after(plan(None)))["a"], "b": {"url": PROXY.format("b"), "headers": {}}}
    assert outcome(plan(text_of("cursor", present))) == (
        "updated",
        "`a` unchanged: the entry is right as it is; `b` updated",
    )


def test_one_that_is_somebody_else_s_keeps_no_other_out() -> None:
    kind, reason = outcome(plan(text_of("cursor", {"b": {"command": "node"}})))
    assert (kind, "`b` is not PostHog's" in (reason or "")) == ("added", True)


def test_a_file_that_changed_is_planned_anew() -> None:
    replan = step(plan(None)).replan
    assert replan is not None
    assert list(entries("cursor", replan(text_of("cursor", {"mine": {}})).change.after or b"")) == ["mine", "a", "b"]
