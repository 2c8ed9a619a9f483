"""Claude Code and Gemini CLI themselves, from npm, agree with doctor: on what works, and on what does not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.homes import FILES
from tests.support.machines import KEY
from tests.support.mcp_server import mcp_server
from tests.support.npm import npm_program
from tests.support.program import OTHER_KEY, run
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
PATH = "/usr/local/bin:/usr/bin:/bin"
CLAUDE = ("@anthropic-ai/claude-code", "2.1.330", "claude")
GEMINI = ("@google/gemini-cli", "0.61.0", "gemini")


Setup = Callable[[str, Path], AbstractContextManager[None]]


class Real(NamedTuple):
    """A client as its own command line runs it: what shows its servers, and what stands there when they work."""

    program: tuple[str, str, str]
    shows: tuple[str, ...]
    folder: str  # below home, which proves that it is installed


CLIENTS = {
    "claude-code": Real(CLAUDE, ("mcp", "get", "posthog"), ".claude"),
    "gemini-cli": Real(GEMINI, ("mcp", "list"), ".gemini/history"),
}


def connects(client: str, home: Path, **environment: str) -> bool:
    """Whether the client itself says so."""
    real = CLIENTS[client]
    done = subprocess.run(
        [npm_program(*real.program), *real.shows],
        cwd=home,
        env={"HOME": str(home), "PATH": PATH, "DISABLE_AUTOUPDATER": "1", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "posthog" in said, said
    return "Connected" in said.replace("Disconnected", "")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which both clients are installed, and which Gemini CLI trusts."""
    home = tmp_path / "home"
    for real in CLIENTS.values():
        (home / real.folder).mkdir(parents=True)
    (home / ".gemini/trustedFolders.json").write_text(json.dumps({str(home): "TRUST_FOLDER"}))
    return home


@contextmanager
def hosted(client: str, home: Path, key: str = KEY) -> Iterator[None]:
    """The client reaches a server that demands `key`, with the key of our entry."""
    with mcp_server(key) as server:
        flags = ("--api-key-stdin", "--no-verify", "--mcp-url", server.url)
        assert run(["mcp", "add", client, *flags], home, stdin=KEY).code == 0
        yield


@contextmanager
def started(client: str, home: Path) -> Iterator[None]:
    """The client starts our own server before a PostHog."""
    with instance() as server:
        flags = ("--server", "local", "--host", server.url, "--api-key-stdin", "--force")
        assert run(["mcp", "add", client, *flags], home, stdin="phx_test").code == 0
        yield


@contextmanager
def wrong_key(client: str, home: Path) -> Iterator[None]:
    """The server wants another key."""
    with hosted(client, home, OTHER_KEY):
        yield


@contextmanager
def server_down(client: str, home: Path) -> Iterator[None]:
    """Nobody listens there any more."""
    with hosted(client, home):
        """Only to have the entry written."""
    yield


def spoiled(change: Callable[[Path], str]) -> Setup:
    """The client's entry starts the program that `change` makes."""

    @contextmanager
    def run_it(client: str, home: Path) -> Iterator[None]:
        with started(client, home):
            file = home / FILES[client]
            document = json.loads(file.read_text())
            document["mcpServers"]["posthog"]["command"] = change(home)
            file.write_text(json.dumps(document))
            yield

    return run_it


def gone(home: Path) -> str:
    """A program that was moved."""
    return str(home / "moved/posthog-wizard")


def crashing(home: Path) -> str:
    """A program that ends at once."""
    program = home / "posthog-wizard"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    return str(program)


# the set-up -> whether it works, what kind of trouble doctor names
SETUPS: dict[str, tuple[Setup, bool, str | None]] = {
    "hosted": (hosted, True, None),
    "started": (started, True, None),
    "wrong key": (wrong_key, False, "refused"),
    "server down": (server_down, False, "connect"),
    "moved command": (spoiled(gone), False, "not-found"),
    "crashing command": (spoiled(crashing), False, "crashed"),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", SETUPS)
def test_doctor_and_the_client_agree(name: str, client: str, home: Path) -> None:
    setup, works, kind = SETUPS[name]
    with setup(client, home):
        examined = run(["mcp", "doctor", client, "--json"], home)
        assert connects(client, home) == works
    checks = {check["id"]: check for check in examined.document["checks"]}
    connection = checks[f"client.{client}.connection"]
    assert (connection["status"], connection["data"].get("kind")) == ("ok" if works else "fail", kind)
    assert examined.code == (0 if works else 1)
    assert [check_id for check_id, check in checks.items() if works and check["status"] == "fail"] == []


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("value", "works", "status"), [(KEY, True, "ok"), (OTHER_KEY, False, "fail"), (None, False, "skip")]
)
def test_a_variable_is_understood_as_the_client_does(
    value: str | None, works: bool, status: str, client: str, home: Path
) -> None:
    known: dict[str, Any] = {"PH_KEY": value} if value else {}
    with mcp_server(KEY) as server:
        flags = ("--secret", "env", "--env-var", "PH_KEY", "--no-verify", "--mcp-url", server.url)
        assert run(["mcp", "add", client, *flags], home).code == 0
        examined = run(["mcp", "doctor", client, "--json"], home, **known)
        assert connects(client, home, **known) == works
    checks = {check["id"]: check for check in examined.document["checks"]}
    assert checks[f"client.{client}.connection"]["status"] == status
    assert (examined.code == 0) == works
