"""What `add`, `remove`, `list` and `undo` say is so: the cases in which a new user was told otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import HOSTED, add, launcher, mcp
from tests.support.git_index import track
from tests.support.homes import ALL, FILES, contents, entries, entry, home
from tests.support.machines import KEY
from tests.support.posthog import PostHog, SandboxKey, failure, forbidden, missing_scope, throttled
from tests.support.posthog_core import posthog
from tests.support.program import OTHER_KEY, Result, run

SCOPES = ("user:read", "organization:read", "project:read")
CURSOR = FILES["cursor"]
MINE = '{"mcpServers": {}}'


def asked(place: Path, server: PostHog, *arguments: str, **environment: Any) -> Result:
    """`mcp add cursor --json`, asked of that PostHog."""
    words = ["mcp", "add", "cursor", "--json", "--api-key-stdin", "--host", server.url, *arguments]
    return run(words, place, KEY, **environment)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--project", "999"), 1, "the project `999` cannot be reached with this key"),
        (("--organization", "nobody"), 1, "the organization `nobody` cannot be reached with this key"),
        (("--project", "seven"), 2, "not a project's number"),
        (("--project", ""), 2, "`--project` says nothing"),
        (("--features", " , "), 2, "`--features` says nothing"),
        (("--features", "flag"), 2, "there is no `flag`"),
        (("--tools", "dashbord-get"), 2, "there is no `dashbord-get`"),
        (("--project", "999", "--no-verify"), 0, None),
        (("--project", "2"), 0, None),
    ],
)
def test_nothing_is_written_that_cannot_work(
    arguments: tuple[str, ...], code: int, words: str | None, tmp_path: Path
) -> None:
    place = home(tmp_path, cursor=MINE)
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        result = asked(place, server, *arguments)
    assert (result.code, (place / CURSOR).read_text() == MINE) == (code, bool(code))
    assert (words or "") in str(result.document["error"])


@pytest.mark.parametrize(
    ("reply", "code"), [(failure(501), 1), (throttled(99), 1), (missing_scope("project:read"), 0), (forbidden("no"), 1)]
)
def test_a_project_that_could_not_be_looked_up(reply: Any, code: int, tmp_path: Path) -> None:
    place = home(tmp_path, cursor=MINE)
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        server.will_answer("GET", "/api/projects/1/", reply)
        result = asked(place, server, "--project", "1")
    assert result.code == code
    assert ((place / CURSOR).read_text() == MINE) == bool(code)


def test_the_projects_of_entries_that_are_there_are_asked_about(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        there = {"command": "/x/posthog-wizard", "args": ["mcp", "serve", "--host", server.url, "--project", "999"]}
        place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": there}}))
        refused, dropped = asked(place, server), asked(place, server, "--no-limits")
    assert (refused.code, "project `999`" in refused.document["error"]["message"]) == (1, True)
    assert "--no-limits" in refused.document["error"]["hint"]
    assert (dropped.code, dropped.rows["cursor"]["limits"]) == (0, {"before": {"project": "999"}, "after": {}})


def test_names_that_only_the_hosted_server_may_know_are_warned_about(tmp_path: Path) -> None:
    result = add(home(tmp_path, "cursor"), "--features", "flag,sql,error_tracking", "--tools", "dashbord-get")
    assert result.code == 0
    assert [name in result.err for name in ("`flag`;", "`sql`", "error", "`dashbord-get`; did you mean")] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("arguments", "limits"),
    [
        ((), {"project": "1", "read_only": True}),
        (("--oauth",), {"project": "1", "read_only": True}),
        (("--secret", "store", "--store", "file"), {"project": "1", "read_only": True}),
        (("--project", "2"), {"project": "2", "read_only": True}),
        (("--no-limits",), {}),
        (("--no-limits", "--project", "2"), {"project": "2"}),
    ],
)
def test_a_second_run_widens_nothing(arguments: tuple[str, ...], limits: dict[str, Any], tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "x-posthog-read-only": "true", "X-PostHog-Project-Id": "1"}
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": {"url": HOSTED, "headers": headers}}}))
    key = "" if "--oauth" in arguments else KEY
    words = ["mcp", "add", "cursor", "--no-verify", "--region", "us", "--json", *arguments]
    result = run([*words, *(["--api-key-stdin"] if key else [])], place, key)
    assert (result.code, result.outcomes) == (0, {"cursor": "updated"})
    assert result.rows["cursor"]["limits"] == {"before": {"project": "1", "read_only": True}, "after": limits}
    row = mcp(place, "list").rows["cursor"]
    assert {name: row[name] for name in ("project", "read_only") if row[name]} == limits


@pytest.mark.parametrize(
    ("there", "arguments", "left"),
    [
        ("--features flags,api", (), None),
        ("--tools api-read", (), None),
        ("--features flags,api", ("--oauth",), None),
        ("--features flags,api", ("--no-limits",), {}),
        ("--features flags,api", ("--features", "flags"), {"features": ["flags"], "mode": "tools"}),
        ("--features flags", (), {"features": ["flags"], "mode": "tools"}),
        ("--features flags,api", ("--server", "local"), {"features": ["flags", "api"]}),
    ],
)
def test_what_only_our_own_server_has_is_not_carried_to_the_hosted_one(
    there: str, arguments: tuple[str, ...], left: dict[str, Any] | None, tmp_path: Path
) -> None:
    ours = {"command": "/x/posthog-wizard", "args": ["mcp", "serve", "--region", "us", *there.split()]}
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": ours}}))
    words = ["mcp", "add", "cursor", "--no-verify", "--region", "us", "--json", *arguments]
    result = run([*words, *([] if "--oauth" in arguments else ["--api-key-stdin"])], place, KEY)
    row = result.rows["cursor"]
    told = f"{row['reason']} {row['hint']}"
    assert ("hosted server has no `api" in told, "--no-limits" in told) == (left is None,) * 2
    assert left is None or row["limits"]["after"] == left


@pytest.mark.parametrize(("flag", "code"), [((), 2), (("--yes",), 2), (("--allow-plaintext",), 0), (("--oauth",), 0)])
def test_a_key_is_not_written_into_what_git_tracks(flag: tuple[str, ...], code: int, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    track(dotfiles, "cursor.json")
    (dotfiles / "cursor.json").write_text(MINE)
    (place / CURSOR).symlink_to(dotfiles / "cursor.json")
    given = () if flag == ("--oauth",) else ("--api-key-stdin",)
    result = run(
        ["mcp", "add", "cursor", "--no-verify", "--json", *given, *flag], place, KEY, holds=(dotfiles / "cursor.json",)
    )
    assert result.code == code
    assert ("git tracks" in str(result.document["error"])) == bool(code)


def test_what_could_not_be_written_is_no_change(tmp_path: Path) -> None:
    place = home(tmp_path, cursor=MINE)
    (place / CURSOR).chmod(0o444)
    failed = run(["mcp", "add", "cursor", "--no-verify", "--api-key-stdin"], place, KEY)
    assert (failed.code, "mcp undo" in failed.out + failed.err, "plain text" in failed.err) == (1, False, False)
    assert mcp(place, "undo", "--list").document["changes"] == []


def test_what_could_not_be_written_is_no_part_of_a_change(tmp_path: Path) -> None:
    place = home(tmp_path, "zed", cursor=MINE)
    (place / CURSOR).chmod(0o444)
    assert add(place, "cursor", "zed").outcomes == {"cursor": "failed", "zed": "added"}
    (row,) = mcp(place, "undo", "--list").document["changes"]
    assert row["clients"] == ["zed"]


def test_nothing_of_ours_is_left_behind(tmp_path: Path) -> None:
    """Under every name, in every scope and file that recognition or the journal knows; what is not ours stays."""
    place = home(tmp_path, *ALL, cursor='{"mcpServers": {"mine": {"command": "x"}}}')
    project, other = place / "project", place / "other.json"
    (project / ".git").mkdir(parents=True)
    add(place)
    add(place, "cursor", "--name", "selfhosted", "--host", "https://ph.example.com")
    add(place, "cursor", "--name", "dev", "--mcp-url", "http://localhost:8787/mcp")
    add(place, "cursor", "--config-path", str(other), holds=(other,))
    run(["mcp", "add", "cursor", "--oauth", "--scope", "project", "--json"], place, folder=project)
    changed = (place / CURSOR).read_text().replace("http://localhost:8787/mcp", "http://localhost:9999/mine")
    (place / CURSOR).write_text(changed)
    told = mcp(place, "remove", "cursor", folder=project)
    assert "posthog-wizard mcp remove cursor --name selfhosted" in told.rows["cursor"]["hint"]
    assert f"PostHog stays in `{project / CURSOR}`, `{other}`; `posthog-wizard mcp remove --everywhere`" in told.err
    assert "PostHog stays" not in mcp(place, "remove", "zed", folder=project).err
    assert mcp(place, "remove", "--everywhere", "--name", "x").code == 2
    gone = mcp(place, "remove", "--everywhere")
    assert (gone.code, set(gone.outcomes.values())) == (0, {"removed"})
    assert [name for name, text in contents(place).items() if b"posthog" in text.lower()] == []
    assert entries(place / CURSOR, "cursor") == {"mine": {"command": "x"}}
    again = mcp(place, "remove", "--everywhere")
    assert (again.code, again.document["clients"]) == (0, [])
    assert run(["mcp", "undo", "--json"], place, holds=(other,)).code == 0
    assert set(entries(place / CURSOR, "cursor")) == {"mine", "selfhosted", "dev"}


@pytest.mark.parametrize(
    "theirs",
    [
        {"url": "https://mcp.example.com/x", "headers": {"Authorization": f"Bearer {KEY}"}},
        {"url": "https://us.example.com/api/environments/1/mcp_server_installations/2/proxy/"},
    ],
)
def test_nothing_of_ours_is_left_behind_that_does_not_say_so(theirs: dict[str, Any], tmp_path: Path) -> None:
    """Neither an entry that the journal alone knows, nor one that is PostHog's by its key or its proxy."""
    place = home(tmp_path, "zed", cursor=MINE)
    assert mcp(place, "add", "cursor", "--name", "dev", "--mcp-url", "http://localhost:8787/mcp", "--oauth").code == 0
    assert add(place, "zed", "--host", "https://us.example.com", "--secret", "store", "--store", "file").code == 0
    servers = json.loads((place / CURSOR).read_text())["mcpServers"]
    (place / CURSOR).write_text(json.dumps({"mcpServers": {**servers, "theirs": theirs}}))
    assert mcp(place, "remove", "--everywhere").code == 0
    assert entries(place / CURSOR, "cursor") == {}


SERVERS = {"posthog": {"url": HOSTED}, "mine": {"command": "x"}}


@pytest.mark.parametrize(
    ("file", "data"),
    [
        (".cursor/settings.json", {"mcpServers": SERVERS}),
        (".config/Cursor/User/settings.json", {"mcp": {"servers": SERVERS}}),
        (".cursor/mcp.json", {"servers": SERVERS}),
        (".cursor/mcp.json", {"mcpservers": SERVERS}),
    ],
)
@pytest.mark.parametrize("flag", [(), ("--everywhere",)])
def test_what_the_client_does_not_read_goes_with_the_rest(
    file: str, data: Any, flag: tuple[str, ...], tmp_path: Path
) -> None:
    place = home(tmp_path, cursor=MINE)
    (place / file).parent.mkdir(parents=True, exist_ok=True)
    (place / file).write_text(json.dumps(data))
    gone = mcp(place, "remove", *flag)
    assert (gone.code, "posthog" in (place / file).read_text()) == (0, False)
    assert '"mine"' in (place / file).read_text()


def test_a_file_of_two_clients_is_one_change(tmp_path: Path) -> None:
    place = home(tmp_path, "claude-code")
    (place / "project/.git").mkdir(parents=True)
    (place / "project/.mcp.json").write_text(json.dumps({"mcpServers": SERVERS}))
    gone = run(["mcp", "remove", "--everywhere", "--json"], place, folder=place / "project")
    assert [row["outcome"] for row in gone.document["clients"]] == ["removed"]


@pytest.mark.parametrize("now", [{"url": "http://localhost:9999/mcp"}, {"command": "node", "args": ["other.js"]}])
def test_an_entry_of_ours_that_was_changed_since_is_ours(now: dict[str, Any], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place, "cursor", "--mcp-url", "http://localhost:8787/mcp")
    (place / CURSOR).write_text(json.dumps({"mcpServers": {"posthog": now}}))
    assert mcp(place, "list").rows["cursor"]["entry"] in {"current", "outdated"}
    assert "changed since `mcp add` wrote it" in run(["mcp", "list"], place).out
    assert add(place, "cursor").outcomes == {"cursor": "updated"}
    assert "changed since" not in run(["mcp", "list"], place).out
    (place / CURSOR).write_text(json.dumps({"mcpServers": {"posthog": now}}))
    assert mcp(place, "remove").outcomes == {"cursor": "removed"}
    (place / CURSOR).write_text(json.dumps({"mcpServers": {"posthog": now}}))
    assert mcp(place, "remove").outcomes == {"cursor": "failed"}


def test_list_shows_every_entry_of_ours(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place, "cursor", "--project", "5", "--read-only")
    add(place, "cursor", "--name", "selfhosted", "--host", "https://ph.example.com", "--features", "flags")
    rows = [row for row in mcp(place, "list").document["clients"] if row["client"] == "cursor"]
    assert [(row["name"], row["host"], row["project"], row["read_only"], row["features"]) for row in rows] == [
        ("posthog", None, "5", True, None),
        ("selfhosted", "https://ph.example.com", None, None, ["flags"]),
    ]
    shown = run(["mcp", "list"], place).out
    assert "`posthog`: http, key: inline, read-only; project 5" in shown
    assert "and `selfhosted`: stdio of https://ph.example.com, key: inline, features flags" in shown


@pytest.mark.parametrize("command", [["mcp", "add", "cursor", "--json"], ["key", "set", "--store", "file", "--json"]])
def test_the_environment_says_which_posthog(command: list[str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        result = run([*command, "--api-key-stdin"], place, KEY, POSTHOG_HOST=server.url)
        assert (result.code, result.document["key"]["host"]) == (0, server.url)


def test_a_dry_run_needs_no_key(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    result = run(["mcp", "add", "cursor", "--dry-run"], place)
    assert (result.code, "a placeholder stands for it" in result.err, contents(place)) == (0, True, {})


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("zed", "sign in when it asks"),
        ("cursor", "reload the Cursor window (or restart Cursor), then sign in when it asks"),
        ("codex", "start a new Codex session, then sign in: `codex mcp login posthog`"),
    ],
)
def test_the_next_step_depends_on_the_way_of_signing_in(client: str, words: str, tmp_path: Path) -> None:
    place = home(tmp_path, client)
    signing_in = run(["mcp", "add", client, "--oauth", "--json"], place).rows[client]["next_step"]
    assert signing_in == words
    assert "sign in" not in add(place, client).rows[client]["next_step"]


def test_undo_takes_the_beginning_of_an_id_and_tells_runs_apart(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    add(place, "cursor")
    second = add(place, "zed", "--name", "other")
    rows = mcp(place, "undo", "--list").document["changes"]
    assert [(row["clients"], row["names"]) for row in rows] == [(["zed"], ["other"]), (["cursor"], ["posthog"])]
    assert mcp(place, "undo", "000").code == 1
    assert mcp(place, "undo", second.document["change_id"][:4]).outcomes == {"zed": "restored"}
    assert (entry(place, "zed", "other"), bool(entry(place, "cursor"))) == (None, True)


def test_another_key_in_the_environment_is_not_what_add_takes_from_the_store(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    run(["key", "set", "--store", "file", "--no-verify", "--region", "us", "--api-key-stdin"], place, KEY)
    stored = run(["mcp", "add", "cursor", "--no-verify", "--json"], place)
    assert (stored.code, entry(place, "cursor")["command"]) == (0, launcher()[0])
    given = run(["mcp", "add", "cursor", "--no-verify", "--json"], place, POSTHOG_API_KEY=OTHER_KEY)
    assert (given.code, entry(place, "cursor")["headers"]["Authorization"]) == (0, f"Bearer {OTHER_KEY}")
