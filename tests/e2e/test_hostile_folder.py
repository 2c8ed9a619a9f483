"""Clients start servers in the open project: nothing that lies there may be imported or run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import read_entry, render_entry
from posthog_wizard.launcher import launchers
from posthog_wizard.model import DesiredServer, Secret
from posthog_wizard.plan.servers import server_for
from tests.support.machines import KEY
from tests.support.mcp_server import mcp_server

pytestmark = pytest.mark.e2e
TRAP = "open(__file__ + '.sprung', 'w').close()\nraise SystemExit('trapped')\n"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "trap", "version": "1"}},
}
SCRIPT = Path(sys.executable).with_name("posthog-wizard")
CONSOLE = launchers("linux", str(SCRIPT), sys.executable, Path("lib/posthog_wizard"))[0][0]
MODULE = (sys.executable, "-I", "-m", "posthog_wizard")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project that would like to be imported."""
    for name in ("typer", "posthog_wizard", "httpcore", "asyncio"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(TRAP)
    for name in ("httpx.py", "json.py", "sitecustomize.py", "usercustomize.py", "ssl.py"):
        (tmp_path / name).write_text(TRAP)
    return tmp_path


@pytest.mark.parametrize("words", [CONSOLE, MODULE], ids=["console program", "module"])
@pytest.mark.parametrize("client", CLIENTS)
def test_each_stdio_entry_starts_in_a_hostile_folder(hostile: Path, words: tuple[str, ...], client: str) -> None:
    style = CLIENTS[client].places[0].schema
    with mcp_server(KEY) as server:
        desired = DesiredServer("posthog", "hosted", server.url, Secret(KEY), words)
        entry = render_entry(
            style._replace(remote=None), server_for(CLIENTS[client], style._replace(remote=None), desired)
        )
        fields = read_entry(style, entry)
        done = subprocess.run(
            fields.words,
            cwd=hostile,
            env={"PATH": "/usr/bin:/bin", "HOME": str(hostile), **fields.environment},
            input=json.dumps(INITIALIZE) + "\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert json.loads(done.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "loopback", done.stderr
    assert [message.headers["authorization"] for message in server.saw("initialize")] == [f"Bearer {KEY}"]
    assert list(hostile.rglob("*.sprung")) == []


def test_the_trap_would_spring(hostile: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "posthog_wizard", "--version"], cwd=hostile, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert list(hostile.rglob("*.sprung")) != []
