"""`mcp doctor` as a whole process, in PostHog Cloud on loopback: by the code and the settings that a user has."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import stdio_fakes
from tests.support.homes import FILES, home
from tests.support.machines import KEY
from tests.support.mcp_process import wait_for
from tests.support.posthog import SandboxKey
from tests.support.program import command, run, surroundings
from tests.support.world import world

HOSTED = {"type": "http", "url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": f"Bearer {KEY}"}}


def machine(root: Path, entry: Any) -> Path:
    """A home in which Claude Code has that entry."""
    place = home(root, claude_code=json.dumps({"mcpServers": {"posthog": entry}}))
    (place / FILES["claude-code"]).chmod(0o600)
    return place


CASES: dict[str, tuple[dict[str, Any], int, dict[str, str]]] = {
    "healthy": ({}, 0, {}),
    "a key of nobody": (
        {"key": "phx_another", "us": (SandboxKey("phx_another"),)},
        1,
        {"client.claude-code.connection": "fail", "key.valid": "fail"},
    ),
    "the proxy refuses": (
        {"reachable": ()},
        1,
        {"client.claude-code.connection": "fail", "network.proxy": "fail"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_whole(name: str, tmp_path: Path) -> None:
    around, code, findings = CASES[name]
    place = machine(tmp_path, HOSTED)
    with world(tmp_path, **around) as cloud:
        known: dict[str, Any] = dict(cloud.environment)
        result = run(["mcp", "doctor", "claude-code", "--json"], place, **known)
    bad = {check["id"]: check["status"] for check in result.document["checks"] if check["status"] == "fail"}
    assert (result.code, bad) == (code, findings)


def test_nothing_is_left_when_it_is_interrupted(tmp_path: Path) -> None:
    program = stdio_fakes.install(tmp_path / "bin", "stubborn")
    arguments = ["mcp", "serve", "--host", "http://127.0.0.1:9"]
    place = machine(tmp_path, {"type": "stdio", "command": program, "args": arguments})
    doctor = subprocess.Popen(
        command(["mcp", "doctor", "claude-code"]),
        cwd=place,
        env=surroundings(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: stdio_fakes.started(tmp_path / "bin") == 3)
    doctor.send_signal(signal.SIGINT)
    doctor.communicate(timeout=20)
    assert (doctor.returncode, stdio_fakes.survivors(tmp_path / "bin")) == (130, [])
