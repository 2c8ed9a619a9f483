"""Redirects within the origin: followed by every verb, and remembered for as long as the session lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import pytest

from posthog_wizard.model import Json
from tests.support.bridged import bridged, call, eventually, modern, request, settings
from tests.support.scripted import HELLO as WELCOME
from tests.support.scripted import (
    Asked,
    Reply,
    Script,
    Step,
    accepted,
    page,
    redirect,
    refuse,
    result,
    scripted,
    stream,
)

CHANGED: Json = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def moved(step: Step, asked: Asked, *, to: str = "/mcp/", status: int = 307) -> Reply:
    """The step where the server has moved to, a redirect elsewhere."""
    return step(asked) if asked.target == to else redirect(to, status)(asked)


def moved_server(steps: Mapping[str, Step], status: int = 307) -> Script:
    """A server that has moved."""
    usual = {
        "initialize": result(WELCOME, mcp_session_id="session-1"),
        "notifications/initialized": accepted,
        "GET": stream(CHANGED, ending="hang"),
        "DELETE": refuse(200),
    }
    return {kind: [partial(moved, step, status=status)] for kind, step in {**usual, **steps}.items()}


@pytest.mark.parametrize("status", [307, 308])
def test_the_place_is_remembered_and_all_verbs_go_there(status: int) -> None:
    async def scenario() -> None:
        async with scripted(moved_server({"tools/call": result()}, status)) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                assert await client.hear() == [CHANGED]
                await client.ask(call(1))
                await client.ask(call(2))
            assert [(asked.kind, asked.target) for asked in server.asked if asked.target != "/mcp/"] == [
                ("initialize", "/mcp")
            ]
            assert {"GET", "DELETE", "notifications/initialized"} <= set(server.kinds())

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_servers_own_stream_may_be_elsewhere(status: int) -> None:
    async def scenario() -> None:
        steps: Script = {"GET": [partial(moved, stream(CHANGED, ending="hang"), to="/events", status=status)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.hear() == [CHANGED]

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [302, 307])
def test_where_browsers_are_sent_is_no_place_for_messages(status: int) -> None:
    async def scenario() -> None:
        async with scripted({"GET": [redirect("/docs", status), page("Docs")]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                await eventually(lambda: len(server.of("GET")) > 1)
                await client.ask(call(1))
            assert {asked.target for asked in server.asked if asked.kind != "GET"} == {"/mcp"}

    asyncio.run(scenario())


@pytest.mark.parametrize("where", ["http://127.0.0.1:1/mcp/", "https://evil.example/"])
def test_no_verb_follows_to_another_origin(where: str) -> None:
    async def scenario() -> None:
        async with scripted({"GET": [redirect(where)]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert (await client.ask(request(1, "ping")))[0]["result"] == {}
            await eventually(lambda: len(server.of("GET")) == 1)

    asyncio.run(scenario())


def test_a_new_session_begins_at_the_address_of_the_entry() -> None:
    async def scenario() -> None:
        steps: Script = {
            "initialize": [redirect("/old"), result(WELCOME, mcp_session_id="1"), result(WELCOME, mcp_session_id="2")],
            "ping": [refuse(404), result()],
        }
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert (await client.ask(request(1, "ping")))[0]["result"] == {}
            assert [asked.target for asked in server.of("initialize")] == ["/mcp", "/old", "/mcp"]
            assert [asked.target for asked in server.of("ping")] == ["/old", "/mcp"]

    asyncio.run(scenario())


def test_without_sessions_a_place_that_is_no_more_is_forgotten() -> None:
    async def scenario() -> None:
        steps: Script = {"tools/list": [redirect("/old"), result(), refuse(404), result()]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.ask(modern(0, "tools/list"))
            await client.ask(modern(1, "tools/list"))
            await client.ask(modern(2, "tools/list"))
            assert [asked.target for asked in server.of("tools/list")] == ["/mcp", "/old", "/old", "/mcp"]

    asyncio.run(scenario())
