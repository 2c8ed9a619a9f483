"""A server that is installed in PostHog, listed, added and called through PostHog's proxy by programs that are not ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.homes import FILES, contents, home
from tests.support.installed import HELLO, PATH, UPSTREAM_KEY, Installed, installed
from tests.support.machines import KEY
from tests.support.mcp_server import McpServer, mcp_server
from tests.support.npm import npm_program
from tests.support.program import run

pytestmark = pytest.mark.e2e
CLAUDE, INSPECTOR = "2.1.330", "2.12.0"
CLIENTS = ("claude-code", "claude-desktop", "cursor")
SURROUNDINGS = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "DISABLE_AUTOUPDATER": "1",
    "MCP_INSPECTOR_SECRET_STORE": "memory",
}


def start(place: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a throw-away home."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=place,
        env={"HOME": str(place), **SURROUNDINGS},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def claude(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return start(place, npm_program("@anthropic-ai/claude-code", CLAUDE, "claude"), *arguments)


def inspect(place: Path, client: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The MCP Inspector, with the client's own file."""
    program = npm_program("@modelcontextprotocol/inspector", INSPECTOR, "mcp-inspector")
    return start(place, program, "--cli", "--config", place / FILES[client], "--server", "say-hello", *arguments)


@pytest.fixture
def upstream() -> Iterator[McpServer]:
    """The server behind it, which knows nothing of PostHog's key."""
    with mcp_server(UPSTREAM_KEY) as server:
        yield server


@pytest.fixture
def posthog(upstream: McpServer, tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path, upstream.url) as server:
        yield server


def wizard(posthog: Installed, place: Path, *arguments: str) -> str:
    """A command of ours that succeeds."""
    done = run(["mcp", *arguments], place, POSTHOG_HOST=posthog.url, POSTHOG_PERSONAL_API_KEY=KEY)
    assert done.code == 0, done.err
    return done.out


def through_the_proxy(posthog: Installed, upstream: McpServer) -> bool:
    """PostHog's key went to PostHog alone, and the server's own key to the server; nobody asked for more than POST."""
    visits = [request for request in posthog.requests if request.path == f"{PATH}{HELLO}/proxy/"]
    keys = {request.headers["authorization"] for request in visits}
    there = {message.headers["authorization"] for message in upstream.messages}
    return (keys, there, upstream.refused) == ({f"Bearer {KEY}"}, {f"Bearer {UPSTREAM_KEY}"}, [])


def test_the_inspector_calls_a_tool_and_nothing_is_left(
    posthog: Installed, upstream: McpServer, tmp_path: Path
) -> None:
    files = {name.replace("-", "_"): '{\n  "mcpServers": {}\n}\n' for name in CLIENTS}
    place = home(tmp_path, **files)
    before = contents(place)
    assert "Say Hello" in wizard(posthog, place, "installations", "list")
    wizard(posthog, place, "add", *CLIENTS, "--installation", "Say Hello")
    called = {
        client: inspect(place, client, "--method", "tools/call", "--tool-name", "say-hello")
        for client in ("claude-desktop", "claude-code")  # through the bridge, and over HTTP
    }
    answers = {client: json.loads(done.stdout)["content"] for client, done in called.items()}
    assert list(answers.values()) == [[{"type": "text", "text": "hello"}]] * 2
    assert len(upstream.saw("tools/call")) == 2
    assert through_the_proxy(posthog, upstream)
    wizard(posthog, place, "remove", *CLIENTS, "--name", "say-hello")
    left = contents(place)
    assert {file: left[file] for file in before} == before


def test_claude_code_connects_and_forgets_it(posthog: Installed, upstream: McpServer, tmp_path: Path) -> None:
    place = home(tmp_path)
    claude(place, "mcp", "list")
    wizard(posthog, place, "add", "claude-code", "--installation", "Say Hello")
    shown = claude(place, "mcp", "get", "say-hello")
    assert "Connected" in shown.stdout, shown.stdout + shown.stderr
    assert upstream.saw("tools/list") != []
    assert through_the_proxy(posthog, upstream)
    wizard(posthog, place, "remove", "--name", "say-hello")
    assert claude(place, "mcp", "get", "say-hello").returncode != 0
    assert "mcp_server_installations" not in (place / FILES["claude-code"]).read_text()
