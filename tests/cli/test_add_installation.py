"""`mcp add --installation`: servers of a PostHog project in the clients' files, and everything that is done with entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import launcher, mcp
from tests.support.homes import ALL, FILES, contents, entries, entry, home
from tests.support.installed import HELLO, LINEAR, NOTION, PATH, WAREHOUSE, Installed, hello, installed
from tests.support.machines import KEY
from tests.support.posthog import Reply
from tests.support.program import OTHER_KEY, Result, run

BEARER = {"Authorization": f"Bearer {KEY}"}
MINE = '{\n\t"mcpServers": {\n\t\t"mine": {"command": "x"}\n\t},\n\t"ü": 1.0\n}'
ROW = ["client", "scope", "path", "name", "entry", "transport", "secret"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path, "http://127.0.0.1:1/mcp") as server:
        yield server


def add(server: Installed, place: Path, *arguments: str, key: str = KEY, folder: Path | None = None) -> Result:
    """`mcp add --installation ... --json` with key and host in the environment."""
    words = ["mcp", "add", "--json", *arguments]
    return run(words, place, folder=folder, POSTHOG_HOST=server.url, POSTHOG_PERSONAL_API_KEY=key)


def proxy(server: Installed, identifier: str) -> str:
    return f"{server.url}{PATH}{identifier}/proxy/"


def listed(place: Path) -> dict[str, tuple[str, str, str]]:
    """What list says of the installed servers: client and name -> entry, transport, secret."""
    rows = mcp(place, "list").document["installations"]
    return {f"{row['client']} {row['name']}": (row["entry"], row["transport"], row["secret"]) for row in rows}


def test_what_lands_in_the_files(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    assert add(server, place, "--installation", "Linear").outcomes == dict.fromkeys(ALL, "added")
    first, *rest = launcher()
    url = proxy(server, LINEAR)
    assert {client: entry(place, client, "linear") for client in ALL} == {
        "claude-code": {"type": "http", "url": url, "headers": BEARER},
        "claude-desktop": {
            "command": first,
            "args": [*rest, "mcp", "bridge", "--url", url],
            "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
        },
        "codex": {"url": url, "http_headers": BEARER},
        "cursor": {"url": url, "headers": BEARER},
        "gemini-cli": {"type": "http", "url": url, "headers": BEARER},
        "lm-studio": {"url": url, "headers": BEARER},
        "vscode": {"type": "http", "url": url, "headers": BEARER},
        "windsurf": {"serverUrl": url, "headers": BEARER},
        "zed": {"enabled": True, "url": url, "headers": BEARER},
    }


def test_add_twice_list_remove_and_undo_everything(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL, cursor=MINE, zed="// mine\n{\n  // settings\n}\n")
    before = contents(place)
    both = ("--installation", "Linear", "--installation", NOTION)

    first = add(server, place, *both)
    assert (first.code, first.outcomes) == (0, dict.fromkeys(ALL, "added"))
    assert {row["reason"] for row in first.document["clients"]} == {"`linear` added; `notion` added"}
    added = contents(place)
    assert add(server, place, *both).outcomes == dict.fromkeys(ALL, "unchanged")
    assert contents(place) == added

    standing = {client: ("current", "stdio" if client == "claude-desktop" else "http", "inline") for client in ALL}
    assert listed(place) == {
        f"{client} {name}": row for client, row in standing.items() for name in ("linear", "notion")
    }
    document = mcp(place, "list").document
    assert {row["entry"] for row in document["clients"]} == {"none"}
    assert [list(row) for row in document["installations"]] == [ROW] * (2 * len(ALL))

    left = mcp(place, "remove")
    assert left.outcomes == dict.fromkeys(ALL, "unchanged")
    assert "`posthog-wizard mcp remove zed --name linear`, `posthog-wizard mcp remove zed --name notion`" in str(
        left.rows["zed"]["hint"]
    )
    assert contents(place) == added

    assert mcp(place, "remove", "--name", "linear").outcomes == dict.fromkeys(ALL, "removed")
    assert mcp(place, "remove", "--name", "notion").outcomes == dict.fromkeys(ALL, "removed")
    gone = contents(place)
    assert gone[FILES["cursor"]] == before[FILES["cursor"]]
    assert listed(place) == {}

    assert mcp(place, "undo").outcomes == dict.fromkeys(ALL, "restored")
    assert mcp(place, "undo").outcomes == dict.fromkeys(ALL, "restored")
    assert contents(place) == added
    assert mcp(place, "undo", first.document["change_id"]).outcomes == dict.fromkeys(ALL, "restored")
    assert contents(place) == before


def test_list_on_screen(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(server, place, "--installation", "Linear")
    shown = run(["mcp", "list"], place).out
    assert "Cursor                   no entry" in shown
    assert "and `linear`, an installed server (http, key: inline)" in shown


def test_beside_posthog_s_own_entry(server: Installed, tmp_path: Path) -> None:
    """Neither takes the other's place, in whatever order they come."""
    place = home(tmp_path, "cursor")
    own = ("--host", server.url)
    assert add(server, place, *own).outcomes == {"cursor": "added"}
    assert add(server, place, "--installation", "Linear").outcomes == {"cursor": "added"}
    assert add(server, place, *own).outcomes == {"cursor": "unchanged"}
    assert set(entries(place / FILES["cursor"], "cursor")) == {"posthog", "linear"}
    assert mcp(place, "list").rows["cursor"]["entry"] == "current"
    assert mcp(place, "remove").outcomes["cursor"] == "removed"
    assert set(entries(place / FILES["cursor"], "cursor")) == {"linear"}
    assert add(server, place, *own, "--name", "linear").outcomes == {"cursor": "failed"}


FOREIGN = {"url": "https://mcp.linear.app/mcp"}


@pytest.mark.parametrize(
    ("present", "message"),
    [
        (FOREIGN, "the entry `linear` is not PostHog's"),
        ({"url": "https://mcp.posthog.com/mcp"}, "the entry `linear` leads to PostHog's own server"),
        (
            {"url": f"https://us.posthog.com{PATH}another/proxy/"},
            "the entry `linear` leads to another server that is installed in PostHog",
        ),
    ],
)
def test_an_entry_of_that_name_for_another_server(
    present: Any, message: str, server: Installed, tmp_path: Path
) -> None:
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"linear": present}}))
    refused = add(server, place, "--installation", "Linear")
    assert (refused.code, refused.outcomes) == (1, {"cursor": "failed"})
    assert message in refused.rows["cursor"]["reason"]
    assert "--name" in refused.rows["cursor"]["hint"]
    assert add(server, place, "--installation", "Linear", "--name", "issues").outcomes == {"cursor": "added"}
    assert add(server, place, "--installation", "Linear", "--force").outcomes == {"cursor": "updated"}
    assert set(entries(place / FILES["cursor"], "cursor")) == {"linear", "issues"}


def test_a_name_that_is_taken_is_skipped_and_the_others_are_added(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"notion": FOREIGN}}))
    result = add(server, place, "--installation", "Linear", "--installation", "Notion")
    assert (result.code, result.outcomes) == (0, {"cursor": "added"})
    assert result.rows["cursor"]["name"] == "linear"
    assert "skipped: the entry `notion` is not PostHog's" in result.rows["cursor"]["reason"]
    assert (entry(place, "cursor", "notion"), bool(entry(place, "cursor", "linear"))) == (FOREIGN, True)
    left = mcp(place, "remove", "--name", "notion")
    assert (left.code, "--force" in left.rows["cursor"]["hint"]) == (1, False)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Linear (Team A)", "linear-team-a"),
        ("Émile's Größe", "emile-s-groe"),
        ("日本語", "installation-0009"),
        ("PostHog", "posthog-0009"),
        ("Notion", "notion-0009"),
        ("../../x\n", "x"),
        ("a" * 60, "a" * 40),
    ],
)
def test_the_name_of_the_entry(title: str, name: str, tmp_path: Path) -> None:
    with installed(tmp_path, None, hello("http://127.0.0.1:1/mcp", title)) as server:
        place = home(tmp_path, "cursor")
        wanted = ("--installation", NOTION, "--installation", HELLO, "--installation", HELLO)
        assert add(server, place, *wanted).outcomes == {"cursor": "added"}
    assert set(entries(place / FILES["cursor"], "cursor")) == {"notion", name}


@pytest.mark.parametrize(
    ("placement", "header", "secret"),
    [
        ((), f"Bearer {KEY}", "inline"),
        (("--secret", "env"), "Bearer ${env:POSTHOG_PERSONAL_API_KEY}", "env"),
        (("--secret", "prompt"), "Bearer ${input:posthog-api-key}", "prompt"),
    ],
)
def test_where_the_key_goes(
    placement: tuple[str, ...], header: str, secret: str, server: Installed, tmp_path: Path
) -> None:
    place = home(tmp_path, "vscode")
    assert add(server, place, "--installation", "Linear", *placement).outcomes == {"vscode": "added"}
    assert entry(place, "vscode", "linear")["headers"]["Authorization"] == header
    assert listed(place) == {"vscode linear": ("current", "http", secret)}
    assert mcp(place, "remove", "--name", "linear").outcomes == {"vscode": "removed"}
    assert "posthog-api-key" not in (place / FILES["vscode"]).read_text()


def test_a_key_in_the_store_stands_in_no_entry(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    stored = ("--secret", "store", "--store", "file")
    assert add(server, place, "--installation", "Linear", *stored).outcomes == {"cursor": "added"}
    first, *rest = launcher()
    words = [*rest, "mcp", "bridge", "--url", proxy(server, LINEAR)]
    assert entry(place, "cursor", "linear") == {"command": first, "args": words}
    assert listed(place) == {"cursor linear": ("current", "stdio", "store")}


def test_in_a_project_s_file(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    (place / "work/.git").mkdir(parents=True)
    words = ("--scope", "project", "--secret", "env", "--installation", "Linear", "cursor")
    assert add(server, place, *words, folder=place / "work").outcomes == {"cursor": "added"}
    assert "linear" in entries(place / "work/.cursor/mcp.json", "cursor")


@pytest.mark.parametrize(
    ("wanted", "warning"), [(WAREHOUSE, "`Warehouse` is switched off"), (NOTION, "`Notion` needs you to sign in")]
)
def test_what_would_keep_it_from_working_is_said(wanted: str, warning: str, server: Installed, tmp_path: Path) -> None:
    result = add(server, home(tmp_path, "cursor"), "--installation", wanted)
    assert (result.code, warning in result.err) == (0, True)


def test_a_dry_run_shows_the_diff_and_no_key(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, cursor=MINE)
    words = ["mcp", "add", "--dry-run", "--installation", "Linear"]
    shown = run(words, place, POSTHOG_HOST=server.url, POSTHOG_PERSONAL_API_KEY=KEY)
    assert (shown.code, f'"url": "{proxy(server, LINEAR)}"' in shown.out) == (0, True)
    assert (place / FILES["cursor"]).read_text() == MINE


def test_the_flag_wins_over_the_environment_s_host(server: Installed, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    words = ["mcp", "add", "--json", "--installation", "Linear", "--host", server.url]
    result = run(words, place, POSTHOG_HOST="http://127.0.0.1:9", POSTHOG_PERSONAL_API_KEY=KEY)
    assert result.outcomes == {"cursor": "added"}


# ------------------------------------------------------------------ refused before any file is touched


@pytest.mark.parametrize(
    ("arguments", "key", "code", "message"),
    [
        (("--installation", "Nothing"), KEY, 1, "no installation `Nothing`"),
        (("--installation", "Linear", "--project", "2"), KEY, 1, "no installation `Linear`"),
        (("--installation", "Linear"), OTHER_KEY, 1, "project:read"),
        (("--installation", "Linear"), "phx_unknown0unknown0", 1, "does not accept the key"),
        (("--installation", "Linear", "claude-desktop", "--force", "--secret", "env"), KEY, 2, "Claude Desktop"),
    ],
)
def test_refused(
    arguments: tuple[str, ...], key: str, code: int, message: str, server: Installed, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    result = add(server, place, *arguments, key=key)
    assert (result.code, message in result.document["error"]["message"]) == (code, True), result.document["error"]
    assert contents(place) == {}


def test_a_key_without_a_project(tmp_path: Path) -> None:
    """PostHog accepts it, but does not say where it belongs."""
    with installed(tmp_path) as server:
        server.will_answer("GET", "/api/users/@me/", Reply(body={"uuid": "u", "email": "max@example.com"}))
        result = add(server, home(tmp_path, "cursor"), "--installation", "Linear")
    assert (result.code, result.document["error"]["hint"]) == (2, "add `--project ID`")


def test_a_proxy_on_another_host_is_never_written(server: Installed, tmp_path: Path) -> None:
    row = {"id": "i1", "name": "Acme", "proxy_url": f"https://evil.example{PATH}i1/proxy/"}
    server.will_answer("GET", PATH, Reply(body={"results": [row]}))
    place = home(tmp_path, "cursor")
    result = add(server, place, "--installation", "Acme")
    assert (result.code, "`https://evil.example`" in result.document["error"]["message"]) == (1, True)
    assert contents(place) == {}
