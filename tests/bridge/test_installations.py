"""The bridge before PostHog's proxy of an installed server: no stream, no session, 1 MB, refusals of its own shape."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from posthog_wizard.model import Json, Secret
from tests.support.bridged import HELLO, READY, bridged, call, request, settings
from tests.support.installed import HELLO as SERVER
from tests.support.installed import LINEAR, NOTION, PATH, UPSTREAM_KEY, WAREHOUSE, Installed, installed
from tests.support.machines import KEY
from tests.support.mcp_server import mcp_server
from tests.support.program import OTHER_KEY


def asked(server: Installed, identifier: str, message: Json, key: str = KEY) -> Json:
    """What the bridge answers to a message."""

    async def talk() -> Json:
        async with bridged(settings(f"{server.url}{PATH}{identifier}/proxy/", key=Secret(key))) as client:
            await asyncio.to_thread(client.say, message)
            (answer,) = await client.hear()
            return answer

    return asyncio.run(talk())


def test_a_session_without_a_session(tmp_path: Path) -> None:
    async def talk(url: str) -> list[Json]:
        async with bridged(settings(url, key=Secret(KEY))) as client:
            answers = await client.ask(HELLO)
            client.say(READY)
            return [*answers, *await client.ask(request(1, "tools/list")), *await client.ask(call(2, "say-hello"))]

    with mcp_server(UPSTREAM_KEY) as upstream, installed(tmp_path, upstream.url) as server:
        answers = asyncio.run(talk(f"{server.url}{PATH}{SERVER}/proxy/"))
    assert ["result" in answer for answer in answers] == [True] * 3
    assert answers[2]["result"]["content"] == [{"type": "text", "text": "hello"}]
    assert {message.headers["authorization"] for message in upstream.messages} == {f"Bearer {UPSTREAM_KEY}"}


@pytest.mark.parametrize(
    ("identifier", "message", "told"),
    [
        (NOTION, HELLO, f"Installation needs re-authentication. Sign in: `posthog-wizard mcp installations authorize {NOTION}`."),
        (WAREHOUSE, HELLO, f"Server is disabled. Switch it on: `posthog-wizard mcp installations update {WAREHOUSE} --enable`."),
        (LINEAR, call(1, "x"), "Upstream MCP server unreachable"),
        ("nope", HELLO, "has no MCP server at"),
        (LINEAR, call(1, "x", text="x" * 1_100_000), "Request body too large"),
    ],
)  # fmt: skip
def test_what_the_proxy_refuses(identifier: str, message: Json, told: str, tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        answer = asked(server, identifier, message)
    assert told in answer["error"]["message"]
    assert "rejected the key" not in answer["error"]["message"]


def test_a_key_that_posthog_refuses_is_told_as_ever(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        wrong = asked(server, LINEAR, HELLO, "phx_unknown0unknown0")
        narrow = asked(server, LINEAR, HELLO, OTHER_KEY)
    assert "rejected the key" in wrong["error"]["message"]
    assert "project:read" in narrow["error"]["message"]
