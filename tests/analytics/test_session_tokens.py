"""A session over HTTP without sessions: a token that the client carries, and that proves nothing."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest
from posthog.mcp import SessionTokenPayload, decode_session_id, encode_session_id

from posthog_wizard.analytics import Identity, SessionTokens, instrument
from posthog_wizard.analytics.sessions import derived_session
from tests.support.fleet import SERVERS, TRANSPORTS, Heard, HttpClient, app_of, asked, hello, low_level_server
from tests.support.watched import Keeping

CALL: tuple[str, Any] = ("tools/call", {"name": "tear", "arguments": {"number": 1, "context": "See."}})
VISIT: tuple[tuple[str, Any], ...] = (("initialize", hello("Agent")), ("tools/list", {}), CALL, CALL)
MADE = re.compile(r"ses_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")


def heard(transport: str, *requests: Any, server: str = "MCPServer", **options: Any) -> Heard:
    """What came of requests."""
    return asyncio.run(asked(SERVERS[server]().server, TRANSPORTS[transport], *(requests or VISIT), **options))


@pytest.mark.parametrize("conversations", [False, True])
@pytest.mark.parametrize("server", SERVERS)
def test_a_client_that_carries_its_token_has_one_session_and_its_name(server: str, conversations: bool) -> None:
    got = heard("HTTP with tokens", server=server, enable_conversation_id=conversations)
    (session,) = got.sessions()
    assert MADE.fullmatch(session)
    assert len(got.kept.events) == 6
    assert {event.properties["$mcp_client_name"] for event in got.kept.events} == {"Agent"}
    assert {event.properties["$mcp_protocol_version"] for event in got.kept.events} == {"2025-11-25"}
    assert decode_session_id(got.client.headers["Mcp-Session-Id"]) == SessionTokenPayload(
        session, "Agent", "1", "2025-11-25"
    )


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_that_does_not_has_a_session_for_each_request(server: str) -> None:
    got = heard("HTTP without sessions", server=server, enable_conversation_id=False)
    assert len(got.sessions()) == 4
    assert [MADE.fullmatch(session) is not None for session in got.sessions()] == [True] * 4
    assert "$mcp_client_name" not in got.kept.properties("$mcp_tool_call")


FORGED = encode_session_id(SessionTokenPayload("ses_0", client_name="forger"))


@pytest.mark.parametrize(
    ("transport", "headers", "request_", "given"),
    [
        ("HTTP with tokens", {}, VISIT[0], True),
        ("HTTP with tokens", {"Mcp-Session-Id": FORGED}, VISIT[0], False),
        ("HTTP with tokens", {}, VISIT[1], False),
        ("HTTP with tokens", {}, ("initialize", {"clientInfo": 5}), False),
        ("HTTP with tokens", {}, ("initialize", {**hello(), "clientInfo": {"name": "initialize" * 9_000}}), False),
        ("HTTP with tokens", {}, ("tools/call", {"name": "initialize", "arguments": {}}), False),
        ("HTTP, 2026-07-28", {}, VISIT[1], False),
        ("HTTP, 2026-07-28", {"X": "1"}, CALL, False),
    ],
)  # fmt: skip
def test_a_token_is_given_to_who_begins_without_one(transport: str, headers: Any, request_: Any, given: bool) -> None:
    got = heard(transport, request_, headers=headers)
    assert ("mcp-session-id" in got.client.answers[0].headers) is given


def test_a_transport_s_own_session_stays() -> None:
    got = heard("HTTP with sessions")
    assert decode_session_id(got.client.headers["Mcp-Session-Id"]) is None
    assert got.sessions() == [derived_session(got.client.headers["Mcp-Session-Id"])]


def test_without_a_client_nobody_is_given_anything() -> None:
    got = heard("HTTP with tokens", environment={"DO_NOT_TRACK": "1"})
    assert "mcp-session-id" not in got.client.answers[0].headers


async def visited_by_hand() -> Heard:
    """A visit to an app that is older than `instrument`, within a middleware that copies what it is given."""
    server, kept = low_level_server().server, Keeping()
    app = server.streamable_http_app(stateless_http=True)
    handle = instrument(server, kept)

    async def copying(scope: Any, receive: Any, send: Any) -> None:
        await app(dict(scope), receive, send)

    async with app.router.lifespan_context(app):
        around: Any = SessionTokens(copying)
        client = HttpClient(httpx.ASGITransport(around), TRANSPORTS["HTTP with tokens"], {})
        answers = [await client.send(method, params) for method, params in VISIT]
    await handle.flush(10)
    return Heard(kept, answers, client)


def test_an_author_may_give_tokens_around_an_app_of_their_own() -> None:
    got = asyncio.run(visited_by_hand())
    assert len(got.kept.events) == 6
    (session,) = got.sessions()
    token = decode_session_id(got.client.headers["Mcp-Session-Id"])
    assert token == SessionTokenPayload(session, "Agent", "1", "2025-11-25")


# ------------------------------------------------------------------ what a token does not do

ANN = Identity("ann", {"name": "Ann"}, {"company": "acme"})
IMPOSTORS = [
    {"Mcp-Session-Id": "REPLAYED"},
    {"Mcp-Session-Id": encode_session_id(SessionTokenPayload("ann", client_name="Agent"))},
    {"Mcp-Session-Id": encode_session_id(SessionTokenPayload("user-1"))},
    {"Mcp-Session-Id": "ann"},
]


def is_ann(_: Any, extra: Any) -> Any:
    """Who knows the password is Ann."""
    return ANN if extra["headers"].get("x-password") == "secret" else None


async def impostor_s(ann_s: str, way: str, headers: dict[str, str]) -> list[Any]:
    """Ann comes, then somebody with something of hers, who is nobody; gives the events of the latter."""
    server, kept = low_level_server().server, Keeping()
    handle = instrument(server, kept, identify=is_ann)
    async with app_of(server, stateless=TRANSPORTS[ann_s].stateless) as app:
        ann = HttpClient(app, TRANSPORTS[ann_s], {"X-Password": "secret"})
        await ann.send(*VISIT[0])
        await ann.send(*CALL)
        await handle.flush(10)
        before, hers = len(kept.events), ann.headers.get("Mcp-Session-Id", "")
        carried = {name: value.replace("REPLAYED", hers) for name, value in headers.items()}
        impostor = HttpClient(app, TRANSPORTS[way], carried)
        await impostor.send(*VISIT[1])
        await impostor.send(*CALL)
        await handle.flush(10)
    return kept.events[before:]


@pytest.mark.parametrize(
    ("ann_s", "way"),
    [
        ("HTTP with tokens", "HTTP without sessions"),
        ("HTTP with tokens", "HTTP, 2026-07-28"),
        ("HTTP with sessions", "HTTP, 2026-07-28"),
    ],
)
@pytest.mark.parametrize("headers", IMPOSTORS)
def test_who_carries_another_s_token_is_nobody(ann_s: str, way: str, headers: dict[str, str]) -> None:
    events = asyncio.run(impostor_s(ann_s, way, headers))
    assert [event.event for event in events] in (
        ["$mcp_tools_list", "$mcp_tool_call", "$exception"],
        ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call", "$exception"],
    )
    assert {event.distinct_id[:4] for event in events} == {"ses_"}
    assert {event.distinct_id == event.properties["$session_id"] for event in events} == {True}
    assert {event.properties.get("$process_person_profile") for event in events} == {False}
    assert [event for event in events if {"$set", "$groups"} & event.properties.keys()] == []
