"""add, remove, undo and list for all clients: the files, the documents, and what people see."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import ADD, BEARER, HOSTED, MINE, add, launcher, mcp, states
from tests.support.homes import ALL, FILES, contents, entry, home
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, STATE, run

CHANGE_FIELDS = ["schema", "error", "dry_run", "change_id", "key", "clients"]
KEY_FIELDS = ["state", "source", "host", "region", "user", "organization", "project", "scopes", "missing_scopes"]
ROW_FIELDS = ["client", "scope", "path", "name", "limits", "outcome", "reason", "hint", "next_step"]
LIST_FIELDS = ["client", "title", "detected", "scope", "path", "entry", "transport", "secret", "name"]
LIST_FIELDS += ["host", "organization", "project", "read_only", "features", "tools"]


def test_add_twice_list_remove_twice_and_undo_everything(tmp_path: Path) -> None:
    place = home(tmp_path, *ALL, cursor=MINE, zed="// mine\n{\n  // settings\n}\n")
    before = contents(place)

    first = add(place)
    assert (first.code, list(first.document)) == (0, CHANGE_FIELDS)
    assert first.outcomes == dict.fromkeys(ALL, "added")
    assert first.document["schema"] == "posthog-wizard.change/1"
    assert (first.document["error"], first.document["dry_run"]) == (None, False)
    assert list(first.document["key"]) == KEY_FIELDS
    assert (first.document["key"]["state"], first.document["key"]["source"]) == ("unchecked", "stdin")
    assert [list(row) for row in first.document["clients"]] == [ROW_FIELDS] * len(ALL)
    assert [row["path"] for row in first.document["clients"]] == [str(place / FILES[client]) for client in ALL]
    assert {row["scope"] for row in first.document["clients"]} == {"user"}
    assert "quit Claude Desktop" in first.rows["claude-desktop"]["next_step"]
    assert "not proven" not in str(first.rows["zed"]["reason"])
    added = contents(place)

    second = add(place)
    assert (second.code, second.outcomes) == (0, dict.fromkeys(ALL, "unchanged"))
    assert second.document["change_id"] is None
    assert {row["next_step"] for row in second.document["clients"]} == {None}
    assert contents(place) == added

    listed = mcp(place, "list")
    assert (listed.code, listed.document["schema"], listed.document["error"]) == (0, "posthog-wizard.list/1", None)
    assert {tuple(row) for row in listed.document["clients"]} == {tuple(LIST_FIELDS)}
    assert {
        row["client"]: (row["entry"], row["transport"], row["secret"])
        for row in listed.document["clients"]
        if row["detected"]
    } == {client: ("current", "stdio" if client == "claude-desktop" else "http", "inline") for client in ALL}

    removed = mcp(place, "remove")
    assert (removed.code, list(removed.document)) == (0, CHANGE_FIELDS)
    assert removed.outcomes == dict.fromkeys(ALL, "removed")
    assert removed.document["key"]["state"] == "none"
    left = contents(place)
    assert left[FILES["cursor"]] == before[FILES["cursor"]]
    assert json.loads(left[FILES["vscode"]]) == {}
    assert mcp(place, "remove").outcomes == dict.fromkeys(ALL, "unchanged")

    undone = mcp(place, "undo")
    assert (undone.code, undone.outcomes) == (0, dict.fromkeys(ALL, "restored"))
    assert list(undone.document) == CHANGE_FIELDS
    assert contents(place) == added
    assert mcp(place, "undo", first.document["change_id"]).outcomes == dict.fromkeys(ALL, "restored")
    assert contents(place) == before
    assert (mcp(place, "undo").code, mcp(place, "undo").document["clients"]) == (0, [])

    runs = mcp(place, "undo", "--list").document
    assert runs["schema"] == "posthog-wizard.journal/1"
    assert [run["command"] for run in runs["changes"]] == ["mcp undo", "mcp undo", "mcp remove", "mcp add"]
    assert [list(run) for run in runs["changes"]] == [["change_id", "when", "command", "clients", "names"]] * 4
    assert sorted(runs["changes"][3]["clients"]) == sorted(ALL)


def test_what_lands_in_the_files(tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    add(place)
    first, *rest = launcher()
    assert {client: entry(place, client) for client in ALL} == {
        "claude-code": {"type": "http", "url": HOSTED, "headers": BEARER},
        "claude-desktop": {
            "command": first,
            "args": [*rest, "mcp", "bridge", "--url", HOSTED],
            "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
        },
        "codex": {"url": HOSTED, "http_headers": BEARER},
        "cursor": {"url": HOSTED, "headers": BEARER},
        "gemini-cli": {"type": "http", "url": HOSTED, "headers": BEARER},
        "lm-studio": {"url": HOSTED, "headers": BEARER},
        "vscode": {"type": "http", "url": HOSTED, "headers": BEARER},
        "windsurf": {"serverUrl": HOSTED, "headers": BEARER},
        "zed": {"enabled": True, "url": HOSTED, "headers": BEARER},
    }
    assert {stat.S_IMODE((place / file).stat().st_mode) for file in FILES.values()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (place / STATE).rglob("*") if path.is_file()} == {0o600}
    assert stat.S_IMODE((place / STATE).stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        (("--read-only",), "?readonly=true"),
        (
            [
                "--mode",
                "tools",
                "--tools",
                "query-run",
                "--features",
                "flags,sql",
                "--project",
                "5",
                "--organization",
                "abc",
                "--read-only",
            ],
            "?organization_id=abc&project_id=5&features=flags,sql&tools=query-run&readonly=true&mode=tools",
        ),
        (("--features", "flags, sql,,flags"), "?features=flags,sql&mode=tools"),
        (("--mode", "cli"), "?mode=cli"),
        (("--host", "https://eu.i.posthog.com"), ""),
        (("--region", "eu"), ""),
    ],
)
def test_limits_of_the_hosted_server(arguments: tuple[str, ...], url: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "claude-desktop")
    assert add(place, *arguments).code == 0
    assert entry(place, "cursor")["url"] == HOSTED + url
    assert entry(place, "claude-desktop")["args"][len(launcher()) - 1 :][:4] == ["mcp", "bridge", "--url", HOSTED]


def test_our_own_server_for_a_self_hosted_posthog(tmp_path: Path) -> None:
    place, authority = home(tmp_path, "cursor", "vscode"), tmp_path / "authority.pem"
    authority.write_text("")
    limits = ("--organization", "abc", "--project", "5", "--features", "flags", "--tools", "query-run", "--read-only")
    result = add(place, "--host", "http://posthog.example.com/", "--allow-http", "--ca-file", str(authority), *limits)
    assert (result.code, result.document["key"]["region"]) == (0, "self-hosted")
    assert "plain http" in result.err
    first, *rest = launcher()
    assert entry(place, "cursor") == {
        "command": first,
        "args": [
            *(*rest, "mcp", "serve", "--host", "http://posthog.example.com"),
            *(*limits, "--allow-http", "--ca-file", str(authority)),
        ],
        "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
    }
    assert entry(place, "vscode")["type"] == "stdio"
    assert states(place)["cursor"] == (True, "current")


def test_another_endpoint_is_ours_by_the_journal(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    assert run(["mcp", "add", "--oauth", "--mcp-url", "http://localhost:8787/mcp", "--json"], place).code == 0
    assert entry(place, "cursor") == {"url": "http://localhost:8787/mcp"}
    assert states(place)["cursor"] == (True, "current")
    assert mcp(place, "remove").outcomes == {"cursor": "removed"}


def test_a_dry_run_writes_nothing_at_all(tmp_path: Path) -> None:
    place = home(tmp_path, *ALL, cursor=MINE)
    before = {path: path.stat().st_mtime_ns for path in sorted(place.rglob("*"))}
    document = add(place, "--dry-run").document
    shown = run([*ADD, "--dry-run"], place, KEY)
    after = {path: path.stat().st_mtime_ns for path in sorted(place.rglob("*"))}
    assert (document["dry_run"], document["change_id"]) == (True, None)
    assert {path.name for path in after.keys() - before.keys()} == {".tmp"}
    assert {path: time for path, time in after.items() if path in before and path != place} == {
        path: time for path, time in before.items() if path != place
    }
    assert f"+++ {place / FILES['cursor']}" in shown.out
    assert '+\t\t"posthog"' in shown.out
    assert "Bearer phx_…Jt0B" in shown.out
    assert "would be added" in shown.out


def test_a_rotated_key_is_an_update_that_shows(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    shown = run([*ADD, "--dry-run"], place, OTHER_KEY)
    assert '-        "Authorization": "Bearer phx_…Jt0B"' in shown.out
    assert '+        "Authorization": "Bearer phx_…i6Bo"' in shown.out
    assert add(place, key=OTHER_KEY).outcomes == {"cursor": "updated"}


def test_what_people_see(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    (place / FILES["zed"]).write_text("{")
    assert run(["mcp", "undo", "--list"], place).err == "nothing has been changed yet\n"
    result = run(ADD, place, KEY)
    assert result.code == 1
    assert f"+ added  Cursor  {place / FILES['cursor']}\n      next: reload" in result.out
    assert f"! failed  Zed  {place / FILES['zed']}\n      {place / FILES['zed']}:1:2" in result.out
    assert "mcp undo 0001-" in result.err
    assert "not checked" in result.err
    assert "\x1b" not in result.out + result.err
    listed = run(["mcp", "list"], place).out
    assert "* Cursor" in listed
    assert "! Zed" in listed
    assert "not found" in listed
    assert "0001-" in run(["mcp", "undo", "--list"], place).out
    undone = run(["mcp", "undo"], place)
    assert "< restored  Cursor" in undone.out
    assert "there is no change to take back" in run(["mcp", "undo"], place).err
    assert "taken back" in run(["mcp", "undo", "--list"], place).out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_letters(encoding: str, tmp_path: Path) -> None:
    place = home(tmp_path, cursor=MINE)
    result = run([*ADD, "--dry-run"], place, KEY, process=True, PYTHONIOENCODING=encoding)
    assert (result.code, "Bearer phx_" in result.out) == (0, True)


def test_a_program_without_standard_input(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    environment: dict[str, Any] = {"POSTHOG_PERSONAL_API_KEY": KEY}
    assert run(["mcp", "add", "--no-verify", "--json"], place, **environment).outcomes == {"cursor": "added"}


def test_an_undone_addition_leaves_no_key_to_warn_of(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    undone = run(["mcp", "undo"], place)
    assert ("restored" in undone.out, "take it back" in undone.err, "plain text" in undone.err) == (True, True, False)
