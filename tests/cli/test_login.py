"""`login` and `logout` by a code, against the sandbox over real sockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.test_key_commands import holders, row
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
