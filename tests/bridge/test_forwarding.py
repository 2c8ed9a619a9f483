"""What passes through the bridge, in which order, and that nothing of it is changed."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from posthog_wizard.model import Json, Secret
from tests.support.bridged import HELLO, READY, SHORT, bridged, call, eventually, request, settings
from tests.support.scripted import Asked, Reply, accepted, answer, event, refuse, result, scripted, stream

PROGRESS: Json = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 0.5}}
QUESTION: Json = {"jsonrpc": "2.0", "id": "q1", "method": "sampling/createMessage", "params": {}}
CHANGED: Json = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
BATCH: Json = [request("a", "ping"), request("b", "ping")]


def body(text: str) -> Reply:
    """A JSON body, byte by byte as given."""
    return Reply(200, {"Content-Type": "application/json; charset=utf-8"}, (text.encode(),))


def test_handshake_gives_later_requests_their_session_and_version() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.ask(request(1, "tools/list"))
        first, *later = [asked.headers for asked in server.asked]
        assert "mcp-session-id" not in first
        assert {one["mcp-session-id"] for one in later} == {"session-1"}
        assert {one["mcp-protocol-version"] for one in later} == {"2025-11-25"}
        assert server.kinds() == ["initialize", "notifications/initialized", "GET", "tools/list", "DELETE"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "line",
    [
        '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
        '{ "jsonrpc" : "2.0" , "id" : 1 , "method" : "tools/call" , "params" : { "n" : 1.0e5 , "big" : 12345678901234567890 } }',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"text":"snow ☃ \\u2603 \\ud83d","text":"twice"}}',
        '{"method":"tools/call","id":1,"jsonrpc":"2.0","unheard of":[null,true]}',
    ],
)
def test_a_line_is_posted_as_it_is(line: str) -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            client.say(line.encode() + b"\r\n")
            await client.hear()
        assert server.asked[0].body == line.encode()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ('{"jsonrpc":"2.0","id":1,"result":{"n":1.0e5,"s":"☃"}}', '{"jsonrpc":"2.0","id":1,"result":{"n":1.0e5,"s":"☃"}}'),
        ('{"id":1, "result":{"a":1,"a":2},\t"jsonrpc":"2.0"}', '{"id":1, "result":{"a":1,"a":2},\t"jsonrpc":"2.0"}'),
        ('{\r\n  "jsonrpc": "2.0", "id": 1,\n  "result": {}\n}\n', '{    "jsonrpc": "2.0", "id": 1,   "result": {} }'),
        ('\ufeff{"jsonrpc":"2.0","id":1,"result":"two\\nlines"}', '{"jsonrpc":"2.0","id":1,"result":"two\\nlines"}'),
    ],
    ids=["plain", "odd", "many lines", "byte-order mark"],
)  # fmt: skip
def test_an_answer_is_passed_on_as_it_is_on_one_line(sent: str, heard: str) -> None:
    async def scenario() -> None:
        async with scripted({"ping": [lambda _: body(sent)]}) as server, bridged(settings(server.url)) as client:
            client.say(request(1, "ping"))
            await client.hear()
        assert client.raw == [heard.encode() + b"\n"]

    asyncio.run(scenario())


@pytest.mark.parametrize("identifier", [1, 0, -3, "1", "", "ü", 1.5, 12345678901234567890, None])
def test_an_answer_finds_its_request(identifier: Json) -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            client.say(request(identifier, "ping"))
            assert await client.hear() == [{"jsonrpc": "2.0", "id": identifier, "result": {}}]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("step", "heard"),
    [
        (stream(PROGRESS, PROGRESS, ...), ["notifications/progress", "notifications/progress", 1]),
        (stream(b": ping\r\n\r\n", PROGRESS, 0.05, b":\n", ...), ["notifications/progress", 1]),
        (stream(..., PROGRESS), [1, "notifications/progress"]),
        (stream(..., ending="hang"), [1]),
        (stream(..., ending="cut"), [1]),
        (stream(b'event: message\r\nid: 7\r\ndata: {"id":\r\ndata: 1, "result": {}}\r\n\r\n'), [1]),
        (stream(b"data: no JSON\n\n", b"data: 5\n\n", ...), [1]),
        (stream(b"id: 1\ndata:\n\n", ...), [1]),
    ],
    ids=["progress", "comments", "afterwards", "left open", "cut", "two lines", "nonsense", "priming"],
)  # fmt: skip
def test_a_stream_is_passed_on_in_order(step: object, heard: list[object]) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [step]}) as server, bridged(settings(server.url)) as client:  # type: ignore[list-item]
            client.say(call(1))
            lines = await client.hear(len(heard))
            client.say(request("last", "ping"))
            assert (await client.hear())[0]["id"] == "last"
        assert [line.get("method", line.get("id")) for line in lines] == heard

    asyncio.run(scenario())


def test_a_slow_answer_holds_no_other_up() -> None:
    async def scenario() -> None:
        slow = {"tools/call": [stream(0.3, ...)]}
        async with scripted(slow) as server, bridged(settings(server.url)) as client:
            client.say(call("slow"), request("quick", "ping"))
            assert [line["id"] for line in await client.hear(2)] == ["quick", "slow"]

    asyncio.run(scenario())


def test_fifty_in_flight_share_connections_afterwards() -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [stream(0.1, ...)]}) as server, bridged(settings(server.url)) as client:
            answers = await client.ask(*(call(number) for number in range(50)))
            await client.ask(*(call(number) for number in range(50)))
            assert {each["id"] for each in answers} == set(range(50))
            assert server.connections <= 50

    asyncio.run(scenario())


def test_no_more_requests_are_under_way_than_are_allowed() -> None:
    async def scenario() -> None:
        steps = {"tools/call": [stream(0.05, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url, connections=3)) as client:
            await client.ask(*(call(number) for number in range(20)))
            assert server.connections <= 3

    asyncio.run(scenario())


def test_a_question_of_the_server_gets_the_clients_answer_and_the_stream_goes_on() -> None:
    async def scenario() -> None:
        replied = asyncio.Event()

        def take(_asked: Asked) -> Reply:
            replied.set()
            return accepted(_asked)

        async with scripted({"tools/call": [stream(QUESTION, 0.2, ...)], "POST": [take]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                client.say(call(1))
                assert await client.hear() == [QUESTION]
                client.say({"jsonrpc": "2.0", "id": "q1", "result": {"content": "yes"}})
                assert (await client.hear())[0]["id"] == 1
            assert replied.is_set()
            [told] = server.of("POST")
            assert told.message == {"jsonrpc": "2.0", "id": "q1", "result": {"content": "yes"}}
            assert told.headers["mcp-session-id"] == "session-1"

    asyncio.run(scenario())


def test_what_the_server_says_by_itself_arrives() -> None:
    async def scenario() -> None:
        async with scripted({"GET": [stream(CHANGED, QUESTION, ending="hang")]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                assert await client.hear(2) == [CHANGED, QUESTION]
            assert server.of("GET")[0].headers["accept"] == "text/event-stream"

    asyncio.run(scenario())


def test_notifications_keep_their_place() -> None:
    async def scenario() -> None:
        steps = [PROGRESS | {"params": {"progressToken": 1, "progress": number}} for number in range(10)]
        async with scripted({"tools/call": [stream(0.3, ...)]}) as server, bridged(settings(server.url)) as client:
            client.say(HELLO, READY, call(1), *steps, request(2, "ping"))
            await client.hear(3)
        told = [asked for asked in server.asked if asked.kind not in {"GET", "DELETE"}]
        assert [asked.kind for asked in told] == [
            "initialize", "notifications/initialized", "tools/call", *["notifications/progress"] * 10, "ping",
        ]  # fmt: skip
        assert [asked.message["params"]["progress"] for asked in told[3:-1]] == list(range(10))

    asyncio.run(scenario())


def test_a_notification_that_is_not_taken_holds_nothing_up_for_long() -> None:
    async def scenario() -> None:
        steps = {"notifications/progress": [stream(ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            client.say(PROGRESS, request(1, "ping"))
            assert (await client.hear())[0]["id"] == 1

    asyncio.run(scenario())


def test_a_notification_does_not_wait_for_ever_for_a_request_that_cannot_leave() -> None:
    async def scenario() -> None:
        async with scripted() as gone:
            url = gone.url
        short = SHORT._replace(notification=0.1, patience=5)
        async with bridged(settings(url, waits=short)) as client:
            client.say(call(1), PROGRESS, PROGRESS)
            await asyncio.sleep(0.5)
            async with scripted(port=int(url.split(":")[2].split("/")[0])) as server:
                assert (await client.hear())[0]["id"] == 1
                await eventually(lambda: server.kinds().count("notifications/progress") == 2)

    asyncio.run(scenario())


def test_cancelling_is_told_to_a_server_with_sessions() -> None:
    async def scenario() -> None:
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        async with scripted({"tools/call": [stream(0.3, ending="hang")]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                client.say(call(1))
                await eventually(lambda: bool(server.of("tools/call")))
                client.say(cancel)
                await eventually(lambda: bool(server.of("notifications/cancelled")))
            assert server.of("notifications/cancelled")[0].message == cancel

    asyncio.run(scenario())


def test_a_request_that_is_cancelled_before_it_left_does_not_leave() -> None:
    async def scenario() -> None:
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        async with scripted() as server, bridged(settings(server.url)) as client:
            await client.begin()
            client.say(call(1), cancel, request(2, "ping"))
            assert [each["id"] for each in await client.hear()] == [2]
            assert not {"tools/call", "notifications/cancelled"} & set(server.kinds())

    asyncio.run(scenario())


def test_a_batch_is_passed_on_whole() -> None:
    async def scenario() -> None:
        both = [{"jsonrpc": "2.0", "id": each, "result": {}} for each in "ab"]
        one_by_one = stream(*both)
        steps = {"batch": [lambda _: body(json.dumps(both)), one_by_one, refuse(401)]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            client.say(BATCH)
            assert await client.hear() == [both]
            client.say(BATCH)
            assert await client.hear(2) == both
            client.say(BATCH)
            assert [each["id"] for each in await client.hear(2)] == ["a", "b"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "line",
    [b"garbage\n", b"{\n", b'"text"\n', b"5\n", b"[]\n", b"[1]\n", b"\xff\xfe{}\n", b'{"id":' + b"[" * 50_000 + b"\n"],
)
def test_what_is_no_message_is_answered_and_survived(line: bytes) -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            client.say(line, request(1, "ping"))
            wrong, right = await client.hear(2)
            assert (wrong["id"], wrong["error"]["code"], right["id"]) == (None, -32700, 1)
            assert server.kinds() == ["ping"]

    asyncio.run(scenario())


def test_what_was_said_at_once_is_answered_after_the_client_left() -> None:
    async def scenario() -> None:
        waits = SHORT._replace(finish=10)
        steps = {"tools/list": [stream(0.3, ...)]}
        async with scripted(steps) as server, bridged(settings(server.url, waits=waits)) as client:
            client.say(HELLO, b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
            client.leave()
            assert [each["id"] for each in await client.hear(2)] == [0, 1]

    asyncio.run(scenario())


def test_a_session_that_has_not_begun_has_no_stream() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url, key=Secret("${KEY}"))) as client:
            assert "placeholder `${KEY}`" in (await client.ask(HELLO))[0]["error"]["message"]
            client.say(READY)
            await client.ask(request(1, "ping"))
            assert server.asked == []

    asyncio.run(scenario())


def test_empty_lines_are_nothing() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            client.say(b"\n  \n\r\n", request(1, "ping"))
            assert (await client.hear())[0]["id"] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [1_000, 70_000, 1_000_000, 10_000_000])
def test_large_messages_pass_both_ways(size: int) -> None:
    async def scenario() -> None:
        echo = {"tools/call": [lambda asked: result(asked.message["params"]["arguments"])(asked)]}
        patient = SHORT._replace(answer=10)
        async with scripted(echo) as server, bridged(settings(server.url, waits=patient)) as client:
            line = asyncio.create_task(asyncio.to_thread(client.say, call(1, text="x" * size)))
            [heard] = await client.hear()
            await line
            assert heard["result"] == {"text": "x" * size}

    asyncio.run(scenario())


def test_answer_may_be_named_by_a_server_step() -> None:
    async def scenario() -> None:
        asked = {"tools/call": [stream(answer({"n": 1}, id="5"), event(CHANGED))]}
        async with scripted(asked) as server, bridged(settings(server.url)) as client:
            client.say(call(1))
            assert await client.hear(2) == [{"jsonrpc": "2.0", "id": 1, "result": {"n": 1}}, CHANGED]

    asyncio.run(scenario())


def test_who_waited_in_vain_for_a_request_to_leave_waits_no_longer() -> None:
    def waiting() -> int:
        return [str(task.get_coro()).split(" ")[2] for task in asyncio.all_tasks()].count("Event.wait")

    async def scenario() -> tuple[int, int]:
        with socket.create_server(("127.0.0.1", 0)) as silent:  # no TLS begins, so that nothing leaves
            to = settings(f"https://127.0.0.1:{silent.getsockname()[1]}/mcp", waits=SHORT._replace(notification=0.05))
            async with bridged(to) as client:
                await asyncio.sleep(0.1)
                before = waiting()
                client.say(call(1), PROGRESS, PROGRESS, PROGRESS)
                await asyncio.sleep(0.8)
                return before, waiting()

    before, after = asyncio.run(scenario())
    assert before == after > 0
