"""Where a key in an entry goes: whatever any reading of its words could find has to be a PostHog that is meant."""

from __future__ import annotations

import pytest

from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.plan.reach import goes_to
from tests.support.golden import HOSTED, SELF_HOSTED

CLOUD = "https://us.posthog.com"
PROXY = f"{CLOUD}/api/environments/1/mcp_server_installations/7/proxy/"
EVIL = "https://evil.example"
OURS = "/x/posthog-wizard"


@pytest.mark.parametrize(
    ("command", "words", "hosts"),
    [
        (OURS, "mcp bridge", CLOUD),
        (OURS, f"mcp bridge --url {HOSTED}", CLOUD),
        (OURS, f"mcp bridge --url={HOSTED} --profile work", CLOUD),
        (OURS, f"mcp bridge --url {PROXY}", CLOUD),
        (OURS, "mcp serve", SELF_HOSTED),
        (OURS, "mcp serve --sandbox", SELF_HOSTED),
        (OURS, f"mcp serve --host {SELF_HOSTED}", SELF_HOSTED),
        ("npx", f"mcp-remote {HOSTED}", CLOUD),
        ("npx", f"mcp-remote {PROXY}", CLOUD),
    ],
)
def test_it_goes_there(command: str, words: str, hosts: str) -> None:
    assert goes_to(EntryFields(command=command, arguments=words.split()), [hosts])


@pytest.mark.parametrize(
    ("command", "words", "hosts"),
    [
        (OURS, "mcp bridge", SELF_HOSTED),
        (OURS, f"mcp bridge --url {EVIL}", CLOUD),
        (OURS, f"mcp bridge --url {EVIL} --url {HOSTED}", CLOUD),
        (OURS, f"mcp bridge --url {HOSTED} --url={EVIL}", CLOUD),
        (OURS, f"mcp bridge --nonsense --url {EVIL}", CLOUD),
        (OURS, f"mcp bridge --profile {PROXY} --url {EVIL}", CLOUD),
        (OURS, f"mcp bridge --url {PROXY} --url {EVIL}", CLOUD),
        (OURS, f"mcp serve --host {EVIL} --profile bridge", CLOUD),
        (OURS, f"mcp serve --host {SELF_HOSTED} --host={EVIL}", SELF_HOSTED),
        (OURS, "mcp serve --region us", SELF_HOSTED),
        (OURS, f"mcp serve --profile {PROXY} --host {EVIL}", CLOUD),
        ("npx", f"mcp-remote {HOSTED} {EVIL}", CLOUD),
        ("npx", f"mcp-remote {EVIL}/?next={CLOUD} {PROXY}", CLOUD),
    ],
)
def test_it_may_go_elsewhere(command: str, words: str, hosts: str) -> None:
    assert not goes_to(EntryFields(command=command, arguments=words.split()), [hosts])
