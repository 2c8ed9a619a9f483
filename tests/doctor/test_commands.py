"""The command that a finding advises writes the entry that it is about, and can be pasted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posthog_wizard.doctor.commands import add_command, host_flag
from posthog_wizard.doctor.context import read_entries
from tests.support.founds import found

HOSTED = {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer phx_x"}}
KEY = {"env": {"POSTHOG_AUTH_HEADER": "Bearer phx_x"}}
INSTALLED = "https://ph.example.com/api/projects/7/mcp_server_installations/0190-a/proxy/"


def program(*arguments: str, **more: Any) -> dict[str, Any]:
    """An entry that starts our server."""
    return {"command": "/opt/bin/posthog-wizard", "args": ["mcp", "serve", *arguments], **more}


@pytest.mark.parametrize(
    ("name", "value", "more", "expected"),
    [
        ("posthog", HOSTED, (), ""),
        ("posthog", HOSTED, ("--secret", "prompt"), "--secret prompt"),
        ("posthog eu", HOSTED, (), '--name "posthog eu"'),
        ("posthog", program("--host", "https://ph.example.com", **KEY), (), "--host https://ph.example.com"),
        ("posthog", program("--host", "https://ph.example.com"), (), "--host https://ph.example.com --secret store"),
        (
            "posthog",
            program("--host", "http://10.0.0.7", "--allow-http", **KEY),
            (),
            "--host http://10.0.0.7 --allow-http",
        ),
        (
            "posthog",
            program("--host", "https://eu.posthog.com", **KEY),
            (),
            "--host https://eu.posthog.com --server local",
        ),
        ("posthog", program("--sandbox"), (), "--sandbox"),
        ("linear", {"url": INSTALLED, "headers": HOSTED["headers"]}, (), "--name linear --installation 0190-a"),
    ],
)
def test_an_entry_is_written_again(name: str, value: dict[str, Any], more: tuple[str, ...], expected: str) -> None:
    (entry,) = read_entries(found("cursor", json.dumps({"mcpServers": {name: value}})))
    assert (
        add_command(entry._replace(doubt=None), *more).strip("`") == f"posthog-wizard mcp add cursor {expected}".strip()
    )


def test_a_stranger_s_address_is_not_recommended() -> None:
    (entry,) = read_entries(
        found("cursor", json.dumps({"mcpServers": {"x": program("--host", "http://evil.example")}}))
    )
    assert add_command(entry) == "`posthog-wizard mcp add cursor --name x --secret store`"


@pytest.mark.parametrize(
    ("base", "flag"),
    [("https://us.posthog.com", ""), ("https://ph.example.com", " --host https://ph.example.com")],
)
def test_a_posthog_that_is_not_the_cloud_is_named(base: str, flag: str) -> None:
    assert host_flag(base) == flag
