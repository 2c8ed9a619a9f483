"""Codex itself, from npm, reads what we write into its TOML, and finds the user's own words untouched after `remove`.

It connects only with a model behind it, so its own list shows how it understands an entry, and what it refuses.
"""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from tests.clients.test_rows import added
from tests.documents.test_corpus import CORPUS
from tests.support.homes import FILES
from tests.support.machines import KEY
from tests.support.npm import npm_program
from tests.support.program import run

pytestmark = pytest.mark.e2e
VERSION = "0.171.0"
URL = "https://mcp.posthog.com/mcp"
MINE = '# mine\nmodel = "o5" # my favourite\n\n[mcp_servers.docs] # theirs\nurl = "https://docs.example/mcp"\n\n[tui]\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which Codex has its settings."""
    file = tmp_path / "home" / FILES["codex"]
    file.parent.mkdir(parents=True)
    file.write_text(MINE)
    file.chmod(0o600)
    return tmp_path / "home"


def servers(home: Path) -> dict[str, Any]:
    """The servers that Codex finds in its file, as it understands them."""
    done = subprocess.run(
        [npm_program("@openai/codex", VERSION, "codex"), "mcp", "list", "--json"],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {server["name"]: server for server in json.loads(done.stdout)}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("codex-*.toml")), ids=lambda path: path.name)
def test_it_reads_our_entry_in_files_of_every_layout(path: Path, home: Path) -> None:
    text = path.read_bytes()
    (home / FILES["codex"]).write_bytes(added(CLIENTS["codex"], CLIENTS["codex"].places[0], text))
    theirs = tomllib.loads(text.decode("utf-8-sig")).get("mcp_servers", {})
    found = servers(home)
    assert set(found) == {*theirs, "posthog"}
    assert found["posthog"]["transport"]["args"] == ["mcp", "bridge", "--url", URL]
    assert {name: one.get("command") or one.get("url") for name, one in theirs.items()} == {
        name: found[name]["transport"].get("command") or found[name]["transport"].get("url") for name in theirs
    }


@pytest.mark.parametrize(
    ("flags", "kind", "told"),
    [
        (("--api-key-stdin",), "streamable_http", {"url": URL, "http_headers": {"Authorization": f"Bearer {KEY}"}}),
        (("--secret", "env"), "streamable_http", {"url": URL, "bearer_token_env_var": "POSTHOG_PERSONAL_API_KEY"}),
        (("--oauth",), "streamable_http", {"url": URL, "bearer_token_env_var": None, "http_headers": None}),
        (
            ("--api-key-stdin", "--server", "local", "--host", "http://127.0.0.1:9"),
            "stdio",
            {"env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}},
        ),
    ],
)
def test_it_reads_our_entry_as_it_is_meant(flags: tuple[str, ...], kind: str, told: dict[str, Any], home: Path) -> None:
    file = home / FILES["codex"]
    key = KEY if "--api-key-stdin" in flags else ""
    assert run(["mcp", "add", "codex", *flags, "--no-verify", "--force"], home, stdin=key).code == 0
    found = servers(home)
    assert (set(found), found["posthog"]["enabled"]) == ({"docs", "posthog"}, True)
    transport = found["posthog"]["transport"]
    assert (transport["type"], {name: transport[name] for name in told}) == (kind, told)
    assert run(["mcp", "remove", "codex"], home).code == 0
    assert (set(servers(home)), file.read_text()) == ({"docs"}, MINE)
