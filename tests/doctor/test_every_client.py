"""Every client's row: doctor finds nothing wrong with what `mcp add` leaves, in every way that the client has to keep the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import VARIABLE
from posthog_wizard.model import Client, EnvironmentReference, Key, Secret, Stored
from tests.support.doctor_contexts import Body
from tests.support.machines import KEY

NAME = "MY_POSTHOG_KEY"
SELF_HOSTED: dict[str, Any] = {"kind": "local", "address": "https://posthog.example.com"}
WAYS: dict[str, tuple[Key, dict[str, Any]]] = {
    "inline": (Secret(KEY), {}),
    "signs in": (None, {}),
    "variable": (EnvironmentReference(NAME), {}),
    "store": (Stored(), {}),
    "own server": (Secret(KEY), SELF_HOSTED),
}


def can(client: Client, way: str) -> bool:
    """Whether its row says that it can have the key in that way."""
    schema = client.places[0].schema
    expands = schema.environment_reference is not None or VARIABLE in (schema.remote or {}).values()
    return {"variable": expands, "signs in": schema.remote is not None and schema.oauth}.get(way, True)


def body(root: Path, client: Client, way: str) -> Body:
    """A machine where only that client is, with our entry."""
    machine, (key, more) = Body(root), WAYS[way]
    machine.named = (client.id,)
    machine.install(client.id)
    assert (machine.add(client.id, key=key, **more) is not None) == can(client, way)
    return machine


@pytest.mark.parametrize(
    ("client", "way"), [pytest.param(c, w, id=f"{c.id} {w}") for c in CLIENTS.values() for w in WAYS if can(c, w)]
)
def test_what_add_leaves_is_in_order(client: Client, way: str, public: Path) -> None:
    machine = body(public, client, way)
    machine.environment[NAME] = KEY
    machine.lay(f"home/.profile=export {NAME}='{KEY}'\n")
    assert machine.findings() == {}


@pytest.mark.parametrize("client", [pytest.param(c, id=c.id) for c in CLIENTS.values() if can(c, "variable")])
def test_a_variable_that_is_not_set_is_the_only_finding(client: Client, public: Path) -> None:
    in_header = client.places[0].schema.environment_reference is not None
    blocked = {f"client.{client.id}.oauth": "warn"} if client.auth_header_blocks_oauth and in_header else {}
    assert body(public, client, "variable").findings() == {f"client.{client.id}.environment": "fail"} | blocked


@pytest.mark.parametrize(
    ("client", "way"), [pytest.param(c, w, id=f"{c.id} {w}") for c in CLIENTS.values() for w in WAYS if not can(c, w)]
)
def test_what_a_client_cannot_have_is_not_written(client: Client, way: str, public: Path) -> None:
    assert body(public, client, way).found(client.id).content is None
