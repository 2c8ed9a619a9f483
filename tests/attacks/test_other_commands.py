"""The other commands read a project's file, and run nothing of it either; nothing is replaced, removed or stored for what it claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.test_project_files import PROXIED, ROWS, programs, remote
from tests.support.canaries import STORED, Canaries
from tests.support.machines import KEY

COMMANDS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "list": (("mcp", "list", "--scope", "project", "--json"), None),
    "remove": (("mcp", "remove", "--scope", "project", "--dry-run", "--json"), None),
    "add": (("mcp", "add", "--scope", "project", "--oauth", "--force", "--dry-run", "--json"), None),
    "print": (("mcp", "print", "cursor", "--scope", "project", "--json"), None),
    "undo": (("mcp", "undo", "--list", "--json"), None),
    "show": (("key", "show", "--json"), None),
    "rotate": (
        ("key", "rotate", "--api-key-stdin", "--no-verify", "-y", "--json"),
        "phx_new0123456789abcdefghijklmnopqrstuv",
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_of_a_project_s_file_runs(name: str, tmp_path: Path) -> None:
    words, stdin = COMMANDS[name]
    with Canaries(tmp_path) as canaries:
        canaries.profile("http://127.0.0.1:9")
        programs(canaries)
        canaries.plant_all({row: attack.entry(canaries) for row, attack in ROWS.items()})
        result = canaries.run(*words, stdin=stdin)
        assert canaries.sung == []
    assert (result.code, '"schema"' in result.out) == (0, True)


def test_a_new_key_goes_into_no_foreign_entry_that_holds_the_old_one(tmp_path: Path) -> None:
    """Whoever knows a key that was made public waits for the new one."""
    new = "phx_new0123456789abcdefghijklmnopqrstuv"
    with Canaries(tmp_path) as canaries:
        canaries.profile("http://127.0.0.1:9")
        bearer = {"POSTHOG_AUTH_HEADER": f"Bearer {STORED}"}
        entries = {
            "address": remote(canaries.server.url, STORED),
            "proxy": remote(canaries.server.url + PROXIED, STORED),
            "host": {
                "command": "posthog-wizard",
                "args": ["mcp", "serve", "--host", canaries.server.url],
                "env": bearer,
            },
            "program": {"command": "./posthog-wizard", "args": ["mcp", "serve"], "env": bearer},
        }
        canaries.plant_all(entries)
        result = canaries.run("key", "rotate", "--api-key-stdin", "--no-verify", "-y", "--json", stdin=new)
        files = [path.read_text() for path in canaries.repository.rglob("*.json")]
    assert "leads elsewhere" in result.out
    assert [text for text in files if new in text] == []


def test_a_stranger_s_key_is_not_taken_for_the_user_s(tmp_path: Path) -> None:
    """With it would come the host that is trusted from then on."""
    with Canaries(tmp_path) as canaries:
        theirs = {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}
        canaries.plant(
            lambda _: {
                "command": "posthog-wizard",
                "args": ["mcp", "serve", "--host", canaries.server.url],
                "env": theirs,
            }
        )
        words = ("mcp", "add", "cursor", "--scope", "project", "--secret", "store", "--store", "file", "--json")
        result = canaries.run(*words, POSTHOG_PERSONAL_API_KEY="")
        assert canaries.server.heard == []
    assert (result.code, "key" in result.document["error"]["message"]) == (2, True)
    assert not (canaries.home / ".config/posthog-wizard/config.toml").exists()


def test_an_installed_server_at_a_foreign_host_is_nobody_s(tmp_path: Path) -> None:
    with Canaries(tmp_path) as canaries:
        canaries.plant(lambda _: remote(canaries.server.url + PROXIED, KEY), "cursor")
        listed = canaries.run("mcp", "list", "--scope", "project", "--json").rows["cursor"]
        removed = canaries.run("mcp", "remove", "cursor", "--scope", "project", "--json").rows["cursor"]
        added = canaries.run("mcp", "add", "cursor", "--scope", "project", "--oauth", "--json").rows["cursor"]
        assert (listed["entry"], removed["outcome"], added["outcome"]) == ("foreign", "failed", "failed")
        assert canaries.server.heard == []
