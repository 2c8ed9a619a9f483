"""add, remove, undo and list from the command line: the files, the documents, the exit codes."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import ALL, FILES, PROJECT_FILES, contents, entry, home
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, STATE, Result, run

HOSTED = "https://mcp.posthog.com/mcp"
BEARER = {"Authorization": f"Bearer {KEY}"}
ADD = ("mcp", "add", "--no-verify", "--api-key-stdin")
LAUNCHER = [sys.executable, "-I", "-m", "posthog_wizard"]
CHANGE_FIELDS = ["schema", "error", "dry_run", "change_id", "key", "clients"]
KEY_FIELDS = ["state", "source", "host", "region", "user", "organization", "project", "scopes", "missing_scopes"]
ROW_FIELDS = ["client", "scope", "path", "outcome", "reason", "hint", "next_step"]
LIST_FIELDS = ["client", "title", "detected", "scope", "path", "entry", "transport", "secret"]
FOREIGN = '{"mcpServers": {"posthog": {"command": "node", "args": ["x.js"]}}}'
MINE = '{\n\t"mcpServers": {\n\t\t"mine": {"command": "x"}\n\t},\n\t"ü": 1.0\n}'


def launcher() -> list[str]:
    """The words that start this program: the console program where it is installed beside Python."""
    console = Path(sys.executable).with_name("posthog-wizard")
    return [str(console)] if console.is_file() else LAUNCHER


def add(place: Path, *arguments: str, key: str = KEY, holds: tuple[Path, ...] = (), **environment: Any) -> Result:
    """`mcp add ARGUMENTS --json` without asking PostHog."""
    return run([*ADD, "--json", *arguments], place, key, holds=holds, **environment)


def mcp(place: Path, *arguments: str, folder: Path | None = None) -> Result:
    """`mcp ARGUMENTS --json`."""
    return run(["mcp", *arguments, "--json"], place, folder=folder)


def states(place: Path) -> dict[str, tuple[bool, str]]:
    """What list says: client -> detected, entry."""
    return {client: (row["detected"], row["entry"]) for client, row in mcp(place, "list").rows.items()}


# ------------------------------------------------------------------ the whole way, for all six


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
    assert [list(row) for row in first.document["clients"]] == [ROW_FIELDS] * 6
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
    assert [list(row) for row in listed.document["clients"]] == [LIST_FIELDS] * 6
    assert {row["client"]: (row["entry"], row["transport"], row["secret"]) for row in listed.document["clients"]} == {
        client: ("current", "stdio" if client == "claude-desktop" else "http", "inline") for client in ALL
    }

    removed = mcp(place, "remove")
    assert (removed.code, list(removed.document)) == (0, CHANGE_FIELDS)
    assert removed.outcomes == dict.fromkeys(ALL, "removed")
    assert removed.document["key"]["state"] == "none"
    left = contents(place)
    assert left[FILES["cursor"]] == before[FILES["cursor"]]
    assert json.loads(left[FILES["vscode"]]) == {"servers": {}}
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
    assert [list(run) for run in runs["changes"]] == [["change_id", "when", "command", "clients"]] * 4
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
        "cursor": {"url": HOSTED, "headers": BEARER},
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


# ------------------------------------------------------------------ how the client gets the key


@pytest.mark.parametrize(
    ("arguments", "headers", "skipped"),
    [
        (
            ("--secret", "env"),
            {
                "claude-code": "Bearer ${POSTHOG_PERSONAL_API_KEY}",
                "cursor": "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
                "vscode": "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
                "windsurf": "Bearer ${env:POSTHOG_PERSONAL_API_KEY}",
            },
            ("claude-desktop", "zed"),
        ),
        (
            ("--secret", "env", "--env-var", "MY_KEY"),
            {"claude-code": "Bearer ${MY_KEY}", "cursor": "Bearer ${env:MY_KEY}"},
            ("claude-desktop", "zed"),
        ),
        (
            ("--secret", "prompt"),
            {"vscode": "Bearer ${input:posthog-api-key}"},
            ("claude-code", "claude-desktop", "cursor", "windsurf", "zed"),
        ),
        (("--oauth",), {}, ("claude-desktop",)),
    ],
)
def test_a_reference_instead_of_the_key(
    arguments: tuple[str, ...], headers: dict[str, str], skipped: tuple[str, ...], tmp_path: Path
) -> None:
    place = home(tmp_path, *ALL)
    result = run(["mcp", "add", *arguments, "--json"], place)
    written = {client: entry(place, client) for client in ALL if client not in skipped}
    assert (result.code, result.document["key"]["state"]) == (0, "none")
    assert result.outcomes == {client: "skipped" if client in skipped else "added" for client in ALL}
    assert all(result.rows[client]["reason"] for client in skipped)
    assert not any((place / FILES[client]).exists() for client in skipped)
    assert {client: written[client]["headers"]["Authorization"] for client in headers} == headers
    assert all("headers" in value for value in written.values()) == ("--secret" in arguments)


def test_a_prompted_key_comes_and_goes_with_its_question(tmp_path: Path) -> None:
    text = '{\n  "inputs": [],\n  "servers": {}\n}\n'
    place = home(tmp_path, vscode=text)
    run(["mcp", "add", "vscode", "--secret", "prompt"], place)
    assert mcp(place, "list").rows["vscode"]["secret"] == "prompt"
    assert [item["id"] for item in json.loads((place / FILES["vscode"]).read_text())["inputs"]] == ["posthog-api-key"]
    assert mcp(place, "remove", "vscode").code == 0
    assert (place / FILES["vscode"]).read_text() == text


# ------------------------------------------------------------------ which clients


@pytest.mark.parametrize(
    ("arguments", "code", "outcomes"),
    [
        ((), 0, {"cursor": "added", "zed": "added"}),
        (("--all",), 0, {"cursor": "added", "zed": "added"}),
        (("zed",), 0, {"zed": "added"}),
        (("-c", "zed", "--client", "zed", "cursor"), 0, {"cursor": "added", "zed": "added"}),
        (("vscode",), 1, {"vscode": "failed"}),
        (("vscode", "zed"), 1, {"vscode": "failed", "zed": "added"}),
        (("vscode", "--force"), 0, {"vscode": "added"}),
        (("windsurf", "--force"), 0, {"windsurf": "added"}),
    ],
)
def test_which_clients(arguments: tuple[str, ...], code: int, outcomes: dict[str, str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    result = add(place, *arguments)
    made = {client for client in ALL if (place / FILES[client]).exists()}
    assert (result.code, result.outcomes) == (code, outcomes)
    assert made == {client for client, outcome in outcomes.items() if outcome == "added"}


def test_an_absent_client_gets_no_directory_and_needs_no_key(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = run(["mcp", "add", "vscode", "--json"], place)
    assert (result.code, result.outcomes) == (1, {"vscode": "failed"})
    assert str(place / ".config/Code/User") in result.rows["vscode"]["reason"]
    assert "--force" in result.rows["vscode"]["hint"]
    assert sorted(path.name for path in place.iterdir()) == [".tmp"]


def test_no_client_at_all(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = add(place)
    assert (result.code, result.document["error"]["code"]) == (1, "nothing_found")
    assert "Zed" in result.document["error"]["message"]
    assert "mcp print" in result.document["error"]["hint"]
    assert (mcp(place, "remove").code, mcp(place, "remove").document["clients"]) == (0, [])
    assert set(states(place).values()) == {(False, "none")}


def test_a_program_on_the_path_is_evidence(tmp_path: Path) -> None:
    place = home(tmp_path)
    program = place / ".bin/claude"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    assert add(place).outcomes == {"claude-code": "added"}
    assert sorted(contents(place)) == [".bin/claude", ".claude.json"]


def test_every_place_of_a_client_has_a_row(tmp_path: Path) -> None:
    place = home(tmp_path, "windsurf")
    (place / ".config/devin").mkdir(parents=True)
    result = add(place)
    assert [(row["client"], row["outcome"]) for row in result.document["clients"]] == [("windsurf", "added")] * 2
    assert json.loads((place / ".config/devin/mcp_config.json").read_text())["mcpServers"]["posthog"] == {
        "url": HOSTED,
        "transport": "http",
        "headers": BEARER,
    }
    assert "serverUrl" in entry(place, "windsurf")
    env = run(["mcp", "add", "windsurf", "--secret", "env", "--json"], place)
    assert [row["outcome"] for row in env.document["clients"]] == ["skipped", "updated"]  # the places of one client


@pytest.mark.parametrize(
    ("client", "file", "field"),
    [
        ("cursor", "elsewhere/x.json", "url"),
        ("windsurf", "devin/mcp_config.json", "url"),
        ("windsurf", "mcp_config.json", "serverUrl"),
        ("zed", "~/my settings.json", "url"),
    ],
)
def test_config_path(client: str, file: str, field: str, tmp_path: Path) -> None:
    place = home(tmp_path)
    target = Path(file.replace("~", str(place))) if "~" in file else place / file
    result = add(place, client, "--config-path", file, holds=(target,))
    assert (result.code, result.rows[client]["path"]) == (0, str(target))
    assert field in next(iter(json.loads(target.read_text()).values()))["posthog"]
    assert mcp(place, "remove", client, "--config-path", file).outcomes == {client: "removed"}


# ------------------------------------------------------------------ the project's files


@pytest.mark.parametrize("start", [".", "src/deep"])
def test_project_files(start: str, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    project = place / "work"
    (project / "src/deep").mkdir(parents=True)
    (project / ".git").mkdir()
    before = contents(place)
    result = run(["mcp", "add", "--scope", "project", "--secret", "env", "--json"], place, folder=project / start)
    assert result.code == 0
    assert result.outcomes == {
        "claude-code": "added",
        "claude-desktop": "skipped",
        "cursor": "added",
        "vscode": "added",
        "windsurf": "skipped",
        "zed": "skipped",
    }
    assert {client: row["path"] for client, row in result.rows.items() if row["outcome"] == "added"} == {
        client: str(project / PROJECT_FILES[client]) for client in ("claude-code", "cursor", "vscode")
    }
    assert "projects" in result.rows["windsurf"]["reason"]
    listed = mcp(place, "list", "--scope", "project", folder=project / start)
    assert {client: (row["entry"], row["scope"]) for client, row in listed.rows.items()} == {
        "claude-code": ("current", "project"),
        "cursor": ("current", "project"),
        "vscode": ("current", "project"),
        "zed": ("none", "project"),
    }
    assert mcp(place, "undo", folder=project).code == 0
    assert contents(place) == before


def test_a_project_file_with_the_key_only_when_insisted_on(tmp_path: Path) -> None:
    place = home(tmp_path, "zed", "cursor")
    result = add(place, "zed", "--scope", "project", "--allow-plaintext")
    assert (result.code, result.rows["zed"]["path"]) == (0, str(place / ".zed/settings.json"))
    assert "--oauth" not in str(result.document)
    oauth = run(["mcp", "add", "cursor", "--scope", "project", "--oauth", "--json"], place)
    assert oauth.outcomes == {"cursor": "added"}
    assert mcp(place, "remove", "--scope", "project").outcomes == {"cursor": "removed", "zed": "removed"}


# ------------------------------------------------------------------ files that stand in the way


def broken(place: Path) -> dict[str, str]:
    """Five ways in which a file cannot be used, by client; the sixth client's is fine. Gives pieces of the reasons."""
    (place / FILES["claude-code"]).write_text('{\n  // no\n  "mcpServers": {}\n}\n')
    (place / FILES["claude-desktop"]).mkdir()
    (place / FILES["cursor"]).write_text('{"mcpServers": {\n')
    (place / FILES["vscode"]).symlink_to(place / "nowhere.json")
    (place / FILES["windsurf"]).write_text(FOREIGN)
    return {
        "claude-code": f"{place / FILES['claude-code']}:2:3: ",
        "claude-desktop": f"{place / FILES['claude-desktop']}: this is a directory",
        "cursor": f"{place / FILES['cursor']}:2:1: ",
        "vscode": f"{place / FILES['vscode']}: the symbolic link leads to `{place / 'nowhere.json'}`",
        "windsurf": f"{place / FILES['windsurf']}: the entry `posthog` is not PostHog's",
    }


@pytest.mark.parametrize("command", ["add", "dry run", "remove"])
def test_each_file_that_cannot_be_used_is_told_and_the_others_are_done(command: str, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    reasons = broken(place)
    before = contents(place)
    done = {"add": "added", "dry run": "added", "remove": "unchanged"}[command]
    result = mcp(place, "remove") if command == "remove" else add(place, *["--dry-run"] * (command == "dry run"))
    told = {client: row["reason"] for client, row in result.rows.items() if row["outcome"] == "failed"}
    assert result.code == 1
    assert result.outcomes == {**dict.fromkeys(reasons, "failed"), "zed": done}
    assert {client: told[client][: len(reason)] for client, reason in reasons.items()} == reasons
    assert {name: text for name, text in contents(place).items() if name != FILES["zed"]} == before
    assert (place / FILES["zed"]).exists() == (command == "add")
    assert {client: state for client, (_, state) in states(place).items()} == {
        **dict.fromkeys(reasons, "unreadable"),
        "windsurf": "foreign",
        "zed": "current" if command == "add" else "none",
    }


@pytest.mark.parametrize("mode", [0o444, 0o400])
def test_a_read_only_file_is_left_alone(mode: int, tmp_path: Path) -> None:
    place = home(tmp_path, "zed", cursor=MINE)
    (place / FILES["cursor"]).chmod(mode)
    result = add(place)
    assert (result.code, result.outcomes) == (1, {"cursor": "failed", "zed": "added"})
    assert str(place / FILES["cursor"]) in result.rows["cursor"]["reason"]
    assert (place / FILES["cursor"]).read_text() == MINE


def test_force_takes_what_is_foreign(tmp_path: Path) -> None:
    place = home(tmp_path, cursor=FOREIGN)
    assert mcp(place, "remove", "--force", "--dry-run").outcomes == {"cursor": "removed"}
    assert add(place, "--force").outcomes == {"cursor": "updated"}
    assert entry(place, "cursor") == {"url": HOSTED, "headers": BEARER}
    mcp(place, "undo")
    assert (place / FILES["cursor"]).read_text() == FOREIGN
    assert mcp(place, "remove", "--force").outcomes == {"cursor": "removed"}


def test_a_short_lived_program_is_not_written_down(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "claude-desktop")
    cache = str(Path(launcher()[0]).parent)
    result = add(place, UV_CACHE_DIR=cache)
    assert (result.code, result.outcomes) == (1, {"claude-desktop": "failed", "cursor": "added"})
    assert "temporary" in result.rows["claude-desktop"]["reason"]
    assert "uv tool install" in result.rows["claude-desktop"]["hint"]
    assert add(place, "--force", UV_CACHE_DIR=cache).outcomes["claude-desktop"] == "added"


def test_links_are_followed_and_modes_kept(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    target = place / "dotfiles.json"
    target.write_text("{}\n")
    target.chmod(0o640)
    (place / FILES["cursor"]).symlink_to(target)
    assert add(place, holds=(target,)).outcomes == {"cursor": "added"}
    assert (place / FILES["cursor"]).is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert KEY in target.read_text()


# ------------------------------------------------------------------ undo


def test_undo_of_one_client_and_of_a_file_that_moved_on(tmp_path: Path) -> None:
    place = home(tmp_path, "zed", cursor=MINE)
    change = add(place).document["change_id"]
    assert mcp(place, "undo", change, "--client", "zed", "--dry-run").outcomes == {"zed": "restored"}
    assert mcp(place, "undo", change, "--client", "zed").outcomes == {"zed": "restored"}
    assert not (place / FILES["zed"]).exists()
    moved = (place / FILES["cursor"]).read_text().replace('"ü": 1.0', '"ü": 2.0')
    (place / FILES["cursor"]).write_text(moved)
    assert mcp(place, "undo", change).outcomes == {"cursor": "restored", "zed": "unchanged"}
    assert (place / FILES["cursor"]).read_text() == MINE.replace("1.0", "2.0")
    assert mcp(place, "undo", "9999-xyz").code == 1


def test_undo_refuses_an_entry_that_somebody_changed(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    theirs = (place / FILES["cursor"]).read_text().replace(HOSTED, f"{HOSTED}?mine")
    (place / FILES["cursor"]).write_text(theirs)
    result = mcp(place, "undo")
    assert (result.code, result.outcomes) == (1, {"cursor": "failed"})
    assert "changed since" in result.rows["cursor"]["reason"]
    assert (place / FILES["cursor"]).read_text() == theirs


# ------------------------------------------------------------------ dry runs, and what people see


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
    assert run(["mcp", "undo", "--list"], place).err == "nothing was changed yet\n"
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
    result = run([*ADD, "--dry-run"], place, KEY, PYTHONIOENCODING=encoding)
    assert (result.code, "Bearer phx_" in result.out) == (0, True)


def test_a_program_without_standard_input(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    environment: dict[str, Any] = {"POSTHOG_PERSONAL_API_KEY": KEY}
    assert run(["mcp", "add", "--no-verify", "--json"], place, **environment).outcomes == {"cursor": "added"}
