"""Programs that are not ours reach a server over HTTP through the entry that `mcp add` writes for Claude Desktop."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines import KEY
from tests.support.mcp_server import McpServer, mcp_server
from tests.support.npm import npm_program

pytestmark = pytest.mark.e2e
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
CONFIG = ".config/Claude/claude_desktop_config.json"
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "DISABLE_AUTOUPDATER": "1",
    "MCP_INSPECTOR_SECRET_STORE": "memory",
}


def run(home: Path, *command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in a throw-away home."""
    words = [str(word) for word in command]
    environment = {"HOME": str(home), **ENVIRONMENT}
    return subprocess.run(
        words, cwd=home, env=environment, input=stdin, capture_output=True, text=True, timeout=180, check=False
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[McpServer]:
    """A loopback server that demands the key, and Claude Desktop's file with our entry for it."""
    with mcp_server(KEY) as server:
        flags = ("--force", "--api-key-stdin", "--no-verify", "--mcp-url", server.url)
        done = run(tmp_path, PROGRAM, "mcp", "add", "claude-desktop", *flags, stdin=KEY)
        assert done.returncode == 0, done.stderr
        yield server


def test_the_inspector_lists_and_calls_tools(tmp_path: Path, server: McpServer) -> None:
    inspector = npm_program("@modelcontextprotocol/inspector", "2.12.0", "mcp-inspector")
    command = (inspector, "--cli", "--config", tmp_path / CONFIG, "--server", "posthog")
    listed = run(tmp_path, *command, "--method", "tools/list")
    called = run(tmp_path, *command, "--method", "tools/call", "--tool-name", "say-hello")
    assert [tool["name"] for tool in json.loads(listed.stdout)["tools"]] == ["say-hello"], listed.stderr
    assert json.loads(called.stdout)["content"] == [{"type": "text", "text": "hello"}], called.stderr
    assert {message.headers["authorization"] for message in server.saw("tools/call")} == {f"Bearer {KEY}"}


def test_claude_code_connects(tmp_path: Path, server: McpServer) -> None:
    entry = json.loads((tmp_path / CONFIG).read_bytes())["mcpServers"]["posthog"]
    (tmp_path / ".claude.json").write_text(json.dumps({"mcpServers": {"posthog": {"type": "stdio", **entry}}}))
    claude = npm_program("@anthropic-ai/claude-code", "2.1.330", "claude")
    shown = run(tmp_path, claude, "mcp", "get", "posthog")
    assert "Connected" in shown.stdout, shown.stdout + shown.stderr
    assert {message.headers["authorization"] for message in server.saw("tools/list")} == {f"Bearer {KEY}"}
    assert server.refused == []
