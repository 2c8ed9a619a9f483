"""The entry of every client, as `mcp add --server local` writes it, starts a server that works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from tests.support.homes import parsed
from tests.support.mcp_process import Program
from tests.support.posthog_tools import said
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
FLAGS = ("--read-only", "--features", "dashboards,docs", "--project", "3")


def entry(home: Path, client: str, url: str) -> dict[str, Any]:
    """The entry that `mcp add` put into the client's file, wherever that is."""
    command: list[str] = [
        str(PROGRAM),
        "mcp",
        "add",
        client,
        "--force",
        "--server",
        "local",
        "--host",
        url,
        *FLAGS,
        "--json",
    ]
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "POSTHOG_PERSONAL_API_KEY": "phx_test"}
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    path = json.loads(done.stdout)["clients"][0]["path"]
    (servers,) = parsed(client, Path(path).read_text()).values()
    found: dict[str, Any] = servers["posthog"]
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_it_starts_and_keeps_its_limits(client: str, tmp_path: Path) -> None:
    with instance() as server:
        found = entry(tmp_path, client, server.url)
        command = (found["command"], *found["args"])
        with Program(home=tmp_path, key=None, command=command, environment=found["env"]) as program:
            program.initialize()
            names = [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]]
            assert names == ["dashboard-get", "dashboards-get-all", "docs-search"]
            assert said(program.call(2, "dashboards-get-all"))["project"] == 3
