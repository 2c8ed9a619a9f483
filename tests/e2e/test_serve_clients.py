"""Programs that are not ours start `mcp serve` from the entry that `mcp add --server local` wrote, and work with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthog_wizard.tools import TOOLS
from tests.support.npm import npm_program
from tests.support.posthog import PostHog
from tests.support.posthog_tools import said
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
KEY = "phx_test"
PATH = "/usr/local/bin:/usr/bin:/bin"
INSPECTOR = ("@modelcontextprotocol/inspector", "2.12.0", "mcp-inspector")
CLAUDE = ("@anthropic-ai/claude-code", "2.1.330", "claude")
OPENCODE = ("opencode-ai", "1.18.33", "opencode")


def run(home: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a throw-away home."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=home,
        env={"HOME": str(home), "PATH": PATH, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def add(home: Path, client: str, server: PostHog, *flags: str) -> None:
    """Put our own server into a client."""
    command: tuple[str | Path, ...] = (
        PROGRAM,
        "mcp",
        "add",
        client,
        "--force",
        "--server",
        "local",
        "--host",
        server.url,
        *flags,
    )
    done = run(home, *command, POSTHOG_PERSONAL_API_KEY=KEY)
    assert done.returncode == 0, done.stderr


def inspect(home: Path, *arguments: str) -> dict[str, object]:
    """What the MCP Inspector's command line prints for the server in Cursor's file."""
    file = home / ".cursor" / "mcp.json"
    command: tuple[str | Path, ...] = (
        npm_program(*INSPECTOR),
        "--cli",
        "--config",
        file,
        "--server",
        "posthog",
        *arguments,
    )
    done = run(home, *command, MCP_INSPECTOR_SECRET_STORE="memory")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_inspector_lists_and_calls_tools(tmp_path: Path) -> None:
    with instance() as server:
        add(tmp_path, "cursor", server)
        listed = json.dumps(inspect(tmp_path, "--method", "tools/list"))
        arguments = ("--method", "tools/call", "--tool-name", "dashboards-get-all", "--tool-arg", "limit=1")
        called = json.dumps(inspect(tmp_path, *arguments))
        prompts = json.dumps(inspect(tmp_path, "--method", "prompts/list"))
        resources = json.dumps(inspect(tmp_path, "--method", "resources/list"))
        offered = [tool.name for tool in TOOLS if tool.feature != "api"]  # whose four are asked for by name
        assert [name for name in offered if f'"{name}"' not in listed] == []
        assert said(json.loads(called)["content"][0]["text"])["next_offset"] == 1
        assert '"posthog-setup"' in prompts
        assert "posthog://wizard/context" in resources
        assert "GET /api/projects/2/dashboards/" in server.lines


def test_claude_code_connects(tmp_path: Path) -> None:
    with instance() as server:
        add(tmp_path, "claude-code", server, "--read-only")
        shown = run(tmp_path, npm_program(*CLAUDE), "mcp", "get", "posthog", DISABLE_AUTOUPDATER="1")
        assert "Connected" in shown.stdout, shown.stdout + shown.stderr
        assert "--read-only" in shown.stdout
        assert "GET /api/personal_api_keys/@current" in server.lines


def test_opencode_connects(tmp_path: Path) -> None:
    """Its file is not one that we write; the command is the same."""
    with instance() as server:
        command = [str(PROGRAM), "mcp", "serve", "--host", server.url]
        entry = {"type": "local", "command": command, "environment": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}}
        config = {"$schema": "https://opencode.ai/config.json", "autoupdate": False, "mcp": {"posthog": entry}}
        (tmp_path / "opencode.json").write_text(json.dumps(config))
        shown = run(tmp_path, npm_program(*OPENCODE), "mcp", "list", OPENCODE_DISABLE_AUTOUPDATE="1")
        assert "connected" in shown.stdout + shown.stderr, shown.stdout + shown.stderr
        assert "GET /api/personal_api_keys/@current" in server.lines  # it listed the tools
