"""One way through plan, diff, apply, verify, journal and undo, whatever the format and wherever entries stand in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.diff import diff
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.detect import at_path
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import read_history
from posthog_wizard.install.ownership import OwnWriting
from posthog_wizard.model import Found, Item, Machine, Prompted, Secret
from posthog_wizard.plan.rotation import plan_rotation
from posthog_wizard.plan.state import state_of
from tests.support.machines import KEY, LAUNCHER
from tests.support.plans import add, remove
from tests.support.program import OTHER_KEY
from tests.support.undoing import do, kinds, undo

TOML = b'# mine: token = "a1B2c3D4e5F6g7H8i9J0k1L2m3"\nmodel = "o5" # my favourite\n\n[mcp_servers.docs]\nurl = \'https://docs.example\'\nhttp_headers = { "X-Key" = "a1B2c3D4e5F6g7H8i9J0k1L2m3" }\n\n[tui]\ntheme = "dark"\n'
GOOSE = b"# mine\nGOOSE_MODEL: 'o5'   # my favourite\nextensions:\n    docs: {type: sse, uri: 'https://docs.example'}\n    developer:\n        enabled: true\n        envs: {TOKEN: a1B2c3D4e5F6g7H8i9J0k1L2m3}\nend: yes\n"
LISTED = b"# mine\nmcpServers:\n  - name: docs   # first\n    url: https://docs.example\nmodels: []\n"
TABLES = b'# mine\n[[mcp_servers]]\nname = "docs"\nurl = "https://docs.example"\n\n[models]\na = 1\n'
OPENCODE = b'{\n  // mine\n  "mcp": {"docs": {"type": "remote", "url": "https://docs.example"}},\n}\n'
TEXTS = [
    ("codex", TOML),
    ("codex", b""),
    ("codex", TOML.replace(b"\n", b"\r\n")),
    ("codex", b"\xef\xbb\xbf" + TOML),
    ("codex", b'mcp_servers = { docs = { url = "https://docs.example" } }\n'),
    ("goose", GOOSE),
    ("goose", b""),
    ("goose", GOOSE.replace(b"\n", b"\r\n")),
    ("goose", b"extensions:\nend: 1\n"),
    ("continue", LISTED),
    ("continue", b"mcpServers:\nend: 1\n"),
    ("continue", b"mcpServers: []\n"),
    ("continue", b"mcpServers: [{name: docs, url: u}, {name: 3}, text]\n"),
    ("mistral-vibe", TABLES),
    ("opencode", OPENCODE),
    ("opencode", b"{}"),
    ("lm-studio", b'{"mcpServers": {}}'),
]


def found(path: Path, client: str) -> Found:
    return at_path(CLIENTS[client], path, "user")


@pytest.mark.parametrize(("client", "before"), TEXTS)
def test_undo_gives_back_every_byte(here: Machine, path: Path, client: str, before: bytes) -> None:
    path.write_bytes(before)
    do(here, add(path, client=client))
    assert path.read_bytes() != before
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], before)


@pytest.mark.parametrize(("client", "before"), [row for row in TEXTS if row[1].count(b"docs") > 0])
def test_remove_gives_back_every_byte(here: Machine, path: Path, client: str, before: bytes) -> None:
    path.write_bytes(before)
    do(here, add(path, client=client))
    do(here, remove(path, client=client))
    assert path.read_bytes() == before


@pytest.mark.parametrize("client", CLIENTS)
def test_a_file_that_was_not_there_is_gone_again(here: Machine, path: Path, client: str) -> None:
    do(here, add(path, client=client))
    place = found(path, client).place
    assert FORMATS[place.format].parse(path.read_bytes(), place.dialect).get(place.keys_of("posthog"))
    assert (kinds(undo(here)), path.exists()) == (["restored"], False)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_second_run_changes_nothing_and_finds_it_current(here: Machine, path: Path, client: str) -> None:
    do(here, add(path, client=client))
    (step,) = add(path, client=client).steps
    assert (step.outcome, step.due) == ("unchanged", False)
    ours = OwnWriting(here)
    state = state_of(found(path, client), "posthog", LAUNCHER, ours.wrote, ours.left)
    assert (state.standing, state.secret) == ("current", "inline")


MOVED = [
    ("codex", TOML, b"[tui]", b"[features]\nx = true\n\n[tui]"),
    ("goose", GOOSE, b"end: yes", b"end: no # changed"),
    ("continue", LISTED, b"models: []", b"models: [a]"),
    ("mistral-vibe", TABLES, b"a = 1", b"a = 2 # changed"),
    ("opencode", OPENCODE, b"// mine", b"// yours"),
]  # fmt: skip


@pytest.mark.parametrize(("client", "before", "old", "new"), MOVED)
def test_where_the_file_moved_on_our_entry_alone_goes(
    here: Machine, path: Path, client: str, before: bytes, old: bytes, new: bytes
) -> None:
    path.write_bytes(before)
    do(here, add(path, client=client))
    path.write_bytes(path.read_bytes().replace(old, new))
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], before.replace(old, new))


@pytest.mark.parametrize(("client", "before", "old", "new"), MOVED)
def test_an_entry_that_was_replaced_comes_back_where_the_file_moved_on(
    here: Machine, path: Path, client: str, before: bytes, old: bytes, new: bytes
) -> None:
    path.write_bytes(before)
    do(here, add(path, client=client, key=Secret(OTHER_KEY)))
    mine = path.read_bytes()
    do(here, add(path, client=client))
    path.write_bytes(path.read_bytes().replace(old, new))
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], mine.replace(old, new))


@pytest.mark.parametrize(("client", "before"), TEXTS)
def test_the_diff_shows_nobody_s_secret(path: Path, client: str, before: bytes) -> None:
    path.write_bytes(before)
    shown = diff(add(path, client=client))
    assert "posthog" in shown
    assert KEY not in shown
    assert "a1B2c3D4e5F6" not in shown


@pytest.mark.parametrize("client", ["codex", "goose", "continue", "mistral-vibe", "opencode", "lm-studio"])
def test_a_rotation_changes_the_key_alone(here: Machine, path: Path, client: str) -> None:
    do(here, add(path, client=client, key=Secret(OTHER_KEY)))
    before, one = path.read_bytes(), found(path, client)
    do(here, plan_rotation([one], Secret(OTHER_KEY), Secret(KEY), ("https://us.posthog.com",)))
    assert path.read_bytes() == before.replace(OTHER_KEY.encode(), KEY.encode())


def test_the_journal_keeps_the_item_of_a_list_by_its_name(here: Machine, path: Path) -> None:
    path.write_bytes(LISTED)
    change_id = do(here, add(path, client="continue"))
    lines = (here.state_directory / "journal" / f"{change_id}.jsonl").read_text(encoding="utf-8").splitlines()
    assert [edit["keys"] for edit in json.loads(lines[1])["edits"]] == [["mcpServers", ["name", "posthog"]]]
    (record,) = read_history(here, Disk()).runs[0].records
    assert record.edits[0].keys == ("mcpServers", Item("name", "posthog"))


@pytest.mark.parametrize("client", ["codex", "goose", "continue"])
def test_what_a_client_cannot_ask_for_is_refused(path: Path, client: str) -> None:
    plan = add(path, client=client, key=Prompted("posthog-api-key"))
    assert [outcome.reason for outcome in plan.resolved] == ["it cannot ask for a key"]


@pytest.mark.parametrize(
    ("client", "text", "said"),
    [
        ("codex", b"[mcp_servers]\nmcp_servers = [\n", "3:1: something that is not a TOML value"),
        ("codex", b"mcp_servers = 3\n", "`mcp_servers` is a number, not a table"),
        ("goose", b"extensions: [a\n", "1:"),
        ("goose", b"extensions: 3\n", "extensions"),
        ("continue", b"mcpServers: {a: b}\n", "mcpServers"),
        ("mistral-vibe", b"mcp_servers = 3\n", "`mcp_servers` is a number, not an array"),
    ],
)
def test_a_file_that_is_broken_is_left_alone_and_said(path: Path, client: str, text: bytes, said: str) -> None:
    path.write_bytes(text)
    (outcome,) = add(path, client=client).resolved
    assert (outcome.outcome, said in str(outcome.reason)) == ("failed", True)
