"""Which clients a command line means, whatever people call them."""

from __future__ import annotations

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.print_only import PRINT_ONLY
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Client
from posthog_wizard.operations.targets import client_named, clients_named


@pytest.mark.parametrize("client", [*CLIENTS.values(), *PRINT_ONLY.values()], ids=lambda client: client.id)
def test_a_client_is_known_by_its_title_and_its_programs(client: Client) -> None:
    called = (client.title, client.title.upper(), f"{client.id} cli", client.id.replace("-", ""), *client.binaries)
    assert {client_named(name, to_print=True).id for name in called} == {client.id}


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("claude app", "claude-desktop"),
        ("Claude CLI", "claude-code"),
        ("continue.dev", "continue"),
        ("Visual Studio Code - Insiders", "vscode-insiders"),
        ("CLion", "jetbrains"),
        ("Zed Editor", "zed"),
        ("goose desktop", "goose"),
        ("windsurf-next", "windsurf"),
    ],
)
def test_a_client_is_known_by_what_people_call_it(name: str, client: str) -> None:
    assert client_named(name, to_print=True).id == client


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("roo", "`roo-code` is not supported"),
        ("iFlow CLI", "`iflow` is not supported"),
        ("letta", "`letta-code` is not supported"),
        ("openai", "known clients: `amp`"),
        ("cursr", "did you mean `cursor`?"),
    ],
)
def test_what_is_no_client_says_what_is_known_of_it(name: str, said: str) -> None:
    with pytest.raises(WrongUsage) as problem:
        client_named(name)
    assert said in f"{problem.value} {problem.value.hint}"


def test_a_client_that_is_named_twice_is_one() -> None:
    assert [client.id for client in clients_named(["cursor", "Cursor", "zed", "cursor-agent"])] == ["cursor", "zed"]
