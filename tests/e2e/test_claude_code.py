"""Claude Code itself, from npm, reads what we write, connects with it, and finds nothing after `remove`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.machines import KEY
from tests.support.mcp_server import mcp_server
from tests.support.npm import npm_program
from tests.support.program import run

pytestmark = pytest.mark.e2e
VERSION = "2.1.330"
AGENT = f"claude-code/{VERSION}"


def claude(
    home: Path, *arguments: str, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Claude Code's command line in a throw-away home."""
    program = npm_program("@anthropic-ai/claude-code", VERSION, "claude")
    return subprocess.run(
        [program, *arguments],
        cwd=folder or home,
        env={"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "DISABLE_AUTOUPDATER": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which Claude Code has run once, so that its file holds state of its own."""
    home = tmp_path / "home"
    home.mkdir()
    claude(home, "mcp", "list")
    assert json.loads((home / ".claude.json").read_bytes())
    return home


def test_it_connects_with_our_entry_and_forgets_it_after_remove(home: Path) -> None:
    before = (home / ".claude.json").read_bytes()
    with mcp_server(KEY) as server:
        added = run(
            ["mcp", "add", "claude-code", "--api-key-stdin", "--no-verify", "--mcp-url", server.url, "--json"],
            home,
            stdin=KEY,
        )
        assert [row["outcome"] for row in added.document["clients"]] == ["added"]
        shown = claude(home, "mcp", "get", "posthog")
        listed = claude(home, "mcp", "list")
    assert (shown.returncode, "Connected" in shown.stdout, "Connected" in listed.stdout) == (0, True, True)
    assert server.refused == []
    assert [message.headers["authorization"] for message in server.saw("tools/list")] == [f"Bearer {KEY}"] * 2
    assert {message.headers["user-agent"].split(" ")[0] for message in server.messages} == {AGENT}
    assert run(["mcp", "remove", "claude-code"], home).code == 0
    assert claude(home, "mcp", "get", "posthog").returncode != 0
    after = json.loads((home / ".claude.json").read_bytes())
    assert after.pop("mcpServers") == {}
    assert set(json.loads(before)) <= set(after)


def test_it_expands_the_variable_that_our_entry_names(home: Path) -> None:
    with mcp_server(KEY) as server:
        run(
            [
                "mcp",
                "add",
                "claude-code",
                "--secret",
                "env",
                "--env-var",
                "PH_KEY",
                "--no-verify",
                "--mcp-url",
                server.url,
            ],
            home,
        )
        shown = claude(home, "mcp", "get", "posthog", PH_KEY=KEY)
    assert "Connected" in shown.stdout
    assert KEY not in (home / ".claude.json").read_text()
    assert {message.headers["authorization"] for message in server.saw("tools/list")} == {f"Bearer {KEY}"}


def test_it_fails_with_a_wrong_key_as_it_should(home: Path) -> None:
    with mcp_server("phx_another") as server:
        run(["mcp", "add", "claude-code", "--api-key-stdin", "--no-verify", "--mcp-url", server.url], home, stdin=KEY)
        shown = claude(home, "mcp", "get", "posthog")
    assert "Connected" not in shown.stdout
    assert {headers["authorization"] for headers in server.refused if "authorization" in headers} == {f"Bearer {KEY}"}


def test_it_reads_a_project_s_file(home: Path) -> None:
    project = home / "project"
    (project / ".git").mkdir(parents=True)
    with mcp_server(KEY) as server:
        added = run(
            [
                "mcp",
                "add",
                "claude-code",
                "--scope",
                "project",
                "--secret",
                "env",
                "--no-verify",
                "--mcp-url",
                server.url,
            ],
            home,
            folder=project,
        )
        shown = claude(home, "mcp", "get", "posthog", folder=project, POSTHOG_PERSONAL_API_KEY=KEY)
    assert added.code == 0
    assert "Project config" in shown.stdout  # found there; a person has to approve it before it connects


def test_its_own_rewriting_keeps_our_entry_and_undo_takes_it_out(home: Path) -> None:
    with mcp_server(KEY) as server:
        run(["mcp", "add", "claude-code", "--api-key-stdin", "--no-verify", "--mcp-url", server.url], home, stdin=KEY)
        claude(home, "mcp", "add", "-s", "user", "-t", "http", "other", "http://127.0.0.1:9/mcp")
    assert set(json.loads((home / ".claude.json").read_bytes())["mcpServers"]) == {"posthog", "other"}
    assert run(["mcp", "undo", "--json"], home).document["clients"][0]["outcome"] == "restored"
    assert set(json.loads((home / ".claude.json").read_bytes())["mcpServers"]) == {"other"}
