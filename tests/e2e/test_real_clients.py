"""Clients themselves, from npm and PyPI, connect through the entry that we write, in each way to keep the key.

The server demands the key in the header, and what it saw is the proof: that a client lists its tools, or says hello.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from tests.support.machines import KEY
from tests.support.mcp_server import mcp_server
from tests.support.program import OTHER_KEY, run
from tests.support.real_clients import REAL, UNAVAILABLE, connect, seen

pytestmark = pytest.mark.e2e
WAYS: dict[str, tuple[str, ...]] = {
    "inline": ("--api-key-stdin",),
    "env": ("--secret", "env", "--env-var", "PH_KEY"),
    "store": ("--api-key-stdin", "--secret", "store", "--store", "file"),
}
SET: dict[str, dict[str, Any]] = {"inline": {}, "env": {"PH_KEY": KEY}, "store": {}}
KEYLESS = {"cline"}  # it expands no variables
ELSEWHERE = {"claude-code", "codex", "gemini-cli"}  # `test_doctor_clients.py`, `test_codex.py`


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of its own."""
    place = tmp_path / "home"
    place.mkdir()
    return place


def added(client: str, home: Path, url: str, way: str) -> None:
    """Our entry, in that way."""
    flags = (*WAYS[way], "--no-verify", "--mcp-url", url, "--force")
    result = run(["mcp", "add", client, *flags], home, stdin=KEY if "--api-key-stdin" in flags else "")
    assert result.code == 0, result.err


@pytest.mark.parametrize(
    ("client", "way"), [(client, way) for client in REAL for way in WAYS if way != "env" or client not in KEYLESS]
)
def test_it_connects_through_our_entry(client: str, way: str, home: Path) -> None:
    with mcp_server(KEY) as server:
        added(client, home, server.url, way)
        assert "initialize" in seen(client, home, server, **SET[way])
        examined = run(["mcp", "doctor", client, "--json"], home, **SET[way])
    checks = {check["id"]: check["status"] for check in examined.document["checks"]}
    assert checks[f"client.{client}.connection"] == "ok", examined.out


@pytest.mark.parametrize("client", REAL)
def test_where_it_is_refused_doctor_says_so_too(client: str, home: Path) -> None:
    with mcp_server(OTHER_KEY) as server:
        added(client, home, server.url, "inline")
        connect(client, home)
        assert server.messages == []
        examined = run(["mcp", "doctor", client, "--json"], home)
    checks = {check["id"]: check for check in examined.document["checks"]}
    connection = checks[f"client.{client}.connection"]
    assert (connection["status"], connection["data"]["kind"]) == ("fail", "refused")


def test_every_client_that_the_tests_run_has_its_proof() -> None:
    ran = {client.id for client in CLIENTS.values() if client.proofs.get("linux") == "run"}
    assert ran == {*REAL, *ELSEWHERE}
    assert not {*REAL} & {*UNAVAILABLE}
