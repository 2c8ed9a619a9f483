"""What `mcp list` says of a place: none, current, outdated, foreign, unreadable."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Unreadable
from posthog_wizard.model import Found, Json, KeyPath, Limits
from posthog_wizard.plan import PlanOptions
from posthog_wizard.plan.state import EntryState, state_of
from tests.support.founds import PLACES, SIX, add, found, text_of
from tests.support.golden import HOSTED, SELF_HOSTED, WISHES, entry
from tests.support.machines import KEY, LAUNCHER

BEARER = {"Authorization": f"Bearer {KEY}"}
SECRETS: dict[str, Any] = {
    "inline": "inline",
    "limits": "inline",
    "env": "env",
    "prompt": "prompt",
    "oauth": "none",
    "store": "store",
}
WRITTEN = [
    (client, place, name)
    for client, place in PLACES
    for name in WISHES
    if isinstance(entry(CLIENTS[client], CLIENTS[client].places[place], WISHES[name]), dict)
]


def state(client: str, text: str | bytes | None, place: int = 0, *, ours: tuple[str, ...] = ()) -> EntryState:
    """The state of `posthog`, its limits and host aside; `ours` are names that an earlier run wrote."""

    def written_by_us(_found: Found, keys: KeyPath, _raw: bytes) -> bool:
        return keys[-1] in ours

    seen = state_of(found(client, text, place), "posthog", LAUNCHER, written_by_us)
    return seen._replace(limits=Limits(), host=None)


@pytest.mark.parametrize(("client", "place", "name"), WRITTEN)
def test_what_add_writes_is_current(client: str, place: int, name: str) -> None:
    (step,) = add(client, None, WISHES[name], place=place).steps
    is_program = name.startswith("local") or name.endswith("store") or client == "claude-desktop"
    assert state(client, step.change.after, place) == EntryState(
        "current",
        "posthog",
        "stdio" if is_program else "http",
        SECRETS[name.partition("-")[2]],
    )


@pytest.mark.parametrize(
    "text", [None, "", "null", "{}", '{"BOX": {}}', '{"BOX": {"other": {"url": "https://x"}, "y": 1}}']
)
@pytest.mark.parametrize("client", [client for client, _ in SIX])
def test_none(client: str, text: str | None) -> None:
    assert state(client, text) == EntryState("none")


def outdated(client: str, name: str, value: Json) -> EntryState:
    """The state of a file that holds this one entry."""
    return state(client, text_of(client, {name: value}))


@pytest.mark.parametrize(
    ("client", "name", "value", "transport", "secret"),
    [
        # once documented
        ("cursor", "posthog", {"url": "https://mcp.posthog.com/sse", "headers": BEARER}, "http", "inline"),
        ("cursor", "posthog", {"command": "npx", "args": ["mcp-remote", HOSTED]}, "stdio", "none"),
        (
            "claude-desktop",
            "posthog",
            {"command": "npx", "args": ["mcp-remote", HOSTED], "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}},
            "stdio",
            "inline",
        ),
        # what a client needs, or add would write, is missing
        ("claude-code", "posthog", {"url": HOSTED, "headers": BEARER}, "http", "inline"),
        ("vscode", "posthog", {"url": HOSTED, "headers": BEARER}, "http", "inline"),
        ("zed", "posthog", {"url": HOSTED, "headers": BEARER}, "http", "inline"),
        ("claude-code", "posthog", {"type": "sse", "url": HOSTED, "headers": BEARER}, "http", "inline"),
        ("windsurf", "posthog", {"url": HOSTED, "headers": BEARER}, "http", "inline"),
        ("cursor", "posthog", {"url": HOSTED, "headers": {**BEARER, "X-Other": "1"}}, "http", "inline"),
        ("cursor", "posthog", {"url": HOSTED, "headers": {"Authorization": KEY}}, "http", "inline"),
        ("cursor", "posthog", {"url": HOSTED, "headers": {"Authorization": 3}}, "http", "none"),
        # another spelling of the address
        ("cursor", "posthog", {"url": f"{HOSTED}?features=flags"}, "http", "none"),
        ("cursor", "posthog", {"url": f"{HOSTED}?project_id=1&organization_id=2"}, "http", "none"),
        ("cursor", "posthog", {"url": f"{HOSTED}?readonly=1"}, "http", "none"),
        ("cursor", "posthog", {"url": "https://mcp.posthog.com:[/mcp"}, "http", "none"),
        # another name
        ("cursor", "PostHog", {"url": HOSTED, "headers": BEARER}, "http", "inline"),
        ("cursor", "posthog-mcp", {"url": HOSTED, "headers": BEARER}, "http", "inline"),
        # another launcher, or none
        (
            "cursor",
            "posthog",
            {"command": "/old/posthog-wizard", "args": ["mcp", "serve", "--host", SELF_HOSTED]},
            "stdio",
            "store",
        ),
        (
            "zed",
            "posthog",
            {"enabled": True, "command": "uvx", "args": ["posthog-wizard", "mcp", "serve"]},
            "stdio",
            "store",
        ),
        ("cursor", "posthog", {"command": "npx", "args": [HOSTED, 3]}, None, None),
        # a key where our programs look for one, too
        (
            "cursor",
            "posthog",
            {"command": LAUNCHER[0], "args": ["mcp", "bridge"], "env": {"POSTHOG_PERSONAL_API_KEY": KEY}},
            "stdio",
            "inline",
        ),
        (
            "cursor",
            "posthog",
            {"command": LAUNCHER[0], "args": ["mcp", "bridge"], "env": {"POSTHOG_API_KEY": "${env:KEY}"}},
            "stdio",
            "env",
        ),
        # an application's key, and none, are skipped
        (
            "cursor",
            "posthog",
            {"command": "/old/posthog-wizard", "args": ["mcp", "bridge"], "env": {"POSTHOG_API_KEY": "phc_abcdefgh"}},
            "stdio",
            "store",
        ),
        (
            "cursor",
            "posthog",
            {"command": "/old/posthog-wizard", "args": ["mcp", "bridge"], "env": {"POSTHOG_PERSONAL_API_KEY": ""}},
            "stdio",
            "store",
        ),
        (
            "cursor",
            "posthog",
            {"command": "/old/posthog-wizard", "args": ["mcp", "bridge"], "env": {"POSTHOG_API_KEY": " "}},
            "stdio",
            "store",
        ),
        # a key among the words, where nobody looks for it
        (
            "cursor",
            "posthog",
            {"command": LAUNCHER[0], "args": ["mcp", "bridge", "--url", f"{HOSTED}?key={KEY}"]},
            "stdio",
            "inline",
        ),
        (
            "cursor",
            "posthog",
            {"command": LAUNCHER[0], "args": ["mcp", "bridge", "--api-key", KEY]},
            "stdio",
            "inline",
        ),
        # no question for the key that the entry refers to
        (
            "vscode",
            "posthog",
            {"type": "http", "url": HOSTED, "headers": {"Authorization": "Bearer ${input:posthog-api-key}"}},
            "http",
            "prompt",
        ),
        # this client expands no variables
        (
            "zed",
            "posthog",
            {"enabled": True, "url": HOSTED, "headers": {"Authorization": "Bearer ${env:X}", "A": ""}},
            "http",
            "inline",
        ),
    ],
)
def test_outdated(client: str, name: str, value: Json, transport: Any, secret: Any) -> None:
    assert outdated(client, name, value) == EntryState("outdated", name, transport, secret)


@pytest.mark.parametrize(
    ("client", "value"),
    [
        ("cursor", {"url": f"{HOSTED}?organization_id=2&project_id=1&readonly=true", "headers": BEARER}),
        ("cursor", {"url": f"{HOSTED}?features=flags,sql&mode=tools", "headers": BEARER}),
        ("cursor", {"url": HOSTED, "headers": BEARER, "disabled": True, "autoApprove": ["a"]}),
        ("cursor", {"headers": BEARER, "url": HOSTED}),
        ("zed", {"enabled": False, "url": HOSTED, "headers": BEARER}),
        ("claude-code", {"type": "http", "url": HOSTED}),
    ],
)
def test_current_whatever_the_key_the_limits_and_the_users_own_fields(client: str, value: Json) -> None:
    assert outdated(client, "posthog", value).standing == "current"


@pytest.mark.parametrize("value", [None, 5, {}, {"url": "https://mcp.example.com"}, {"command": "node", "args": ["x"]}])
def test_foreign(value: Json) -> None:
    assert outdated("cursor", "posthog", value) == EntryState("foreign", "posthog")


def test_what_an_earlier_run_wrote_is_ours_under_any_name() -> None:
    development = {"url": "http://localhost:8787/mcp", "headers": BEARER}
    text = text_of("cursor", {"work": development})
    assert state("cursor", text_of("cursor", {"posthog": {"url": "http://localhost:8787/mcp"}}), ours=("posthog",)) == (
        EntryState("current", "posthog", "http", "none")
    )
    assert state("cursor", text, ours=("work",)).standing == "current"
    assert state("cursor", text).standing == "outdated"


def test_a_host_that_looks_like_posthog_s_is_right_where_the_user_named_it() -> None:
    args = ["mcp", "serve", "--host", "https://app.posthog-acme.com"]
    text = text_of("cursor", {"posthog": {"command": LAUNCHER[0], "args": args}})
    assert state("cursor", text, ours=("posthog",)).standing == "current"
    assert state("cursor", text).standing == "outdated"


def test_an_entry_that_says_whose_it_is_needs_no_journal() -> None:
    def unreadable(_found: Found, _keys: KeyPath, _raw: bytes) -> bool:
        raise Unreadable("the journal cannot be read")

    text = text_of("cursor", {"posthog": {"url": HOSTED}})
    assert state_of(found("cursor", text), "posthog", LAUNCHER, unreadable).standing == "current"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"a": 1,,}',
        '{"BOX": []}',
        '{"BOX": null}',
        '{"BOX": 3}',
        '{"BOX": "x"}',
        '{"BOX": {}, "BOX": {}}',
        '{"BOX": {"posthog": 1, "posthog": 2}}',
        "\xff",
    ],
)
@pytest.mark.parametrize(("client", "_place"), SIX)
def test_unreadable(client: str, _place: int, text: str) -> None:
    seen = state(client, text.encode("latin-1"))
    assert seen._replace(problem=None) == EntryState("unreadable")
    assert seen.problem is not None
    assert seen.problem.line == 1


@pytest.mark.parametrize(("client", "standing"), [("claude-code", "unreadable"), ("cursor", "none"), ("zed", "none")])
def test_comments_are_read_as_the_client_reads_them(client: str, standing: str) -> None:
    assert state(client, '// mine\n{"BOX": {},}').standing == standing


def test_a_file_that_cannot_be_opened_is_unreadable() -> None:
    problem = Unreadable("permission denied", path="/x")
    closed = found("cursor", None)._replace(problem=problem)
    assert state_of(closed, "posthog", LAUNCHER, PlanOptions().written_by_us) == EntryState(
        "unreadable", problem=problem
    )


def test_a_twin_is_looked_at_only_where_our_name_is_free() -> None:
    text = json.dumps({"mcpServers": {"PostHog": {"url": HOSTED}, "posthog": {"url": HOSTED, "headers": BEARER}}})
    assert state("cursor", text) == EntryState("current", "posthog", "http", "inline")
