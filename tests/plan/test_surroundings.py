"""What an entry's program needs of this shell, and its client would not hand over, stands in the entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.api.hosts import SANDBOX_BASE
from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import read_back, render_entry
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.model import Key, Secret, Stdio, Stored
from posthog_wizard.plan.servers import server_for, surroundings, withheld_password
from posthog_wizard.settings import resolve_settings
from tests.support.golden import wish
from tests.support.machines import KEY, machine

CA = ("--ca-file", "/ca.pem")
ADDRESS = "https://posthog.example.com"
SHELL = {"SSL_CERT_FILE": "/ca.pem", "XDG_CONFIG_HOME": "/x"}


def started(client: str, key: Key, root: Path, kind: str = "local") -> Stdio:
    """What the client starts, as it stands in its file."""
    row, here = CLIENTS[client], machine(root, environment=SHELL)._replace(config_directory=Path("/x/posthog-wizard"))
    desired = wish(kind, key)._replace(surroundings=surroundings(here, key, ADDRESS), flags=())
    server = server_for(row, row.places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert read_back(row.places[0].schema, render_entry(row.places[0].schema, server)) == server
    return server


@pytest.mark.parametrize(
    ("client", "key", "authority", "folder"),
    [
        ("claude-code", Stored(), (), ()),
        ("gemini-cli", Secret(KEY), CA, ()),
        ("gemini-cli", Stored(), CA, ()),
        ("codex", Stored(), (), (("XDG_CONFIG_HOME", "/x"),)),
        ("codex", Secret(KEY), (), ()),
        ("openclaw", Stored(), CA, (("XDG_CONFIG_HOME", "/x"),)),
        ("hermes", Stored(), CA, ()),
        ("claude-desktop", Stored(), CA, (("XDG_CONFIG_HOME", "/x"),)),
        ("cursor", Stored(), CA, (("XDG_CONFIG_HOME", "/x"),)),
    ],
)
def test_what_the_client_keeps_back_is_in_the_entry(
    client: str, key: Key, authority: tuple[str, ...], folder: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    server = started(client, key, tmp_path)
    assert (CA[0] in server.arguments, server.environment) == (bool(authority), folder)
    assert not authority or server.arguments[server.arguments.index(CA[0]) + 1] == authority[1]


@pytest.mark.parametrize(
    ("client", "key", "address", "environment", "handed_on"),
    [
        ("codex", Stored(), "unix:path=/tmp/dbus-abc,guid=1", (), ("DBUS_SESSION_BUS_ADDRESS",)),
        ("codex", Stored(), "unix:abstract=/tmp/dbus-abc", (), ("DBUS_SESSION_BUS_ADDRESS",)),
        ("codex", Stored(), "unix:path=/run/user/1000/bus", (), ()),  # is found without being named
        ("codex", Secret(KEY), "unix:path=/tmp/dbus-abc", (), ()),
        ("claude-code", Stored(), "unix:path=/tmp/dbus-abc", (), ()),  # hands everything over
        ("cursor", Stored(), "unix:path=/tmp/dbus-abc", (("DBUS_SESSION_BUS_ADDRESS", "${env:DBUS_SESSION_BUS_ADDRESS}"),), ()),
        ("claude-desktop", Stored(), "unix:path=/tmp/dbus-abc", (), ()),  # has no way to name a variable
    ],
)  # fmt: skip
def test_a_session_s_bus_is_named_the_client_s_way(
    client: str,
    key: Key,
    address: str,
    environment: tuple[tuple[str, str], ...],
    handed_on: tuple[str, ...],
    tmp_path: Path,
) -> None:
    row, here = CLIENTS[client], machine(tmp_path, environment={"DBUS_SESSION_BUS_ADDRESS": address})
    desired = wish("local", key)._replace(surroundings=surroundings(here, key, ADDRESS))
    server = server_for(row, row.places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert (server.environment, server.handed_on) == (environment, handed_on)
    assert read_back(row.places[0].schema, render_entry(row.places[0].schema, server)) == server


def test_so_it_is_with_the_sign_in_that_clients_share(tmp_path: Path) -> None:
    row, here = CLIENTS["claude-desktop"], machine(tmp_path, environment=SHELL)
    needed = surroundings(here._replace(config_directory=Path("/x/posthog-wizard")), Stored("work"), ADDRESS)
    desired = wish("hosted", None)._replace(surroundings=needed, shared=Stored("work"), flags=())
    server = server_for(row, row.places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert server.environment == (("XDG_CONFIG_HOME", "/x"),)
    assert "--profile work" in " ".join(server.arguments)


def test_an_authority_that_was_named_stays(tmp_path: Path) -> None:
    here = machine(tmp_path, environment=SHELL)
    desired = wish("local", Secret(KEY))._replace(surroundings=surroundings(here, None, ADDRESS))
    server = server_for(CLIENTS["gemini-cli"], CLIENTS["gemini-cli"].places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert server.arguments.count("--ca-file") == 1
    assert "/ca.pem" not in server.arguments


def test_a_sandbox_needs_no_authority(tmp_path: Path) -> None:
    """`mcp serve` refuses `--ca-file` beside `--sandbox`."""
    here = machine(tmp_path, environment=SHELL)
    desired = wish("local", None)._replace(
        address=SANDBOX_BASE, surroundings=surroundings(here, None, SANDBOX_BASE), flags=()
    )
    server = server_for(CLIENTS["cursor"], CLIENTS["cursor"].places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert "--sandbox" in server.arguments
    assert "--ca-file" not in server.arguments


def test_the_usual_folder_is_not_said(tmp_path: Path) -> None:
    here = machine(tmp_path, environment={"XDG_CONFIG_HOME": str(tmp_path / "home/.config")})
    usual = here._replace(config_directory=here.home / ".config/posthog-wizard")
    assert surroundings(usual, Stored(), ADDRESS) == ()


PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("client", "shell", "environment"),
    [
        ("codex", {"HTTPS_PROXY": PROXY}, (("HTTPS_PROXY", PROXY),)),
        ("openclaw", {"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, (("https_proxy", PROXY),)),
        ("hermes", {"ALL_PROXY": PROXY}, (("ALL_PROXY", PROXY),)),
        ("mistral-vibe", {"HTTPS_PROXY": PROXY, "NO_PROXY": "b.example"}, (("HTTPS_PROXY", PROXY),)),
        ("cursor", {"HTTPS_PROXY": PROXY}, (("HTTPS_PROXY", PROXY),)),
        ("codex", {"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com"}, ()),
        ("codex", {"HTTP_PROXY": PROXY}, ()),
        ("codex", {"HTTPS_PROXY": PROXY, "https_proxy": ""}, ()),
        ("codex", {"HTTPS_PROXY": "http://me:pw@proxy.example.com"}, ()),
        ("claude-code", {"HTTPS_PROXY": PROXY}, ()),
        ("gemini-cli", {"HTTPS_PROXY": PROXY}, ()),
    ],
)
def test_the_proxy_that_leads_to_posthog_is_in_the_entry_of_who_keeps_it_back(
    client: str, shell: dict[str, str], environment: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    row, here = CLIENTS[client], machine(tmp_path, environment=shell)
    desired = wish("local", Secret(KEY))._replace(surroundings=surroundings(here, None, ADDRESS), flags=())
    server = server_for(row, row.places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert server.environment == environment
    assert read_back(row.places[0].schema, render_entry(row.places[0].schema, server)) == server


@pytest.mark.parametrize(
    ("client", "kind", "told"),
    [("codex", "local", "HTTPS_PROXY"), ("codex", "hosted", None), ("claude-code", "local", None)],
)
def test_a_proxy_with_a_password_is_told(client: str, kind: str, told: str | None, tmp_path: Path) -> None:
    here = machine(tmp_path, environment={"HTTPS_PROXY": "http://me:pw@proxy.example.com"})
    desired = wish(kind, Secret(KEY))._replace(surroundings=surroundings(here, None, ADDRESS), flags=())
    assert withheld_password(CLIENTS[client], CLIENTS[client].places[0].schema, desired) == told


UNSET = "is not set where the client was started"
SET_IT = "set {} to a personal key there, then start the client again"
ASK = "set that variable to a personal key there, or run `posthog-wizard mcp doctor`, which names it"


@pytest.mark.parametrize(
    ("header", "told", "hint"),
    [
        (
            "Bearer ${POSTHOG_PERSONAL_API_KEY}",
            f"the variable POSTHOG_PERSONAL_API_KEY {UNSET}",
            SET_IT.format("POSTHOG_PERSONAL_API_KEY"),
        ),
        ("Bearer $MY_KEY", f"the variable MY_KEY {UNSET}", SET_IT.format("MY_KEY")),
        ("Bearer ${env:MY_KEY}", f"the variable MY_KEY {UNSET}", SET_IT.format("MY_KEY")),
        ("Bearer ${MY_KEY:-}", f"the variable MY_KEY {UNSET}", SET_IT.format("MY_KEY")),
        ("Bearer {env:MY_KEY}", f"the variable MY_KEY {UNSET}", SET_IT.format("MY_KEY")),
        ("Bearer ${{ secrets.MY_KEY }}", f"the variable MY_KEY {UNSET}", SET_IT.format("MY_KEY")),
        ("Bearer ", f"the variable that the entry names {UNSET}", ASK),
        ("Bearer", f"the variable that the entry names {UNSET}", ASK),
    ],
)
def test_a_reference_in_place_of_a_key_is_a_variable_that_is_not_set(
    header: str, told: str, hint: str, tmp_path: Path
) -> None:
    given = {"POSTHOG_AUTH_HEADER": header}
    found = key_from_environment(given, started_by_a_client=True)
    assert (found.key, found.notes, found.hint) == (None, (told,), hint)
    defect = resolve_settings(machine(tmp_path, environment=given), started_by_a_client=True).defect
    assert defect is not None
    assert (defect.message, defect.hint) == (told, hint)


@pytest.mark.parametrize("key", [None, Secret(KEY)])
def test_a_reference_to_a_variable_that_is_set_was_not_read_by_the_client(key: Secret | None) -> None:
    name = "POSTHOG_PERSONAL_API_KEY" if key else "MY_KEY"
    handed = {"POSTHOG_AUTH_HEADER": f"Bearer ${{{name}}}", name: KEY}
    found = key_from_environment(handed, started_by_a_client=True)
    told = f"the client handed over the name of the variable {name}, not what is in it"
    instead = "put the key itself into this server's entry, or run `posthog-wizard mcp add` again"
    assert (found.key, found.notes, found.hint) == (key, (told,), instead)


@pytest.mark.parametrize("header", [f"Bearer {KEY}", KEY, f"Bearer  {KEY} "])
def test_a_key_is_a_key(header: str) -> None:
    assert key_from_environment({"POSTHOG_AUTH_HEADER": header}, started_by_a_client=True).key == Secret(KEY)
