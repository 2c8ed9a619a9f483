"""The entry of every client, as `mcp add --server local` writes it, starts a server that works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import EntryFields, read_entry
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.detect import at_path
from tests.support.mcp_process import Program
from tests.support.posthog_tools import said
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
FLAGS = ("--read-only", "--features", "dashboards,docs", "--project", "3")


def entry(home: Path, client: str, url: str) -> EntryFields:
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
    path = Path(json.loads(done.stdout)["clients"][0]["path"])
    found = at_path(CLIENTS[client], path, "user")
    document = FORMATS[found.place.format].parse(path.read_bytes(), found.place.dialect)
    return read_entry(found.place.schema, document.get(found.place.keys_of("posthog")))


@pytest.mark.parametrize("client", CLIENTS)
def test_it_starts_and_keeps_its_limits(client: str, tmp_path: Path) -> None:
    with instance() as server:
        found = entry(tmp_path, client, server.url)
        environment = {name: str(value) for name, value in found.environment.items()}
        with Program(home=tmp_path, key=None, command=found.words, environment=environment) as program:
            program.initialize()
            names = [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]]
            assert names == ["dashboard-get", "dashboards-get-all", "docs-search"]
            assert said(program.call(2, "dashboards-get-all"))["project"] == 3
