"""Reading an entry is the inverse of writing it, from the client's row alone, in every format and mode."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import posthog_wizard
from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import read_back, read_entry, rekeyed, render_entry, without_header
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import NotSupported
from posthog_wizard.model import (
    EnvironmentReference,
    Found,
    Json,
    Key,
    Place,
    Prompted,
    Remote,
    Secret,
    Server,
    Stdio,
)
from posthog_wizard.plan import PlanOptions, plan_add
from posthog_wizard.plan.servers import server_for
from tests.support.golden import wish
from tests.support.machines import KEY

URL = "https://mcp.posthog.com/mcp?project_id=2"
KEYS: tuple[Key, ...] = (None, Secret(KEY), EnvironmentReference("MY_KEY"), Prompted("posthog-api-key"))
SERVERS = [
    server
    for key in KEYS
    for server in (Remote(URL, key), Stdio("/bin/x", ("mcp", "serve", "-y", "1"), key), Stdio("x", (), key))
]
PLACES = [(client.id, place) for client in CLIENTS.values() for place in client.places]


def spelled(place: Place, server: Server) -> Json:
    """The entry, None where the client cannot have it."""
    try:
        return render_entry(place.schema, server, "posthog")
    except NotSupported:
        return None


@pytest.mark.parametrize(("client", "place"), PLACES)
def test_what_was_rendered_is_read_back(client: str, place: Place) -> None:
    entries = {server: spelled(place, server) for server in SERVERS}
    had = {server: entry for server, entry in entries.items() if entry is not None}
    assert len(had) >= 4, client
    assert {server: read_back(place.schema, entry) for server, entry in had.items()} == {
        server: server for server in had
    }
    assert not any(
        placeholder in str(had) for placeholder in ("<url>", "<headers>", "<command", "<name>", "<variable>")
    )


@pytest.mark.parametrize(("client", "place"), PLACES)
def test_it_is_read_back_from_the_file_too(client: str, place: Place) -> None:
    parse, keys = FORMATS[place.format].parse, place.keys_of("posthog")
    had = [server for server in SERVERS if spelled(place, server) is not None]
    texts = [parse(None, place.dialect).put(keys, spelled(place, server)) for server in had]
    assert [read_back(place.schema, parse(text, place.dialect).get(keys)) for text in texts] == had, client


def rekeyings() -> Iterator[tuple[Place, Server, Key]]:
    """Every server whose key another takes the place of."""
    for (_, place), server, key in product(PLACES, SERVERS, KEYS[1:]):
        if server.key is not None and None not in (spelled(place, server), spelled(place, server._replace(key=key))):
            yield place, server, key


def test_another_key_makes_the_entry_that_is_rendered_with_it() -> None:
    changed = [
        (rekeyed(place.schema, spelled(place, server), key), spelled(place, server._replace(key=key)))
        for place, server, key in rekeyings()
    ]
    assert len(changed) > 50
    assert [one for one, other in changed] == [other for one, other in changed]


@pytest.mark.parametrize(("client", "place"), PLACES)
def test_without_its_header_it_is_the_entry_without_a_key(client: str, place: Place) -> None:
    entry, bare = spelled(place, Remote(URL, Secret(KEY))), spelled(place, Remote(URL, None))
    assert without_header(place.schema, entry or {}) == (bare or {}), client


@pytest.mark.parametrize(
    ("client", "entry", "server"),
    [
        ("opencode", {"type": "local", "command": ["npx", "-y", "x"]}, Stdio("npx", ("-y", "x"), None)),
        ("opencode", {"type": "local", "command": []}, None),
        ("opencode", {"type": "local", "command": "npx", "args": ["x"]}, Stdio("npx", ("x",), None)),
        ("cursor", {"command": ["npx", "-y", "x"]}, None),  # not as it reads them
        ("goose", {"type": "stdio", "cmd": "npx", "args": ["x"]}, Stdio("npx", ("x",), None)),
        ("goose", {"type": "sse", "uri": "https://x.example"}, Remote("https://x.example", None)),
        (
            "codex",
            {"url": "u", "http_headers": {"X": "y"}, "bearer_token_env_var": "A"},
            Remote("u", EnvironmentReference("A")),
        ),
        ("codex", {"url": "u", "headers": {"Authorization": "Bearer x"}}, Remote("u", None)),  # not as it reads them
        ("gemini-cli", {"httpUrl": "u"}, Remote("u", None)),
        ("windsurf", {"url": "other", "serverUrl": "u"}, Remote("u", None)),
        ("cursor", {"url": "u", "headers": {"authorization": "Bearer x"}}, Remote("u", Secret("x"))),
    ],
)
def test_what_people_write(client: str, entry: Json, server: Server | None) -> None:
    assert read_back(CLIENTS[client].places[0].schema, entry) == server


def test_what_it_does_not_read_is_named() -> None:
    entry = {"url": "u", "http_headers": {}, "env_vars": ["A"], "headers": {"X": "y"}}
    read = read_entry(CLIENTS["codex"].places[0].schema, entry)
    assert (read.handed_on, read.others) == (("A",), ("headers",))


@pytest.mark.parametrize(
    ("client", "place"),
    [(client, place) for client, place in PLACES if not (place.schema.oauth and place.schema.remote)],
)
def test_a_client_that_cannot_sign_in_gets_no_entry_without_a_key(client: str, place: Place) -> None:
    with pytest.raises(NotSupported, match="cannot sign in"):
        server_for(CLIENTS[client], place.schema, wish("hosted", None))


@pytest.mark.parametrize(
    ("client", "name", "said"),
    [
        ("codex", "a b", "it takes no server of the name `a b`"),
        ("gemini-cli", "a_b", "it takes no server of the name `a_b`"),
        ("claude-code", "a.b", "it takes no server of the name `a.b`"),
        ("claude-desktop", "posthog", "it cannot sign in to a server from its file"),
    ],
)
def test_what_a_row_forbids_is_refused_with_a_cause(client: str, name: str, said: str) -> None:
    row = CLIENTS[client]
    found = Found(row, row.places[0], Path("/x"), None, ("x",))
    plan = plan_add([found], wish("hosted", None)._replace(name=name), PlanOptions())
    assert [(outcome.outcome, outcome.reason) for outcome in plan.resolved] == [("skipped", said)]
    assert plan.steps == ()


FIELDS = {
    *("command", "cmd", "args", "env", "envs", "environment", "headers", "url", "uri", "serverUrl", "httpUrl"),
    *("http_headers", "bearer_token_env_var", "env_vars"),
}
# Rooms in which no entry of a client is known; these words are other things' fields there.
ELSEWHERE = {"analytics", "api", "bridge", "credentials", "net", "openapi", "sandbox", "server", "tools"}
ALLOWED = {
    "cli/app.py": {"environment"},  # in which this program is installed
    "cli/undo.py": {"command"},  # of a run
    "doctor/client_files/environment_checks.py": {"command"},  # in a finding's data
    "install/history.py": {"command"},  # of a run
    "install/journal.py": {"command"},
    "operations/bundle.py": {"command", "args", "env"},  # of a bundle's manifest
    "operations/placements.py": {"env"},  # of `--secret`
    "operations/undo.py": {"command"},
}


def looked_up(node: ast.AST) -> Iterator[ast.expr | None]:
    """What is taken from, asked of, or put into an object by its name."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) != "Literal":
        yield node.slice
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        yield node.left
    elif isinstance(node, ast.Dict):
        yield from node.keys
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "pop"}:
        yield from node.args[:1]


def field_names(path: Path) -> set[str]:
    """The fields of entries that a file names in its code."""
    found = (name for node in ast.walk(ast.parse(path.read_bytes())) for name in looked_up(node))
    return FIELDS & {name.value for name in found if isinstance(name, ast.Constant) and isinstance(name.value, str)}


def test_the_fields_of_entries_are_named_within_clients_alone() -> None:
    root = Path(posthog_wizard.__file__).parent
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*.py")}
    looked_at = {name: path for name, path in files.items() if name.split("/")[0] not in {"clients", *ELSEWHERE}}
    named = {name: field_names(path) - ALLOWED.get(name, set()) for name, path in looked_at.items()}
    assert {name: fields for name, fields in named.items() if fields} == {}
    assert field_names(root / "install/journal.py") == {"command"}
