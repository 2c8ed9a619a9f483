"""The SDK's own client over stdio, the bridge, and the SDK's own server: both eras, streams and plain JSON."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp_types import ElicitResult

from tests.support.sdk_server import ROOT, sdk_server

MODES = [("auto", "2026-07-28"), ("legacy", "2025-11-25")]


@pytest.fixture(scope="module")
def streaming() -> Iterator[str]:
    """A server that answers with streams."""
    with sdk_server() as url:
        yield url


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    """A server that answers with JSON."""
    with sdk_server("json") as url:
        yield url


def talk(url: str, mode: Any, home: Path, words: Callable[[Client], Awaitable[object]], **callbacks: Any) -> object:
    """What comes of a conversation through the bridge."""
    command = ["-m", "posthog_wizard", "mcp", "bridge", "--url", url]
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(home), "POSTHOG_AUTH_HEADER": "Bearer phx_test"}
    started = StdioServerParameters(command=sys.executable, args=command, env=environment)

    async def conversation() -> object:
        async with asyncio.timeout(30), Client(started, mode=mode, **callbacks) as client:
            return await words(client)

    return asyncio.run(conversation())


async def said(client: Client, tool: str, **arguments: Any) -> str:
    """The text of a tool's answer."""
    result = await client.call_tool(tool, arguments)
    return str(getattr(result.content[0], "text", result))


@pytest.mark.parametrize("server", ["streaming", "plain"])
@pytest.mark.parametrize(("mode", "version"), MODES)
def test_listing_and_calling(
    mode: str, version: str, server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async def words(client: Client) -> object:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        sums = await asyncio.gather(*(said(client, "add", a=number, b=1) for number in range(20)))
        return client.protocol_version, tools[:2], sums, await said(client, "where", region="eu ☃")

    expected = (version, ["add", "where"], [str(number + 1) for number in range(20)], "eu ☃")
    assert talk(request.getfixturevalue(server), mode, tmp_path, words) == expected


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_progress(mode: str, streaming: str, tmp_path: Path) -> None:
    async def words(client: Client) -> object:
        told: list[float] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            told.append(progress)

        await client.call_tool("steps", {}, progress_callback=hear)
        return told

    assert talk(streaming, mode, tmp_path, words) == [0, 1, 2]


def test_a_question_to_the_user(streaming: str, tmp_path: Path) -> None:
    async def answer(*_: object) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "Max"})

    async def words(client: Client) -> object:
        return await asyncio.gather(said(client, "ask"), said(client, "ask"))

    given = talk(streaming, "legacy", tmp_path, words, elicitation_callback=answer)
    assert given == ["accept Max", "accept Max"]


def test_a_stream_that_the_server_cuts_is_taken_up(streaming: str, tmp_path: Path) -> None:
    async def words(client: Client) -> object:
        return await said(client, "broken")

    assert talk(streaming, "legacy", tmp_path, words) == "taken up"


def test_a_header_that_the_client_never_listed(streaming: str, tmp_path: Path) -> None:
    async def words(client: Client) -> object:
        return await said(client, "where", region="eu")

    assert talk(streaming, "2026-07-28", tmp_path, words) == "eu"


def test_a_subscription(streaming: str, tmp_path: Path) -> None:
    async def words(client: Client) -> object:
        async with client.listen(tools_list_changed=True) as subscription:
            await said(client, "change")
            return type(await anext(aiter(subscription))).__name__

    assert talk(streaming, "auto", tmp_path, words) == "ToolsListChanged"
