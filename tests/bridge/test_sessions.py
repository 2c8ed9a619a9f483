"""Sessions that end, streams that break: what the bridge mends by itself, and what it leaves to the client."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from posthog_wizard.bridge.messages import message_of
from posthog_wizard.bridge.session import Session
from posthog_wizard.model import Json
from tests.support.bridged import HELLO, SHORT, bridged, call, eventually, request, settings
from tests.support.scripted import HELLO as WELCOME
from tests.support.scripted import (
    Reply,
    Script,
    Step,
    accepted,
    document,
    dropped,
    event,
    refuse,
    result,
    scripted,
    stream,
)

TWO_SESSIONS: Script = {
    "initialize": [result(WELCOME, mcp_session_id="session-1"), result(WELCOME, mcp_session_id="session-2")]
}
GONE = document(
    {"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "Session not found"}}, 404
)
CHANGED: Json = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
QUESTION: Json = {"jsonrpc": "2.0", "id": 0, "method": "elicitation/create", "params": {}}


def lost(status: int, code: int, message: str, identifier: Json = None) -> Step:
    """A session that is not known, told in JSON-RPC."""
    return document({"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}, status)


# What servers answer to a session that they do not know: the SDKs of Python, TypeScript, Go and Rust, mcp-go, supergateway,
# Cloudflare's agents, gateways.
LOST: dict[str, Step] = {
    "Python": GONE,
    "Python 1.0": refuse(400, b"Bad Request: No valid session ID provided"),
    "Python 1.9": lost(404, -32600, "Not Found: Invalid or expired session ID", "server-error"),
    "TypeScript": lost(404, -32001, "Session not found"),
    "TypeScript, example": lost(400, -32000, "Bad Request: No valid session ID provided"),
    "TypeScript, restarted": lost(400, -32000, "Bad Request: Server not initialized"),
    "TypeScript, without header": lost(400, -32000, "Bad Request: Mcp-Session-Id header is required"),
    "TypeScript, own id": lost(400, -32000, "Bad Request: No valid session ID provided", 7),
    "Go": refuse(404, b"session not found\n"),
    "mcp-go": refuse(400, b"Invalid session ID"),
    "mcp-go, ended": refuse(404, b"Session terminated"),
    "Rust": refuse(401, b"Unauthorized: Session not found"),
    "Rust, expecting": refuse(422, b"Session not found"),
    "supergateway": refuse(400, b"Invalid or missing session ID"),
    "a gateway": refuse(410),
    "a gateway with words": document({"error": "session expired"}, 410),
    "a gateway in REST": document({"message": "Session 0a1b-2c does not exist"}, 400),
    "a server that fails": document({"error": {"message": "unknown session"}}, 500),
    "200": lost(200, -32000, "Bad Request: No valid session ID provided"),
    "200, expired": lost(200, -32001, "Session expired. Please initialize again."),
    "200, a stream": stream({"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Session not found"}}),
    "no words": refuse(404),
    "by transport": refuse(400, b"No transport found for sessionId"),
    "by a name": document({"error": "session_not_found"}, 400),
    "by a name in capitals": document({"error": {"code": "E1", "message": "SESSION_EXPIRED"}}, 401),
    "by a class": document({"error": {"type": "x", "message": "McpSessionNotFound"}}, 422),
    "by its header": refuse(400, b"Missing session ID in request header"),
    "by its header's name": refuse(400, b"Unknown mcp_session_id: 0a-ab-f00"),
    "without its beginning": lost(400, -32000, "Session not initialized"),
    "by the clock": lost(400, -32000, "Bad Request: session timeout"),
    "by hand": refuse(500, b"Session already destroyed"),
    "in vain": refuse(400, b"Unable to find session"),
    "of HTTP": lost(200, -32001, "HTTP session 'ab-12-cd' not recognised"),
}


@pytest.mark.parametrize("gone", LOST.values(), ids=LOST.keys())
@pytest.mark.parametrize("method", ["tools/list", "resources/read"])
def test_a_safe_request_survives_the_end_of_its_session(gone: Step, method: str) -> None:
    async def scenario() -> None:
        async with scripted({**TWO_SESSIONS, method: [gone, result({"n": 2})]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                assert await client.ask(request(7, method)) == [{"jsonrpc": "2.0", "id": 7, "result": {"n": 2}}]
            again = server.of("initialize")[1]
            assert again.message["params"] == HELLO["params"]
            assert again.message["id"] != HELLO["id"]
            assert "mcp-session-id" not in again.headers
            assert [asked.headers["mcp-session-id"] for asked in server.of(method)] == ["session-1", "session-2"]
            assert [asked.headers["mcp-session-id"] for asked in server.of("notifications/initialized")] == [
                "session-1",
                "session-2",
            ]
            assert len(client.heard) == 2

    asyncio.run(scenario())


def test_a_session_that_ends_before_the_client_said_that_it_is_ready() -> None:
    async def scenario() -> None:
        async with scripted({**TWO_SESSIONS, "ping": [GONE, result()]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.ask(HELLO)
                assert (await client.ask(request(1, "ping")))[0]["result"] == {}
            [ready] = server.of("notifications/initialized")
            assert ready.message == {"jsonrpc": "2.0", "method": "notifications/initialized"}

    asyncio.run(scenario())


def test_a_method_that_a_server_does_not_know_is_no_end_of_the_session() -> None:
    async def scenario() -> None:
        unknown = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "Method not found"}}
        async with scripted({"prompts/list": [document(unknown, 404)]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                assert await client.ask(request(1, "prompts/list")) == [unknown]
            assert len(server.of("initialize")) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "code", "message", "identifier"),
    [
        (404, -32600, "Session recording not found", 1),
        (400, -32602, "Invalid session duration", 1),
        (400, -32000, "Session recording 5 not found", None),
        (400, -32602, "`session` must be text", None),
        (200, -32001, "Session not found", 1),
        (200, -32000, "Recording of the session not found", None),
        (409, -32000, "Conflict: Only one SSE stream is allowed per session", None),
        (403, -32000, "This session is not yours", None),
        (400, -32000, "Session already initialized", None),
        (400, -32000, "Transport not found", None),
        (400, -32000, "Session exists but uses a different transport protocol", None),
        (400, -32000, "session_replay_not_found", None),
    ],
)
def test_what_else_is_said_of_sessions_ends_none(status: int, code: int, message: str, identifier: Json) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [lost(status, code, message, identifier)]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                [heard] = await client.ask(call(1))
                assert message in heard["error"]["message"]
            assert len(server.of("initialize")) == 1

    asyncio.run(scenario())


def test_a_401_that_says_how_to_sign_in_is_about_the_key() -> None:
    async def scenario() -> None:
        step = refuse(401, b"Session expired", WWW_Authenticate='Bearer error="invalid_token"')
        async with scripted({"tools/call": [step]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            [heard] = await client.ask(call(1))
            assert "rejected the key" in heard["error"]["message"]
            assert len(server.of("initialize")) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("gone", [LOST["a gateway"], LOST["TypeScript, example"], LOST["200"], LOST["Rust"]])
def test_a_call_into_a_lost_session_is_told_and_the_next_one_works(gone: Step) -> None:
    async def scenario() -> None:
        async with scripted({**TWO_SESSIONS, "tools/call": [gone, result()]}) as server:
            async with bridged(settings(server.url)) as client:
                await client.begin()
                [unsure] = await client.ask(call(1))
                assert "ended the session" in unsure["error"]["message"]
                assert (await client.ask(call(2)))[0]["result"] == {}
            assert [asked.message["id"] for asked in server.of("tools/call")] == [1, 2]

    asyncio.run(scenario())


def test_a_tool_call_is_not_repeated_but_the_next_one_works() -> None:
    async def scenario() -> None:
        steps = {**TWO_SESSIONS, "tools/call": [GONE, result()]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            [unsure] = await client.ask(call(1))
            assert "ended the session" in unsure["error"]["message"]
            assert "may or may not have happened" in unsure["error"]["message"]
            assert (await client.ask(call(2)))[0]["result"] == {}
            assert [asked.message["id"] for asked in server.of("tools/call")] == [1, 2]

    asyncio.run(scenario())


def test_many_requests_at_once_renew_the_session_once() -> None:
    async def scenario() -> None:
        steps: list[Step] = [GONE] * 20 + [result()]
        async with scripted({**TWO_SESSIONS, "ping": steps}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            answers = await client.ask(*(request(number, "ping") for number in range(20)))
            assert [each["result"] for each in answers] == [{}] * 20
            assert len(server.of("initialize")) == 2

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("second", "words"),
    [(refuse(401), "rejected the key"), (refuse(500), "failed (status 500)"), (dropped, "cannot be reached")],
)
def test_a_session_that_cannot_be_renewed_is_an_error(second: Step, words: str) -> None:
    async def scenario() -> None:
        welcome = result(WELCOME, mcp_session_id="session-1")
        steps = {"initialize": [welcome, second], "ping": [GONE]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            [heard] = await client.ask(request(1, "ping"))
            assert words in heard["error"]["message"]

    asyncio.run(scenario())


def test_a_server_that_forgets_every_session_is_not_asked_for_ever() -> None:
    async def scenario() -> None:
        async with scripted({**TWO_SESSIONS, "ping": [GONE]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            [heard] = await client.ask(request(1, "ping"))
            assert "ended the session" in heard["error"]["message"]
            assert len(server.of("initialize")) == 2

    asyncio.run(scenario())


def test_a_new_session_does_not_hear_answers_to_the_old_ones_questions() -> None:
    async def scenario() -> None:
        steps: Script = {
            **TWO_SESSIONS,
            "GET": [stream(QUESTION, ending="hang"), stream(ending="hang")],
            "ping": [GONE, result()],
        }
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.hear() == [QUESTION]
            await client.ask(request(1, "ping"))
            client.say({"jsonrpc": "2.0", "id": 0, "result": {"action": "accept"}})
            await client.ask(request(2, "ping"))
            assert server.of("POST") == []

    asyncio.run(scenario())


def answer_to(identifier: Json) -> Json:
    """The client's answer to a question of the server."""
    return message_of({"jsonrpc": "2.0", "id": identifier, "result": {}})


def session_of(*ids: Json) -> Session:
    """A session in which the server has asked these."""
    session = Session()
    session.heard(ids)
    return session


def test_an_answer_to_an_earlier_sessions_question_is_dropped_once() -> None:
    session = session_of(0, "q")
    session.begin(message_of(HELLO), b"session-2", {})
    assert [session.is_stale(answer_to(each)) for each in (0, 0, "q", "0", 1)] == [True, False, True, False, False]


def test_an_id_that_the_new_session_uses_again_is_its_own() -> None:
    session = session_of(0, "q")
    session.begin(message_of(HELLO), b"session-2", {})
    session.heard([0])
    assert [session.is_stale(answer_to(each)) for each in (0, "q")] == [False, True]


def test_what_was_answered_in_time_is_no_orphan_later() -> None:
    session = session_of(0)
    assert not session.is_stale(answer_to(0))
    session.begin(message_of(HELLO), b"session-2", {})
    assert not session.is_stale(answer_to(0))


def test_a_new_sessions_question_with_an_old_ones_id_is_answered() -> None:
    async def scenario() -> None:
        steps: Script = {
            **TWO_SESSIONS,
            "GET": [stream(QUESTION, ending="hang")],
            "ping": [GONE, result()],
        }
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.hear() == [QUESTION]
            client.say(request(1, "ping"))
            assert [each.get("method", each["id"]) for each in await client.hear(2)].count("elicitation/create") == 1
            client.say({"jsonrpc": "2.0", "id": 0, "result": {"action": "accept"}})
            await eventually(lambda: len(server.of("POST")) == 1)

    asyncio.run(scenario())


def test_a_server_that_ends_every_session_by_its_stream_is_asked_less_and_less_often() -> None:
    async def scenario() -> None:
        steps: Script = {"GET": [stream(), GONE] * 50}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await eventually(lambda: len(server.of("initialize")) > 6)
            first, *_, seventh = server.of("initialize")[:7]
            assert seventh.moment - first.moment > 0.6  # at the first pace it would be 0.3

    asyncio.run(scenario())


def test_the_client_may_begin_anew_itself() -> None:
    async def scenario() -> None:
        async with scripted(TWO_SESSIONS) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.begin()
            await client.ask(request(1, "ping"))
            assert server.of("ping")[0].headers["mcp-session-id"] == "session-2"
        assert [asked.headers["mcp-session-id"] for asked in server.of("DELETE")] == ["session-1", "session-2"]

    asyncio.run(scenario())


def test_a_server_without_sessions_gets_none() -> None:
    async def scenario() -> None:
        async with scripted({"initialize": [result(WELCOME)]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.ask(request(1, "ping"))
        assert not any("mcp-session-id" in asked.headers for asked in server.asked)
        assert "DELETE" not in server.kinds()

    asyncio.run(scenario())


# ------------------------------------------------------------------ streams that break


def test_a_broken_stream_is_taken_up_where_it_broke() -> None:
    async def scenario() -> None:
        steps: Script = {
            "tools/call": [stream(event(CHANGED, id="e1"), b"retry: 10\n\n", ending="cut")],
            "GET": [
                refuse(405),
                stream(event(CHANGED, id="e2")),
                stream(event({"jsonrpc": "2.0", "id": 1, "result": {}})),
            ],
        }
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            client.say(call(1))
            assert [each.get("id") for each in await client.hear(3)] == [None, None, 1]
        assert [asked.headers.get("last-event-id") for asked in server.of("GET")] == [None, "e1", "e2"]
        assert len(server.of("tools/call")) == 1

    asyncio.run(scenario())


ANSWER = b'{"jsonrpc":"2.0","id":1,"result":{}}'
ONE = b"data: " + ANSWER + b"\n\n"


@pytest.mark.parametrize(
    "steps",
    [
        {"tools/call": [stream(1.3, ONE)]},
        {"tools/call": [lambda _: Reply(200, {"Content-Type": "application/json"}, (1.3, ANSWER))]},
        {
            "tools/call": [stream(b"id: e0\nretry: 10\ndata:\n\n")],
            "GET": [refuse(405), *[stream(b"id: e1\nretry: 20\ndata:\n\n")] * 25, stream(ONE)],
        },
        {
            "tools/call": [stream(b"id: e0\nretry: 1800\n\n")],
            "GET": [refuse(405), stream(ONE)],
        },
    ],
    ids=["silent stream", "silent JSON", "polled", "polled seldom"],
)
def test_a_call_that_takes_long_is_answered(steps: Script) -> None:
    async def scenario() -> None:
        waits = SHORT._replace(longest_pause=0.03)
        async with scripted(steps) as server, bridged(settings(server.url, waits=waits)) as client:
            await client.begin()
            assert await client.ask(call(1)) == [{"jsonrpc": "2.0", "id": 1, "result": {}}]
            assert len(server.of("tools/call")) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "error_response", [refuse(405), refuse(404), refuse(500), dropped], ids=["405", "404", "500", "dropped"]
)
def test_a_broken_stream_that_cannot_be_taken_up_is_an_error(error_response: Step) -> None:
    async def scenario() -> None:
        steps: Script = {"tools/call": [stream(event(CHANGED, id="e1"), ending="cut")], "GET": [error_response]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            client.say(call(1))
            _, heard = await client.hear(2)
            assert "ended the stream without the answer" in heard["error"]["message"]
            assert "may or may not have happened" in heard["error"]["message"]

    asyncio.run(scenario())


@pytest.mark.parametrize("error_response", [refuse(405), refuse(404), refuse(400), refuse(501)])
def test_a_server_that_offers_no_stream_of_its_own_is_asked_once(error_response: Step) -> None:
    async def scenario() -> None:
        async with scripted({"GET": [error_response]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await eventually(lambda: len(server.of("GET")) > 0)
            await asyncio.sleep(0.3)  # for a second one
            assert len(server.of("GET")) == 1

    asyncio.run(scenario())


def test_the_servers_own_stream_is_opened_again_from_its_last_event() -> None:
    async def scenario() -> None:
        steps: Script = {"GET": [stream(event(CHANGED, id="e1")), refuse(503), dropped, stream(CHANGED, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.hear(2) == [CHANGED, CHANGED]
            assert [asked.headers.get("last-event-id") for asked in server.of("GET")] == [None, "e1", "e1", "e1"]

    asyncio.run(scenario())


def test_a_session_that_ends_while_nobody_asks_is_renewed() -> None:
    async def scenario() -> None:
        steps: Script = {**TWO_SESSIONS, "GET": [stream(), GONE, stream(CHANGED, ending="hang")]}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            await client.begin()
            assert await client.hear() == [CHANGED]
            assert server.of("GET")[-1].headers["mcp-session-id"] == "session-2"

    asyncio.run(scenario())


def test_a_stream_that_always_ends_at_once_is_opened_less_and_less_often() -> None:
    async def scenario() -> None:
        async with scripted({"GET": [stream()]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            await asyncio.sleep(0.8)
            moments = [asked.moment for asked in server.of("GET")]
        backoff = [later - earlier for earlier, later in pairwise(moments)]
        assert 2 <= len(backoff) <= 6
        assert backoff[-1] > backoff[0]

    asyncio.run(scenario())


def test_a_refused_notification_is_nobodys_business() -> None:
    async def scenario() -> None:
        steps: Script = {"notifications/progress": [refuse(400), refuse(500), dropped, accepted]}
        note = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}
        async with scripted(steps) as server, bridged(settings(server.url)) as client:
            client.say(note, note, note, note, request(1, "ping"))
            assert (await client.hear())[0]["id"] == 1
            await eventually(lambda: len(server.of("notifications/progress")) == 4)

    asyncio.run(scenario())
