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
    patience: str = ""  # fields of an entry by which it waits longer than its few seconds, on a busy machine


CLIENTS = {
    "claude-code": Real(CLAUDE, ("mcp", "get", "posthog"), ".claude"),
    "gemini-cli": Real(GEMINI, ("mcp", "list"), ".gemini/history", '"timeout": 60000,'),
}


def connects(client: str, home: Path, **environment: str) -> bool:
    """Whether the client itself says so."""
    real, file = CLIENTS[client], home / FILES[client]
    file.write_text(file.read_text().replace('"posthog": {', f'"posthog": {{{real.patience}', 1))
    done = subprocess.run(
        [npm_program(*real.program), *real.shows],
        cwd=home,
        env={
            "HOME": str(home),
            "PATH": PATH,
            "DISABLE_AUTOUPDATER": "1",
            "GEMINI_CLI_NO_RELAUNCH": "true",  # it starts itself twice, for more memory than it needs here
            "NO_COLOR": "1",
            "MCP_TIMEOUT": "60000",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    assert said.strip(), done
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
    "another command": (spoiled(crashing), False, None),  # somebody else's: never started to find out
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
    ("value", "works", "status"), [(KEY, True, "ok"), (OTHER_KEY, False, "fail"), (None, False, "fail")]
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


# ------------------------------------------------------------------ what people do to an entry afterwards

Text = Callable[[str], str]
BOTH, NEITHER = {"claude-code", "gemini-cli"}, set[str]()


def entry(**fields: Any) -> Text:
    """The entry with other fields; None takes one out."""

    def changed(text: str) -> str:
        document = json.loads(text)
        value = {**document["mcpServers"]["posthog"], **fields}
        document["mcpServers"]["posthog"] = {name: item for name, item in value.items() if item is not None}
        return json.dumps(document)

    return changed


def header(text: str, name: str = "Authorization", **more: str) -> Text:
    """The entry with these headers."""
    return entry(headers={name: text, **more})


def words(*more: str) -> Text:
    """The program's entry with words at its end."""

    def changed(text: str) -> str:
        return entry(args=[*json.loads(text)["mcpServers"]["posthog"]["args"], *more])(text)

    return changed


# the set-up, what is done to the file, the clients that still get data
STATES: dict[str, tuple[Setup, Text, set[str]]] = {
    "hosted: as added": (hosted, lambda text: text, BOTH),
    "hosted: another layout": (hosted, lambda text: json.dumps(json.loads(text), indent=8), BOTH),
    "hosted: a small letter in the header": (hosted, header(f"Bearer {KEY}", "authorization"), BOTH),
    "hosted: one more header": (hosted, header(f"Bearer {KEY}", **{"X-Team": "a"}), BOTH),
    "hosted: a time limit": (hosted, entry(timeout=30000), BOTH),
    "hosted: another key": (hosted, header(f"Bearer {OTHER_KEY}"), NEITHER),
    "hosted: a placeholder": (hosted, header("Bearer {INSERT_YOUR_PERSONAL_API_KEY_HERE}"), NEITHER),
    "hosted: no Bearer": (hosted, header(KEY), NEITHER),
    "hosted: no header": (hosted, entry(headers=None), NEITHER),
    "hosted: another header": (hosted, header(KEY, "X-Api-Key"), NEITHER),
    "hosted: nobody listens there": (hosted, entry(url="http://127.0.0.1:9/mcp"), NEITHER),
    "hosted: Windsurf's word": (hosted, lambda text: text.replace('"url"', '"serverUrl"'), NEITHER),
    "hosted: no type": (hosted, entry(type=None), {"gemini-cli"}),
    "hosted: other letters": (hosted, lambda text: text.replace("mcpServers", "mcpservers"), NEITHER),
    "hosted: a comment": (hosted, lambda text: f"// mine\n{text}", {"gemini-cli"}),
    "hosted: a byte-order mark": (hosted, lambda text: f"\ufeff{text}", {"claude-code"}),
    "hosted: a comma too much": (hosted, lambda text: text.rstrip()[:-1].rstrip() + ",}", NEITHER),
    "hosted: half a file": (hosted, lambda text: text[: len(text) // 2], NEITHER),
    "program: as added": (started, lambda text: text, BOTH),
    "program: read-only": (started, words("--read-only"), BOTH),
    "program: the largest answer": (started, words("--max-tokens", "9000"), BOTH),
    "program: a flag that is unknown": (started, words("--nope"), NEITHER),
    "program: a feature that is unknown": (started, words("--features", "flag"), NEITHER),
    "program: a program that is gone": (started, entry(command="/gone/posthog-wizard"), NEITHER),
    "program: a folder": (started, entry(command="/tmp"), NEITHER),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", STATES)
def test_doctor_s_verdict_is_the_client_s(name: str, client: str, home: Path) -> None:
    setup, change, working = STATES[name]
    with setup(client, home):
        file = home / FILES[client]
        file.write_text(change(file.read_text()))
        examined = run(["mcp", "doctor", client, "--json"], home)
        assert connects(client, home) == (client in working)
    failed = [check["id"] for check in examined.document["checks"] if check["status"] == "fail"]
    assert (bool(failed), examined.code) == (client not in working, int(client not in working)), failed
