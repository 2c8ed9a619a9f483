"""The revision of 2026-07-28: no sessions, headers that mirror the message, cancellation by hanging up."""

from __future__ import annotations

import asyncio

import pytest

from posthog_wizard.model import Json
from tests.support.bridged import bridged, eventually, modern, request, settings
from tests.support.scripted import Script, document, refuse, result, scripted, stream

REGION = {"type": "string", "x-mcp-header": "Region"}
TOOL: Json = {
    "name": "ask",
    "inputSchema": {"type": "object", "properties": {"region": REGION, "text": {"type": "string"}}},
}
BROKEN: Json = {
    "name": "bad",
    "inputSchema": {"properties": {"list": {"type": "array", "items": {"x-mcp-header": "No"}}}},
}
MISMATCH: Json = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32020, "message": "header missing"}}
META = ("mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id", "mcp-param-region")


@pytest.mark.parametrize(
    ("message", "headers"),
    [
        (modern(1, "server/discover"), {"mcp-protocol-version": "2026-07-28", "mcp-method": "server/discover"}),
        (modern(1, "tools/list"), {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}),
        (
            modern(1, "tools/call", name="ask", arguments={}),
            {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "ask"},
        ),
        (
            modern(1, "prompts/get", name="früh"),
            {"mcp-protocol-version": "2026-07-28", "mcp-method": "prompts/get", "mcp-name": "=?base64?ZnLDvGg=?="},
        ),
        (
            modern(1, "resources/read", uri="file:///a b"),
            {"mcp-protocol-version": "2026-07-28", "mcp-method": "resources/read", "mcp-name": "file:///a b"},
        ),
        (request(1, "tools/call", name="ask"), {}),
    ],
)
def test_a_message_that_names_its_revision_is_mirrored_in_headers(message: Json, headers: dict[str, str]) -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            await client.ask(message)
            assert {name: value for name, value in server.asked[0].headers.items() if name in META} == headers

    asyncio.run(scenario())


def test_a_session_is_not_mentioned_where_none_is_known() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.ask(modern(1, "tools/list"))
            assert "mcp-session-id" not in server.of("tools/list")[0].headers

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("arguments", "header"),
    [
        ({"region": "eu"}, "eu"),
        ({"region": " eu "}, "=?base64?IGV1IA==?="),
        ({"region": True}, "true"),
        ({"region": 42}, "42"),
        ({"region": None}, None),
        ({"text": "eu"}, None),
        ({"region": {"name": "eu"}}, None),
    ],
)
def test_arguments_that_a_tool_marks_are_mirrored(arguments: Json, header: str | None) -> None:
    async def scenario() -> None:
        async with scripted({"tools/list": [result({"tools": [TOOL]})]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.ask(modern(1, "tools/list"))
                await client.ask(modern(2, "tools/call", name="ask", arguments=arguments))
            assert server.of("tools/call")[0].headers.get("mcp-param-region") == header

    asyncio.run(scenario())


def test_tools_whose_marks_are_wrong_are_not_offered_and_the_others_are() -> None:
    async def scenario() -> None:
        steps = {"tools/list": [result({"tools": [BROKEN, TOOL], "nextCursor": "2"})]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            [heard] = await client.ask(modern(1, "tools/list"))
        assert heard["result"] == {"tools": [TOOL], "nextCursor": "2"}

    asyncio.run(scenario())


def test_marks_mean_nothing_before_that_revision() -> None:
    async def scenario() -> None:
        async with scripted({"tools/list": [result({"tools": [BROKEN, TOOL]})]}) as server:
            async with bridged(settings(server.url)) as client:
                [heard] = await client.ask(request(1, "tools/list"))
                await client.ask(request(2, "tools/call", name="ask", arguments={"region": "eu"}))
            assert heard["result"]["tools"] == [BROKEN, TOOL]
            assert "mcp-param-region" not in server.of("tools/call")[0].headers

    asyncio.run(scenario())


def test_headers_that_nobody_told_the_bridge_of_are_learnt_when_the_server_misses_them() -> None:
    async def scenario() -> None:
        pages = [result({"tools": [], "nextCursor": "next"}), result({"tools": [TOOL]})]
        steps: Script = {"tools/call": [document(MISMATCH, 400), result({"n": 1})], "tools/list": pages}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            assert await client.ask(modern(2, "tools/call", name="ask", arguments={"region": "eu"})) == [
                {"jsonrpc": "2.0", "id": 2, "result": {"n": 1}}
            ]
            assert [asked.headers.get("mcp-param-region") for asked in server.of("tools/call")] == [None, "eu"]
            listings = [asked.message["params"] for asked in server.of("tools/list")]
            assert [one.get("cursor") for one in listings] == [None, "next"]
            assert listings[0]["_meta"] == modern(1, "x")["params"]["_meta"]

    asyncio.run(scenario())


@pytest.mark.parametrize("listing", [result({"tools": []}), result({"tools": None}), result([])])
def test_a_server_that_still_misses_headers_has_the_last_word(listing: object) -> None:
    async def scenario() -> None:
        steps = {"tools/call": [document(MISMATCH, 400)], "tools/list": [listing]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:  # type: ignore[arg-type]
            [heard] = await client.ask(modern(2, "tools/call", name="ask", arguments={}))
            assert heard == MISMATCH
            assert len(server.of("tools/call")) == 2

    asyncio.run(scenario())


def test_a_listing_that_fails_is_an_error() -> None:
    async def scenario() -> None:
        steps: Script = {"tools/call": [document(MISMATCH, 400)], "tools/list": [refuse(401)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            [heard] = await client.ask(modern(2, "tools/call", name="ask", arguments={}))
            assert "rejected the key" in heard["error"]["message"]

    asyncio.run(scenario())


@pytest.mark.parametrize("step", [stream(ending="hang"), stream(0.05, ending="hang")])
def test_cancelling_hangs_up(step: object) -> None:
    async def scenario() -> None:
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        async with scripted({"tools/call": [step]}) as server, bridged(settings(server.url)) as client:  # type: ignore[list-item]
            client.say(modern(1, "tools/call", name="ask"))
            await eventually(lambda: bool(server.of("tools/call")))
            client.say(cancel, cancel, modern(2, "ping"))
            assert (await client.hear())[0]["id"] == 2
            await eventually(lambda: server.hung_up == 1)
            assert "notifications/cancelled" not in server.kinds()

    asyncio.run(scenario())


def test_a_subscription_stays_open_and_its_end_is_told() -> None:
    async def scenario() -> None:
        changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
        steps: Script = {"subscriptions/listen": [stream(changed, 0.1, changed, ending="cut")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            client.say(modern("s", "subscriptions/listen"))
            first, second, end = await client.hear(3)
        assert (first, second, end["id"]) == (changed, changed, "s")
        assert "may or may not" not in end["error"]["message"]
        assert len(server.of("subscriptions/listen")) == 1

    asyncio.run(scenario())
