"""`login` and `logout` by a code, against the sandbox over real sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_key_commands import KEYS, holders, row
from tests.support.homes import home
from tests.support.people import approving
from tests.support.posthog_core import posthog
from tests.support.program import Result, run

FILE = ("--store", "file")


def login(place: Path, *arguments: str, **environment: Any) -> Result:
    return run(["login", *arguments], place, **environment)


def test_signed_in_shown_and_signed_out(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server, approving(server):
        done = login(place, "--host", server.url, *FILE, "--json")
        assert done.code == 0, done.err
        document = done.document
        assert (document["way"], document["store"], document["profile"], document["expires"]) == (
            "device",
            "file",
            "default",
            None,
        )
        assert (document["key"]["source"], document["key"]["state"], document["key"]["project"]["id"]) == (
            "login",
            "valid",
            2,
        )
        assert f"sign in at {server.url}/cli/authorize?code=" in done.err
        shown = row(run(["key", "show", "--json"], place))
        assert (shown["way"], shown["state"], shown["label"][:12]) == ("device", "valid", "CLI - App - ")
        out = run(["logout", "--json"], place)
        assert (out.code, out.document["outcome"], out.document["delete_at"]) == (
            0,
            "forgotten",
            f"{server.url}/settings/user-api-keys",
        )
    assert holders(place, "phx_sandbox_") == []


def test_add_signs_in_and_no_entry_holds_the_key(tmp_path: Path) -> None:
    place = home(tmp_path, "claude-code", "cursor")
    with posthog() as server, approving(server):
        done = run(["mcp", "add", "--login", "--host", server.url, *FILE, "--json"], place)
        assert done.code == 0, done.err
        assert done.outcomes == {"claude-code": "added", "cursor": "added"}
        assert done.document["key"]["source"] == "login"
        assert holders(place, "phx_sandbox_") == [KEYS]
        again = run(["mcp", "add", "--login", "--host", server.url, "--json"], place)
        assert (again.code, again.outcomes) == (0, {"claude-code": "unchanged", "cursor": "unchanged"}), again.err
        assert again.document["key"]["source"] == "store"  # nobody signed in
        assert server.lines.count("POST /api/cli-auth/device-code/") == 1


def test_a_dry_run_signs_in_nowhere(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        done = run(["mcp", "add", "--login", "--host", server.url, *FILE, "--dry-run", "--json"], place)
        assert (done.code, done.outcomes, server.lines) == (0, {"cursor": "added"}, []), done.err
    assert list((place / ".config").glob("**/*.json")) == []


@pytest.mark.parametrize("flags", [("--oauth",), ("--api-key-stdin",), ("--sandbox",), ("--secret", "env")])
def test_what_excludes_a_sign_in(flags: tuple[str, ...], tmp_path: Path) -> None:
    assert run(["mcp", "add", "cursor", "--login", *flags], home(tmp_path, "cursor")).code == 2
