"""What lands in the files, and how it is read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import keep_user_fields, read_back, render_entry
from posthog_wizard.model import EnvironmentReference, Json, OutcomeKind, Prompted, Remote, Secret, Server, Stdio
from tests.support import golden
from tests.support.machines import KEY, LAUNCHER

URL = "https://mcp.posthog.com/mcp"
FILES = {name: content for client in CLIENTS.values() for name, content in golden.entries(client).items()}


@pytest.mark.parametrize("name", FILES)
def test_the_golden_files_are_what_is_written_today(name: str) -> None:
    assert (golden.FOLDER / name).read_text(encoding="utf-8") == golden.text(FILES[name])


def test_there_is_no_other_golden_file() -> None:
    written = {str(path.relative_to(golden.FOLDER)) for path in golden.FOLDER.rglob("*.json")}
    assert written == set(FILES)


@pytest.mark.parametrize("outcome", ["added", "updated", "removed", "restored"])
@pytest.mark.parametrize("client", CLIENTS)
def test_every_success_has_a_next_step(client: str, outcome: OutcomeKind) -> None:
    told = CLIENTS[client].next_step(outcome, "mine")
    assert told
    assert "NAME" not in told
    assert "{" not in told


# The contract's table, written out once more by hand: client, place, the hosted server with the key inline.
CONTRACT: tuple[tuple[str, int, tuple[str, ...], Json], ...] = (
    ("claude-code", 0, ("mcpServers",), {"type": "http", "url": URL, "headers": {"Authorization": f"Bearer {KEY}"}}),
    ("cursor", 0, ("mcpServers",), {"url": URL, "headers": {"Authorization": f"Bearer {KEY}"}}),
    ("vscode", 0, ("servers",), {"type": "http", "url": URL, "headers": {"Authorization": f"Bearer {KEY}"}}),
    ("zed", 0, ("context_servers",), {"enabled": True, "url": URL, "headers": {"Authorization": f"Bearer {KEY}"}}),
    ("windsurf", 0, ("mcpServers",), {"serverUrl": URL, "headers": {"Authorization": f"Bearer {KEY}"}}),
    ("windsurf", 3, ("mcpServers",), {"url": URL, "transport": "http", "headers": {"Authorization": f"Bearer {KEY}"}}),
    (
        "claude-desktop",
        0,
        ("mcpServers",),
        {
            "command": LAUNCHER[0],
            "args": ["mcp", "bridge", "--url", URL],
            "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
        },
    ),
)


@pytest.mark.parametrize(("client", "place", "container", "entry"), CONTRACT)
def test_the_contract(client: str, place: int, container: tuple[str, ...], entry: Json) -> None:
    row = CLIENTS[client].places[place]
    written = golden.entry(CLIENTS[client], row, golden.WISHES["hosted-inline"])
    assert json.dumps(written) == json.dumps({container[0]: {"posthog": entry}})  # order counts


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ("claude-code", Remote(URL, Secret(KEY))),
        ("claude-code", Remote(URL, EnvironmentReference("MY_KEY"))),
        ("claude-code", Remote(URL, None)),
        ("claude-code", Stdio("/bin/x", ("mcp", "serve"), EnvironmentReference("A"))),
        ("cursor", Remote(URL, EnvironmentReference("MY_KEY"))),
        ("cursor", Stdio("/bin/x", (), None)),
        ("vscode", Remote(URL, Prompted("posthog-api-key"))),
        ("vscode", Remote(URL, EnvironmentReference("MY_KEY"))),
        ("windsurf", Remote(URL, Secret(KEY))),
        ("zed", Stdio("/bin/x", ("a", "b"), Secret(KEY))),
    ],
)
def test_an_entry_is_read_back_as_what_it_was_made_from(client: str, server: Server) -> None:
    schema = CLIENTS[client].places[0].schema
    assert read_back(schema, render_entry(schema, server)) == server


@pytest.mark.parametrize("entry", [None, 3, [], "x", {}, {"command": 1}, {"command": "x", "args": "y"}, {"url": None}])
def test_what_is_no_server_is_read_back_as_none(entry: Json) -> None:
    assert read_back(CLIENTS["cursor"].places[0].schema, entry) is None


@pytest.mark.parametrize(
    ("client", "previous", "carried"),
    [
        ("cursor", {"command": "npx", "args": ["x"], "env": {"A": "b"}}, {}),  # never merged into a hybrid
        ("cursor", {"disabled": True, "alwaysAllow": ["a"], "url": "old"}, {"disabled": True, "alwaysAllow": ["a"]}),
        ("zed", {"enabled": False, "timeout": 60, "source": "custom"}, {"enabled": False, "timeout": 60}),
        ("claude-code", {"timeout": 5000, "headersHelper": "x"}, {"timeout": 5000}),
        ("windsurf", {"disabledTools": ["x"], "serverUrl": "old"}, {"disabledTools": ["x"]}),
        ("vscode", "not an object", {}),
    ],
)
def test_only_what_belongs_to_the_user_is_carried_over(client: str, previous: Json, carried: Json) -> None:
    schema = CLIENTS[client].places[0].schema
    entry = render_entry(schema, Remote(URL, None))
    assert keep_user_fields(schema, entry, previous) == {**entry, **carried}


def test_golden_main_writes_nothing_new() -> None:
    before = {path: path.read_bytes() for path in golden.FOLDER.rglob("*.json")}
    golden.main()
    assert {path: Path(path).read_bytes() for path in golden.FOLDER.rglob("*.json")} == before
