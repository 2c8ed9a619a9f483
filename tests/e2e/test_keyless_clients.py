"""Real clients connect through entries without a secret, and with another key after `key rotate`, no file changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import ALL, FILES, entry, home
from tests.support.machines import KEY
from tests.support.mcp_process import INFO, Program
from tests.support.mcp_server import McpServer, mcp_server
from tests.support.npm import npm_program
from tests.support.posthog import SandboxKey
from tests.support.posthog_tools import said
from tests.support.program import OTHER_KEY
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
CLAUDE = ("@anthropic-ai/claude-code", "2.1.330", "claude")
GEMINI = ("@google/gemini-cli", "0.61.0", "gemini")
SHOWN = {"claude-code": (CLAUDE, ("mcp", "get", "posthog")), "gemini-cli": (GEMINI, ("mcp", "list"))}
STORE = ("--secret", "store", "--store", "file", "--api-key-stdin", "--no-verify")
KEYS = ".config/posthog-wizard/keys.json"
SYSTEM = "/usr/local/bin:/usr/bin:/bin"


def run(
    place: Path, *words: str | Path, stdin: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program in a throw-away home, with ours on the PATH."""
    environment = {
        "HOME": str(place),
        "PATH": f"{PROGRAM.parent}:{SYSTEM}",
        "TMPDIR": str(place / ".tmp"),  # or a program below the system's would be a temporary one
        "DISABLE_AUTOUPDATER": "1",
        "GEMINI_CLI_NO_RELAUNCH": "true",  # it starts itself twice, for more memory than it needs here
        "NO_COLOR": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    command = [str(word) for word in words]
    return subprocess.run(
        command, cwd=folder or place, env=environment, input=stdin, capture_output=True, text=True, timeout=180, check=False
    )  # fmt: skip


def wizard(place: Path, *words: str, stdin: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run our program there; it must succeed."""
    done = run(place, PROGRAM, *words, stdin=stdin, folder=folder)
    assert done.returncode == 0, done.stderr
    return done


def rotate(place: Path) -> None:
    """Put OTHER_KEY into the store."""
    wizard(place, "key", "rotate", "--api-key-stdin", "--no-verify", "-y", stdin=OTHER_KEY)


def connects(place: Path, client: str, folder: Path | None = None) -> bool:
    """Whether the client itself says that it is connected."""
    program, words = SHOWN[client]
    shown = run(place, npm_program(*program), *words, folder=folder)
    said = shown.stdout + shown.stderr
    assert "posthog" in said, said
    return "Connected" in said.replace("Disconnected", "")


def holders(place: Path, key: str) -> set[str]:
    """Every file below the home that holds the key."""
    files = (path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(place)) for path in files if key.encode() in path.read_bytes()}


def digests(place: Path) -> dict[str, str]:
    """The clients' files, by what they hold."""
    return {name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in FILES.values()}


def keys_in(requests: list[Any]) -> set[str]:
    """The keys that came with messages."""
    return {message.headers["authorization"] for message in requests}


def started(place: Path, client: str) -> Program:
    """The entry's program, as a client starts it: with nothing but what the entry says and where home is."""
    found = entry(place, client)
    assert "env" not in found
    return Program(home=place, key=None, command=(found["command"], *found["args"]))


def traces(process: int) -> bytes:
    """Command lines and environments of a process and of all that it started."""
    path = Path(f"/proc/{process}")
    children = [int(word) for task in path.glob("task/*/children") for word in task.read_text().split()]
    own = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
    return b"".join((own, *map(traces, children)))


@pytest.fixture
def server() -> Iterator[McpServer]:
    """A loopback server that demands the key."""
    with mcp_server(KEY) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home with every client."""
    place = home(tmp_path, *ALL)
    (place / ".tmp").mkdir()
    (place / ".gemini/trustedFolders.json").write_text(json.dumps({str(place): "TRUST_FOLDER"}))
    return place


def put_keys(place: Path, *url: str, times: int) -> None:
    """Entries with the key in them, or none."""
    for _ in range(times):
        wizard(place, "mcp", "add", "--api-key-stdin", "--no-verify", *url, stdin=KEY)


@pytest.mark.parametrize("inline_before", [False, True])
@pytest.mark.parametrize("client", SHOWN)
def test_a_client_connects_and_after_a_rotation_connects_again(
    client: str, inline_before: bool, place: Path, server: McpServer
) -> None:
    url = ("--mcp-url", server.url)
    put_keys(place, *url, times=inline_before)
    wizard(place, "mcp", "add", *STORE, *url, stdin=KEY)
    assert holders(place, KEY) == {KEYS}
    assert connects(place, client)
    assert (keys_in(server.messages), server.refused) == ({f"Bearer {KEY}"}, [])
    before, server.key = digests(place), OTHER_KEY
    server.messages.clear()
    assert not connects(place, client)
    rotate(place)
    assert connects(place, client)
    assert keys_in(server.messages) == {f"Bearer {OTHER_KEY}"}
    assert {name: digest for name, digest in digests(place).items() if name != ".claude.json"} == {
        name: digest for name, digest in before.items() if name != ".claude.json"  # which Claude Code itself rewrites
    }  # fmt: skip
    assert entry(place, client)["args"] == ["mcp", "bridge", "--url", server.url]
    assert (holders(place, KEY), holders(place, OTHER_KEY)) == (set(), {KEYS})


def test_claude_code_connects_from_a_project_s_file_by_the_program_s_name(place: Path, server: McpServer) -> None:
    project = place / "project"
    (project / ".git").mkdir(parents=True)
    wizard(
        place, "mcp", "add", "claude-code", "--scope", "project", *STORE, "--mcp-url", server.url, stdin=KEY, folder=project
    )  # fmt: skip
    (place / ".claude/settings.json").write_text('{"enableAllProjectMcpServers": true}')
    assert json.loads((project / ".mcp.json").read_bytes())["mcpServers"]["posthog"]["command"] == "posthog-wizard"
    assert connects(place, "claude-code", project)
    assert keys_in(server.saw("tools/list")) == {f"Bearer {KEY}"}
    assert holders(place, KEY) == {KEYS}


@pytest.mark.parametrize("client", ALL)
def test_a_bridge_shows_no_key_and_follows_a_rotation_while_it_runs(
    client: str, place: Path, server: McpServer
) -> None:
    wizard(place, "mcp", "add", client, *STORE, "--mcp-url", server.url, stdin=KEY)
    before = (place / FILES[client]).read_bytes()
    with started(place, client) as program:
        program.initialize()
        assert [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]] == ["say-hello"]
        seen = traces(program.process.pid)
        assert (b"mcp\x00bridge" in seen, KEY.encode() in seen) == (True, False)
        server.key = OTHER_KEY
        rotate(place)
        assert program.request(2, "tools/call", name="say-hello", arguments={})["result"]["content"]
    assert keys_in(server.saw("tools/call")) == {f"Bearer {OTHER_KEY}"}
    assert (place / FILES[client]).read_bytes() == before
    assert (holders(place, KEY), holders(place, OTHER_KEY)) == (set(), {KEYS})


@pytest.mark.parametrize("client", ALL)
def test_a_server_of_ours_shows_no_key_and_follows_a_rotation_while_it_runs(client: str, place: Path) -> None:
    with instance(SandboxKey(KEY), SandboxKey(OTHER_KEY)) as posthog:
        wizard(place, "mcp", "add", client, *STORE, "--host", posthog.url, "--project", "3", stdin=KEY)
        with started(place, client) as program:
            program.initialize()
            assert said(program.call(1, "dashboards-get-all"))["project"] == 3
            seen = traces(program.process.pid)
            assert (b"mcp\x00serve" in seen, KEY.encode() in seen) == (True, False)
            posthog.keys = (SandboxKey(OTHER_KEY),)
            rotate(place)
            assert said(program.call(2, "dashboards-get-all"))["project"] == 3
        assert (holders(place, KEY), holders(place, OTHER_KEY)) == (set(), {KEYS})


def test_what_a_program_says_when_its_key_is_gone(place: Path, server: McpServer) -> None:
    wizard(place, "mcp", "add", "cursor", *STORE, "--mcp-url", server.url, stdin=KEY)
    wizard(place, "key", "forget", "-y")
    with started(place, "cursor") as program:
        answer = program.request(1, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=INFO)
        assert "key set" in json.dumps(answer)
    assert holders(place, KEY) == set()
