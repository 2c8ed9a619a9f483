"""What a body may be packed in, and what an event may be called."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable

import pytest

from posthog_wizard.model import Json
from tests.support.bridged import bridged, call, request, settings
from tests.support.scripted import Asked, Reply, Step, document, refuse, result, scripted, stream

ANSWER: Json = {"jsonrpc": "2.0", "id": 1, "result": {"text": "x" * 100_000}}
JSON = json.dumps(ANSWER).encode()
EVENTS = b"event: message\ndata: " + JSON + b"\n\n"
PACKED = gzip.compress(JSON)


def packed(*pieces: bytes, kind: str = "application/json", coding: str = "gzip", status: int = 200) -> Step:
    """A body with its coding."""
    return lambda _: Reply(status, {"Content-Type": kind, "Content-Encoding": coding}, pieces)


READ: dict[str, Step] = {
    "JSON": packed(PACKED),
    "x-gzip": packed(PACKED, coding="x-gzip"),
    "capitals": packed(PACKED, coding="GZIP"),
    "identity": packed(JSON, coding="identity"),
    "bytes": packed(*(PACKED[at : at + 1] for at in range(len(PACKED)))),
    "one after another": packed(gzip.compress(JSON[:50]), gzip.compress(JSON[50:])),
    "one after another, in one piece": packed(gzip.compress(JSON[:50]) + gzip.compress(JSON[50:])),
    "filled up with zeros": packed(PACKED + bytes(10)),
    "a stream": packed(gzip.compress(EVENTS), kind="text/event-stream"),
    "a stream in pieces": packed(*gzip.compress(EVENTS).partition(b"\0"), kind="text/event-stream"),
}


@pytest.mark.parametrize("step", READ.values(), ids=READ.keys())
def test_gzip_is_read_though_nobody_asked(step: Step) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [step]}) as server, bridged(settings(server.url)) as client:
            assert await client.ask(call(1)) == [ANSWER]
            assert server.asked[0].headers["accept-encoding"] == "identity"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (packed(b"\x1b\x02", coding="br"), "packed its answer by 'br'"),
        (packed(b"x", coding="zstd", kind="text/event-stream"), "packed its answer by 'zstd'"),
        (packed(b"x", coding="gzip, gzip"), "packed its answer by 'gzip, gzip'"),
        (packed(PACKED[:-9]), "its gzip is cut off"),
        (packed(b"no gzip"), "its gzip is broken"),
        (packed(gzip.compress(bytes(1_000_000))), "more than 200,000 bytes"),
        (packed(gzip.compress(b'{"detail": "nobody may"}'), status=403), "nobody may"),
        (packed(b"\x1b", coding="br", status=403), "does not allow the key to do this"),
    ],
)
def test_what_cannot_be_read_is_named(step: Step, words: str) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [step]}) as server, bridged(settings(server.url, largest=200_000)) as client:
            [heard] = await client.ask(call(1))
            assert words in heard["error"]["message"]
            assert (await client.ask(request(2, "ping")))[0]["result"] == {}

    asyncio.run(scenario())


def named(name: bytes, data: bytes) -> bytes:
    """An event with a name."""
    return b"event: " + name + b"\ndata: " + data + b"\n\n"


CALLED = b'{"jsonrpc":"2.0","method":"notifications/message","params":{}}'


@pytest.mark.parametrize(
    "noise",
    [
        named(b"heartbeat", b"{}"),
        named(b"keepalive", b'{"time": 1}'),
        named(b"ping", b"2026-11-28T00:00:00Z"),
        named(b"heartbeat", CALLED),
        named(b"endpoint", b"/messages?session=1"),
        named(b"error", b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'),
        b"data: {}\n\n",
        b"data: 1764288000\n\n",
        b"data: [DONE]\n\n",
        b'data: {"time": 1}\n\n',
        b": keep-alive\n\n",
        b"id: 7\nevent: heartbeat\ndata: {}\n\n",
        b"retry: 100\n\n",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf: hello\n\n",
    ],
)
@pytest.mark.parametrize("name", [b"", b"event: message\n", b"event:\n"])
def test_only_messages_of_json_rpc_are_printed(noise: bytes, name: bytes) -> None:
    async def scenario() -> None:
        right = name + b"data: " + json.dumps({"jsonrpc": "2.0", "id": 1, "result": {}}).encode() + b"\n\n"
        async with scripted({"tools/call": [stream(noise, right)]}) as server, bridged(settings(server.url)) as client:
            client.say(call(1))
            assert await client.hear() == [{"jsonrpc": "2.0", "id": 1, "result": {}}]
            assert (await client.ask(request(2, "ping")))[0]["id"] == 2
            assert len(client.heard) == 2

    asyncio.run(scenario())


FAILED: Json = {"code": -32602, "message": "no"}
RIGHT: Json = {"jsonrpc": "2.0", "id": 1, "result": {}}
WRONG: Json = {"jsonrpc": "2.0", "id": 1, "error": FAILED}


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ({"id": 1, "result": {}}, RIGHT),
        ({"jsonrpc": "1.0", "id": 1, "result": {}}, RIGHT),
        ({"jsonrpc": None, "id": 1, "error": FAILED}, WRONG),
        (RIGHT | {"error": None}, RIGHT),
        (WRONG | {"result": None}, WRONG),
        ({"id": 1, "result": None, "error": FAILED}, WRONG),
        ({"jsonrpc": "2.0", "id": 1, "result": None}, {"jsonrpc": "2.0", "id": 1, "result": None}),
    ],
)
@pytest.mark.parametrize("step", [document, stream])
def test_an_answer_gets_the_shape_that_every_client_reads(
    step: Callable[[Json], Step], sent: Json, heard: Json
) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [step(sent)]}) as server, bridged(settings(server.url)) as client:
            assert await client.ask(call(1)) == [heard]

    asyncio.run(scenario())


def test_noise_on_the_servers_own_stream_is_no_message() -> None:
    async def scenario() -> None:
        changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
        nameless = b'data: {"method":"ping"}\n\n', b'data: {"id":3,"method":"ping"}\n\n'
        noise = (b"\xef\xbb\xbf", named(b"heartbeat", CALLED), b"data: {}\n\n", named(b"keepalive", b"{}"), *nameless)
        async with (
            scripted({"GET": [stream(*noise, changed | {"id": None}, ending="hang")]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            assert await client.hear() == [changed]

    asyncio.run(scenario())


def test_a_refusal_that_packs_its_page() -> None:
    async def scenario() -> None:
        def step(_asked: Asked) -> Reply:
            page = gzip.compress(b"<!doctype html><title>Hotel</title>")
            return Reply(200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, (page,))

        async with (
            scripted({"ping": [step], "tools/list": [refuse(200)], "prompts/list": [result()]}) as server,
            bridged(settings(server.url)) as client,
        ):
            [heard] = await client.ask(request(1, "ping"))
            assert "titled `Hotel`" in heard["error"]["message"]

    asyncio.run(scenario())
