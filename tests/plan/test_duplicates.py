"""Two entries that lead to the same server: which is replaced, which is left alone."""

from __future__ import annotations

import pytest

from posthog_wizard.model import Json, Limits
from posthog_wizard.plan import PlanOptions
from tests.support.founds import (
    INLINE,
    add,
    after,
    entries,
    outcome,
    remove,
    step,
    text_of,
)
from tests.support.golden import HOSTED, SELF_HOSTED, WISHES
from tests.support.machines import KEY, LAUNCHER

REMOTE = {"url": HOSTED, "headers": {"Authorization": f"Bearer {KEY}"}}
NPX = {"command": "npx", "args": ["-y", "mcp-remote@latest", "https://mcp.posthog.com/sse"]}
FOREIGN = {"command": "node", "args": ["server.js"]}


PINNED = {"url": f"{HOSTED}?project_id=5"}


def bridge(*flags: str) -> Json:
    """An entry that reaches the hosted server through our program."""
    return {"command": "/x/posthog-wizard", "args": ["mcp", "bridge", "--url", HOSTED, *flags]}


SERVE = {"command": LAUNCHER[0], "args": ["mcp", "serve", "--host", SELF_HOSTED]}


@pytest.mark.parametrize(
    ("name", "duplicate"),
    [
        ("PostHog", {"url": HOSTED}),
        ("POSTHOG", PINNED),
        ("posthog-mcp", {"url": HOSTED}),
        ("posthog-mcp", {"url": f"{HOSTED}?features=flags"}),
        ("posthog-mcp", NPX),
        ("posthog-sse", {"url": "https://mcp.posthog.com/sse"}),
        ("posthog-eu", {"url": "https://mcp-eu.posthog.com/mcp"}),
        ("posthog-bridge", {"command": "/old/posthog-wizard", "args": ["mcp", "bridge", "--url", HOSTED]}),
    ],
)
@pytest.mark.parametrize("client", ["cursor", "claude-desktop", "vscode"])
def test_a_twin_is_replaced_and_said(client: str, name: str, duplicate: Json) -> None:
    text = text_of(client, {"first": FOREIGN, name: duplicate, "last": FOREIGN})
    plan = add(client, text)
    assert outcome(plan) == ("updated", f"replaced `{name}`, which led to the same server")
    assert sorted(entries(client, after(plan))) == ["first", "last", "posthog"]
    assert outcome(add(client, after(plan))) == ("unchanged", "the entry is right as it is")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("posthog-five", PINNED),
        ("posthog-five", {"command": "npx", "args": ["mcp-remote", f"{HOSTED}?project_id=5"]}),
        ("posthog-org", {"url": f"{HOSTED}?organization_id=abc"}),
        (
            "posthog-bridge",
            {"command": "/x/posthog-wizard", "args": ["mcp", "bridge", "--project", "5", "--url", HOSTED]},
        ),
        ("posthog-own", SERVE),
        ("docs", {"url": "https://posthog.com/docs/mcp"}),
        ("elsewhere", {"url": "https://mcp.example.com/mcp", "headers": {"Authorization": "Bearer phx_abcdefgh"}}),
        ("odd", {"url": "https://mcp.posthog.com:[/x?project_id=5"}),
        ("node", FOREIGN),
        ("text", "posthog"),
    ],
)
def test_what_leads_elsewhere_is_left_alone(name: str, other: Json) -> None:
    text = text_of("cursor", {name: other})
    assert outcome(add("cursor", text)) == ("added", None)
    assert entries("cursor", after(add("cursor", text)))[name] == other


def test_a_key_in_an_entry_s_name_is_not_repeated() -> None:
    text = text_of("cursor", {KEY: {"url": HOSTED}})
    assert outcome(add("cursor", text)) == ("updated", "replaced `phx_…Jt0B`, which led to the same server")


@pytest.mark.parametrize(
    ("limits", "duplicate", "gone"),
    [
        (Limits(project="5"), PINNED, True),
        (Limits(project="5", read_only=True), PINNED, True),
        (Limits(project="5"), {"url": HOSTED}, False),
        (Limits(organization="o", project="5"), PINNED, False),
        (Limits(project="5"), bridge("--project", "5"), True),
        (Limits(project="5"), bridge("--project=5"), True),
        (Limits(project="5"), bridge("--project", "4", "--project", "5"), True),
        (Limits(project="5"), bridge("--organization", "5"), False),
        (Limits(project="5"), {"url": f"{HOSTED}?organization_id=5"}, False),
        (Limits(organization="5"), bridge("--organization", "5"), True),
        (Limits(organization="5"), bridge("--project", "5"), False),
        (Limits(organization="5"), PINNED, False),
        (Limits(organization="5"), {"url": f"{HOSTED}?organization_id=5"}, True),
        (Limits(organization="o", project="5"), bridge("--organization", "o", "--project", "5"), True),
        (Limits(organization="o", project="5"), bridge("--organization", "5", "--project", "o"), False),
        (Limits(organization="o", project="5"), {"url": f"{HOSTED}?organization_id=5&project_id=o"}, False),
        (Limits(), bridge("--profile", "--project", "--read-only"), True),  # a profile that is called so
    ],
)
def test_a_pinned_wish_replaces_what_is_pinned_alike(limits: Limits, duplicate: Json, gone: bool) -> None:
    plan = add("cursor", text_of("cursor", {"other-name": duplicate}), INLINE._replace(limits=limits))
    assert ("other-name" not in entries("cursor", after(plan))) == gone


@pytest.mark.parametrize(
    ("host", "gone"), [(SELF_HOSTED, True), ("https://other.example.com", False), ("https://us.posthog.com", False)]
)
def test_our_own_server_is_a_twin_before_the_same_posthog_only(host: str, gone: bool) -> None:
    other = {"command": "/x/posthog-wizard", "args": ["mcp", "serve", "--host", host]}
    plan = add("cursor", text_of("cursor", {"other-name": other}), WISHES["local-inline"])
    assert ("other-name" not in entries("cursor", after(plan))) == gone


def test_an_explicit_name_leaves_all_others_alone() -> None:
    text = text_of("cursor", {"PostHog": {"url": HOSTED}, "old": NPX})
    options = PlanOptions(keep_twins=True)
    plan = add("cursor", text, INLINE._replace(name="work"), options)
    assert outcome(plan) == ("added", None)
    assert list(entries("cursor", after(plan))) == ["PostHog", "old", "work"]
    assert outcome(remove("cursor", text, options)) == ("unchanged", "there is no entry `posthog`")


def test_what_we_wrote_under_another_name_is_left_alone() -> None:
    """Somebody ran `add --name work`: the next plain `add` must not take that away."""
    journal = PlanOptions(written_by_us=lambda _found, keys, _raw: keys[-1] in {"work", "PostHog"})
    plan = add("cursor", text_of("cursor", {"work": REMOTE, "PostHog": REMOTE, "stray": REMOTE}), options=journal)
    assert sorted(entries("cursor", after(plan))) == ["posthog", "work"]


def test_a_twin_hands_over_what_belongs_to_the_user() -> None:
    text = text_of("cursor", {"PostHog": {"url": HOSTED, "autoApprove": ["query-run"]}})
    assert entries("cursor", after(add("cursor", text)))["posthog"]["autoApprove"] == ["query-run"]


@pytest.mark.parametrize(
    ("present", "left", "reason", "named"),
    [
        ({"posthog": REMOTE, "PostHog": REMOTE, "old": NPX}, [], "also removed `PostHog`, `old`", None),
        ({"old": NPX}, [], "removed `old`", None),
        ({"posthog": REMOTE, "work": REMOTE}, ["work"], None, "work"),
        ({"posthog": REMOTE, "own": SERVE, "x": FOREIGN}, ["own", "x"], None, None),
    ],
)
def test_remove_takes_old_spellings_along(
    present: dict[str, Json], left: list[str], reason: str | None, named: str | None
) -> None:
    plan = remove("cursor", text_of("cursor", present))
    assert list(entries("cursor", after(plan))) == left
    assert (step(plan).reason or "None").startswith(str(reason))
    assert (f" --name {named}`" in (step(plan).hint or "")) == bool(named)
