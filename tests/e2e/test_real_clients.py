"""Clients themselves, from npm and PyPI, connect through the entries that we write, and doctor says of each what they do.

A client starts slowly, so one run of it has all states, an entry each: the server demands the key in the header, and the
path that the client asked with it is the proof.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import VARIABLE, command_field
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.detect import at_path
from posthog_wizard.model import Client
from tests.support.machines import KEY
from tests.support.mcp_server import McpServer, mcp_server
from tests.support.program import OTHER_KEY, run
from tests.support.real_clients import REAL, UNAVAILABLE, connect

pytestmark = pytest.mark.e2e
SHELL_KEY = "phx_Zqumpm08hsE8JNpjJOQGa2rb19FlY0mG1ylvuhfJXqI"  # what programs get from their client is written down, with this key alone
STORE = ("--secret", "store", "--store", "file", "--api-key-stdin")
LOCAL = ("--server", "local", "--host", "http://127.0.0.1:9", "--api-key-stdin")
GONE = "/gone/posthog-wizard"
NOBODY = "http://127.0.0.1:9/mcp"


class State(NamedTuple):
    """How an entry is added, and what doctor says of it: its status, and the kind of trouble."""

    flags: tuple[str, ...]
    status: str
    kind: str | None = None
    key: str = KEY
    url: str | None = None  # None: the server that demands the key


STATES = {  # the store first, or the same key in another entry would go there, too
    "store": State(STORE, "ok"),
    "gone": State(LOCAL, "fail", "not-found", key=SHELL_KEY),
    "inline": State(("--api-key-stdin",), "ok"),
    "variable": State(("--secret", "env", "--env-var", "PH_KEY"), "ok", key=""),
    "unset": State(("--secret", "env", "--env-var", "PH_NONE"), "fail", "no-key", key=""),
    "other-key": State(("--api-key-stdin",), "fail", "refused", key=OTHER_KEY),
    "nobody": State(("--api-key-stdin",), "fail", "connect", url=NOBODY),
    "off": State(("--api-key-stdin",), "skip"),
}
PATIENCE = {"cline": {"timeout": 60}}  # seconds, or it gives up on a program that starts slowly on a busy machine
ONE_BY_ONE = {name for name, client in REAL.items() if "{name}" in client.connects}  # it starts anew for each entry
FEW = ("store", "inline", "variable", "other-key")
ELSEWHERE = {"claude-code", "gemini-cli"}  # `test_doctor_clients.py`


def possible(client: Client) -> list[str]:
    """The states that the client can be in: some expand no variables, and some switch nothing off."""
    schema = client.places[0].schema
    expands = schema.environment_reference is not None or VARIABLE in (schema.remote or {}).values()
    can = {"variable": expands, "unset": expands, "off": bool(schema.switch)}
    return [name for name in STATES if can.get(name, True) and (name in FEW or client.id not in ONE_BY_ONE)]


def set_up(client: Client, home: Path, server: McpServer, shell: McpServer) -> None:
    """The client's file with an entry for each state, and a comment where it takes one."""
    for name in possible(client):
        state = STATES[name]
        base = (shell if name == "variable" else server).url.removesuffix("/mcp")
        where = () if state.flags is LOCAL else ("--mcp-url", state.url or f"{base}/{name}/mcp")
        words = ["mcp", "add", client.id, "--name", name, "--no-verify", "--force", *state.flags, *where]
        result = run([*words, "--json"], home, stdin=state.key)
        assert result.code == 0, result.err
        file = Path(result.rows[client.id]["path"])
        spoil(client, name, file)
    comment = {"json": "// mine\n"}.get(client.places[0].format, "# mine\n")
    file.write_text(f"{comment if client.places[0].dialect.comments else ' '}{file.read_text()}")


def spoil(client: Client, name: str, file: Path) -> None:
    """What somebody did to the entry afterwards."""
    place = at_path(client, file, "user").place
    document, keys = FORMATS[place.format].parse(file.read_bytes(), place.dialect), place.keys_of(name)
    field, command = command_field(place.schema, document.get(keys))
    moved = [GONE, *command[1:]] if isinstance(command, list) else GONE
    changes = {"gone": {field: moved}, "off": place.schema.switch}.get(name, {})
    file.write_bytes(document.put(keys, {**document.get(keys), **PATIENCE.get(client.id, {}), **changes}))


def reached(client: str, home: Path, servers: tuple[McpServer, ...], wanted: set[str]) -> tuple[set[str], str]:
    """The entries with which the client came through, and what it said. On a slow machine some need a second try."""
    asks, said = "tools/list" if REAL[client].lists_tools else "initialize", ""

    def names() -> set[str]:
        return {message.path.split("/")[1] for server in servers for message in server.saw(asks)}

    for _ in range(3):
        if not names() >= wanted:
            said += connect(client, home, *possible(CLIENTS[client]), ready=lambda: names() >= wanted, PH_KEY=SHELL_KEY)
    return names(), said


@pytest.mark.parametrize("client", REAL)
def test_doctor_s_verdict_is_the_client_s(client: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    expected = {name: (STATES[name].status, STATES[name].kind) for name in possible(CLIENTS[client])}
    works = {name for name, verdict in expected.items() if verdict == ("ok", None)}
    with mcp_server(KEY) as server, mcp_server(SHELL_KEY) as shell:
        set_up(CLIENTS[client], home, server, shell)
        names, said = reached(client, home, (server, shell), works)
        examined = run(["mcp", "doctor", client, "--json"], home, PH_KEY=SHELL_KEY)
    lines = [check for check in examined.document["checks"] if check["id"] == f"client.{client}.connection"]
    assert {one["data"]["entry"]: (one["status"], one["data"].get("kind")) for one in lines} == expected
    assert names == works, said
    assert len(expected) >= (len(FEW) if client in ONE_BY_ONE else 6)


def test_every_client_that_the_tests_run_has_its_proof() -> None:
    ran = {client.id for client in CLIENTS.values() if client.proofs.get("linux") == "run"}
    assert ran == {*REAL, *ELSEWHERE}
    assert not {*REAL} & {*UNAVAILABLE}
