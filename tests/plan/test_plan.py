"""What becomes of a client's file when PostHog is added or removed."""

from __future__ import annotations

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Unreadable, WizardError
from posthog_wizard.model import Found, Json, Secret
from posthog_wizard.plan import PlanOptions, plan_add, plan_remove
from tests.support.founds import (
    ALONE,
    INLINE,
    PATH,
    SIX,
    add,
    after,
    data,
    entries,
    found,
    outcome,
    remove,
    step,
    text_of,
)
from tests.support.golden import WISHES
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY

FORCE = PlanOptions(force=True)
NPX = {"command": "npx", "args": ["-y", "mcp-remote@latest", "https://mcp.posthog.com/sse"]}
FOREIGN = {"command": "node", "args": ["server.js"]}


# ------------------------------------------------------------------ added, updated, unchanged


@pytest.mark.parametrize(("client", "place"), SIX)
def test_added_unchanged_updated_removed_unchanged(client: str, place: int) -> None:
    text = b'{\n  "BOX": {}\n}\n'
    first = after(add(client, text))
    rotated = INLINE._replace(key=Secret(OTHER_KEY))
    second = after(add(client, first, rotated))
    assert outcome(add(client, text)) == ("added", None)
    assert outcome(add(client, first)) == ("unchanged", "the entry is right as it is")
    assert step(add(client, first)).change.after == first
    assert outcome(add(client, first, rotated)) == ("updated", None)
    assert (KEY.encode() in first, OTHER_KEY.encode() in first) == (True, False)
    assert (KEY.encode() in second, OTHER_KEY.encode() in second) == (False, True)
    assert outcome(remove(client, second)) == ("removed", None)
    assert outcome(remove(client, after(remove(client, second)))) == ("unchanged", "there is no entry `posthog`")


@pytest.mark.parametrize(("client", "place"), SIX)
def test_a_hybrid_is_never_made(client: str, place: int) -> None:
    """An old entry that starts a program is replaced whole: `command` beside `url` stops some clients."""
    text = text_of(client, {"posthog": {**NPX, "env": {"A": "b"}}})
    written = entries(client, after(add(client, text)))["posthog"]
    assert written == data(after(add(client, None)))[CLIENTS[client].places[0].container[0]]["posthog"]
    assert outcome(add(client, text)) == ("updated", None)


@pytest.mark.parametrize(
    ("client", "users", "switched_off"),
    [
        ("claude-code", {"timeout": 5000, "alwaysLoad": True}, False),
        ("claude-desktop", {"disabled": True}, True),
        ("cursor", {"disabled": True, "autoApprove": ["a"]}, True),
        ("vscode", {"gallery": True, "dev": {"watch": "x"}}, False),
        ("windsurf", {"disabledTools": ["a"], "disabled": False}, False),
        ("zed", {"enabled": False, "timeout": 60}, True),
    ],
)
def test_what_belongs_to_the_user_is_carried(client: str, users: dict[str, Json], switched_off: bool) -> None:
    plan = add(client, text_of(client, {"posthog": {**NPX, **users, "stranger": 1}}))
    written = entries(client, after(plan))["posthog"]
    assert {name: written.get(name) for name in users} == users
    assert "stranger" not in written
    assert ("switched off" in (step(plan).hint or "")) == switched_off


@pytest.mark.parametrize(
    ("desired", "holds"), [("hosted-inline", True), ("hosted-env", False), ("hosted-oauth", False)]
)
def test_a_file_that_gets_a_key_is_known_as_such(desired: str, holds: bool) -> None:
    assert step(add("cursor", None, WISHES[desired])).holds_key == holds


def test_a_changed_file_is_planned_anew() -> None:
    replan = step(add("cursor", "{}")).replan
    assert replan is not None
    again = replan(b'{"mcpServers": {"other": {}}}')
    assert entries("cursor", again.change.after or b"").keys() == {"other", "posthog"}
    assert again.change.before == b'{"mcpServers": {"other": {}}}'


# ------------------------------------------------------------------ somebody else's entry


@pytest.mark.parametrize("entry", [FOREIGN, None, 5, {}, {"url": "https://mcp.example.com"}])
@pytest.mark.parametrize("client", ["cursor", "zed"])
def test_a_foreign_entry_needs_force(client: str, entry: Json) -> None:
    text = text_of(client, {"posthog": entry, "z": 1})
    refusal = ("failed", f"{PATH}: the entry `posthog` is not PostHog's and was left alone")
    assert outcome(add(client, text)) == refusal
    assert outcome(remove(client, text)) == refusal
    assert "--force" in (add(client, text).resolved[0].hint or "")
    assert outcome(add(client, text, options=FORCE)) == ("updated", None)
    assert entries(client, after(remove(client, text, FORCE))) == {"z": 1}


def test_what_an_earlier_run_wrote_is_ours() -> None:
    """A development server without a key says nothing of PostHog: the journal tells."""
    text = text_of("cursor", {"posthog": {"url": "http://localhost:8787/mcp"}})
    journal = PlanOptions(written_by_us=lambda _found, keys, raw: keys == ("mcpServers", "posthog") and b"8787" in raw)
    assert outcome(add("cursor", text, options=journal))[0] == "updated"
    assert outcome(remove("cursor", text, journal))[0] == "removed"
    assert outcome(remove("cursor", text))[0] == "failed"


# ------------------------------------------------------------------ files that are not as they should be

COMMENTED = b'{\n  // mine\n  "BOX": {}\n}\n'
BROKEN = [
    ("cursor", b'{\n  "BOX": {\n', "3:1: the end of the text"),
    ("vscode", b'{"BOX": {},, }', "1:"),
    ("zed", b"[]", "1:1: the whole document is an array"),
    ("claude-code", COMMENTED, "2:3:"),
    ("claude-desktop", COMMENTED, "2:3:"),
    ("claude-code", b'{"BOX": {},}', "1:"),
    ("cursor", b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", "1:1:"),
    ("cursor", b"\xff\xfe{\x00}\x00", "1:1:"),
    ("cursor", b'{"a": "\xe9"}', "1:8:"),
    ("cursor", b'{"BOX": []}', "1:"),
    ("vscode", b'{"BOX": null}', "1:"),
    ("zed", b'{\n"BOX": "x"}', "2:"),
    ("cursor", b'{"BOX": {}, "BOX": {}}', "1:"),
    ("cursor", b'{"BOX": {"posthog": {}, "posthog": {}}}', "1:"),
]


@pytest.mark.parametrize(("client", "text", "where"), BROKEN)
def test_what_the_client_could_not_read_is_reported_with_its_place(client: str, text: bytes, where: str) -> None:
    (for_add,), (for_remove,) = add(client, text).resolved, remove(client, text).resolved
    assert (for_add.outcome, bool(for_add.hint)) == ("failed", True)
    assert (for_add.reason or "").startswith(f"{PATH}:{where}")
    assert for_add == for_remove


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("client", "warned"), [("cursor", True), ("windsurf", True), ("vscode", False), ("zed", False)]
)
def test_comments_stay_and_are_warned_about_where_nobody_has_seen_them_work(
    client: str, warned: bool, place: int
) -> None:
    plan = add(client, COMMENTED, place=place)
    assert b"  // mine\n" in after(plan)
    assert (
        step(plan).reason or ""
    ) == "line 2 has a comment; it is not known whether this client accepts that" * warned


def test_a_file_that_could_not_be_opened_fails_and_the_others_go_on() -> None:
    closed = found("cursor", None)._replace(problem=Unreadable("permission denied", "open it", path="/x"))
    plan = plan_add([closed, found("zed", "{"), found("vscode", "{}")], INLINE, ALONE)
    assert (plan.resolved[0].outcome, plan.resolved[0].hint) == ("failed", "open it")
    assert [one.client for one in plan.resolved] == ["cursor", "zed"]
    assert [one.found.client.id for one in plan.steps] == ["vscode"]
    assert [one.outcome for one in plan_remove([closed], "posthog", ALONE).resolved] == ["failed"]


# ------------------------------------------------------------------ programs of ours, and several places

DIES = PlanOptions(launcher_problem=lambda: WizardError("it is in a temporary folder", "install it"))


@pytest.mark.parametrize(
    ("client", "desired", "options", "kind"),
    [
        ("claude-desktop", "hosted-inline", DIES, "failed"),
        ("cursor", "local-inline", DIES, "failed"),
        ("cursor", "hosted-inline", DIES, "added"),
        ("claude-desktop", "hosted-inline", DIES._replace(force=True), "added"),
    ],
)
def test_a_program_that_dies_is_not_written_down(client: str, desired: str, options: PlanOptions, kind: str) -> None:
    plan = add(client, None, WISHES[desired], options)
    assert outcome(plan)[0] == kind
    assert all(one.hint == "install it" for one in plan.resolved)


def test_a_client_with_several_places_needs_one_that_can() -> None:
    """Windsurf's file knows variables, that of its successor does not."""
    both: list[Found] = [found("windsurf", None, 0), found("windsurf", None, 3)]
    plan = plan_add(both, WISHES["hosted-env"], PlanOptions(named=True))
    assert [one.found.place.schema.environment_reference for one in plan.steps] == ["${{env:{name}}}"]
    assert [one.outcome for one in plan.resolved] == ["skipped"]


def test_no_other_clients_syntax_gets_into_a_file() -> None:
    references = {
        client: entries(client, after(add(client, None, WISHES["hosted-env"])))["posthog"]["headers"]["Authorization"]
        for client in ("claude-code", "cursor", "vscode", "windsurf")
    }
    assert references == {
        "claude-code": "Bearer ${MY_KEY}",
        "cursor": "Bearer ${env:MY_KEY}",
        "vscode": "Bearer ${env:MY_KEY}",
        "windsurf": "Bearer ${env:MY_KEY}",
    }
