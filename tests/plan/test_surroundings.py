"""What an entry's program needs of this shell, and its client would not hand over, stands in the entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.api.hosts import SANDBOX_BASE
from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import read_back, render_entry
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.model import Key, Secret, Stdio, Stored
from posthog_wizard.plan.servers import server_for, surroundings
from tests.support.golden import wish
from tests.support.machines import KEY, machine

CA = ("--ca-file", "/ca.pem")
SHELL = {"SSL_CERT_FILE": "/ca.pem", "XDG_CONFIG_HOME": "/x"}


def started(client: str, key: Key, root: Path, kind: str = "local") -> Stdio:
    """What the client starts, as it stands in its file."""
    row, here = CLIENTS[client], machine(root, environment=SHELL)._replace(config_directory=Path("/x/posthog-wizard"))
    desired = wish(kind, key)._replace(surroundings=surroundings(here, key), flags=())
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
    server = server_for(row, row.places[0].schema, wish("local", key)._replace(surroundings=surroundings(here, key)))
    assert isinstance(server, Stdio)
    assert (server.environment, server.handed_on) == (environment, handed_on)
    assert read_back(row.places[0].schema, render_entry(row.places[0].schema, server)) == server


def test_so_it_is_with_the_sign_in_that_clients_share(tmp_path: Path) -> None:
    row, here = CLIENTS["claude-desktop"], machine(tmp_path, environment=SHELL)
    needed = surroundings(here._replace(config_directory=Path("/x/posthog-wizard")), Stored("work"))
    desired = wish("hosted", None)._replace(surroundings=needed, shared=Stored("work"), flags=())
    server = server_for(row, row.places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert server.environment == (("XDG_CONFIG_HOME", "/x"),)
    assert "--profile work" in " ".join(server.arguments)


def test_an_authority_that_was_named_stays(tmp_path: Path) -> None:
    here = machine(tmp_path, environment=SHELL)
    desired = wish("local", Secret(KEY))._replace(surroundings=surroundings(here, None))
    server = server_for(CLIENTS["gemini-cli"], CLIENTS["gemini-cli"].places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert server.arguments.count("--ca-file") == 1
    assert "/ca.pem" not in server.arguments


def test_a_sandbox_needs_no_authority(tmp_path: Path) -> None:
    """`mcp serve` refuses `--ca-file` beside `--sandbox`."""
    here = machine(tmp_path, environment=SHELL)
    desired = wish("local", None)._replace(address=SANDBOX_BASE, surroundings=surroundings(here, None), flags=())
    server = server_for(CLIENTS["cursor"], CLIENTS["cursor"].places[0].schema, desired)
    assert isinstance(server, Stdio)
    assert "--sandbox" in server.arguments
    assert "--ca-file" not in server.arguments


def test_the_usual_folder_is_not_said(tmp_path: Path) -> None:
    here = machine(tmp_path, environment={"XDG_CONFIG_HOME": str(tmp_path / "home/.config")})
    usual = here._replace(config_directory=here.home / ".config/posthog-wizard")
    assert surroundings(usual, Stored()) == ()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "Bearer ${POSTHOG_PERSONAL_API_KEY}",
            "the variable POSTHOG_PERSONAL_API_KEY is not set where the client was started",
        ),
        ("Bearer $MY_KEY", "the variable MY_KEY is not set where the client was started"),
        ("Bearer ${env:MY_KEY}", "the variable MY_KEY is not set where the client was started"),
        ("Bearer ${MY_KEY:-}", "the variable MY_KEY is not set where the client was started"),
        ("Bearer {env:MY_KEY}", "the variable MY_KEY is not set where the client was started"),
        ("Bearer ${{ secrets.MY_KEY }}", "the variable MY_KEY is not set where the client was started"),
        ("Bearer ", "the variable that the entry names is not set where the client was started"),
        ("Bearer", "the variable that the entry names is not set where the client was started"),
    ],
)
def test_a_reference_in_place_of_a_key_is_a_variable_that_is_not_set(header: str, told: str) -> None:
    found = key_from_environment({"POSTHOG_AUTH_HEADER": header}, started_by_a_client=True)
    assert (found.key, found.notes) == (None, (told,))


@pytest.mark.parametrize("key", [None, Secret(KEY)])
def test_a_reference_to_a_variable_that_is_set_was_not_read_by_the_client(key: Secret | None) -> None:
    name = "POSTHOG_PERSONAL_API_KEY" if key else "MY_KEY"
    handed = {"POSTHOG_AUTH_HEADER": f"Bearer ${{{name}}}", name: KEY}
    found = key_from_environment(handed, started_by_a_client=True)
    told = f"the client handed over the name of the variable {name}, not what is in it"
    assert (found.key, found.notes) == (key, (told,))


@pytest.mark.parametrize("header", [f"Bearer {KEY}", KEY, f"Bearer  {KEY} "])
def test_a_key_is_a_key(header: str) -> None:
    assert key_from_environment({"POSTHOG_AUTH_HEADER": header}, started_by_a_client=True).key == Secret(KEY)
