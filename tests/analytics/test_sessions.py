"""Which session an event belongs to."""

from __future__ import annotations

import gc
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from posthog.mcp import SessionTokenPayload, derive_session_id_from_mcp_session, encode_session_id

from posthog_wizard.analytics.options import Identity
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import Sessions, carried_session, derived_session, new_uuid
from tests.support.watched import NOON, FakeTime

OWN = re.compile(r"ses_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")
TOKEN = encode_session_id(SessionTokenPayload("ses_from_a_token", client_name="cursor"))
PERSON = encode_session_id(SessionTokenPayload("ann"))


class Channel:
    """Stands for what only one client's requests come through."""


@pytest.mark.parametrize(
    ("identifier", "session"),
    [
        ("0190f0e8-7a6b-7c3d-9e4f-5a6b7c8d9e0f", "ses_6df45f0102a182bcd5e8dd5dad6c65a0"),
        ("session-1", "ses_cf49184d219541d251425ec9c7eccbf2"),
        ("", "ses_84222325cbf29ce4805967715e2fab98"),
    ],
)
def test_the_vectors_of_the_contract(identifier: str, session: str) -> None:
    assert derived_session(identifier) == session


@pytest.mark.parametrize("identifier", ["a", "ü", "漢字", "0" * 500, "ses_1"])
def test_the_sdk_for_python_derives_the_same(identifier: str) -> None:
    assert derived_session(identifier) == derive_session_id_from_mcp_session(identifier)


@pytest.mark.parametrize(
    ("identifier", "session"),
    [
        (TOKEN, "ses_from_a_token"),
        ("session-1", "ses_cf49184d219541d251425ec9c7eccbf2"),
        ("eyJub3QiOiJvdXJzIn0", derived_session("eyJub3QiOiJvdXJzIn0")),
        (PERSON, derived_session(PERSON)),
    ],
)
def test_a_token_names_its_session_and_all_else_is_derived(identifier: str, session: str) -> None:
    assert carried_session(identifier) == session


def session(sessions: Sessions, channel: Channel | None, **told: Any) -> str:
    """The session id of a request."""
    return sessions.of(McpRequest("tools/list", channel=channel, **told)).identifier


def test_a_session_that_is_made_here_is_a_uuid_of_version_7_without_dashes() -> None:
    assert OWN.fullmatch(session(Sessions(FakeTime().clock()), Channel()))


@pytest.mark.parametrize(
    ("rest", "renewed"),
    [
        (timedelta(0), False),
        (timedelta(minutes=29, seconds=59), False),
        (timedelta(minutes=30), False),
        (timedelta(minutes=30, milliseconds=7), True),
        (timedelta(days=3), True),
    ],
)
def test_an_own_session_is_renewed_after_more_than_half_an_hour_of_rest(rest: timedelta, renewed: bool) -> None:
    time, pipe = FakeTime(), Channel()
    sessions = Sessions(time.clock())
    first = session(sessions, pipe)
    time.pass_by(rest)
    assert (session(sessions, pipe) != first) is renewed


def test_every_request_keeps_a_session_awake() -> None:
    time, pipe = FakeTime(), Channel()
    sessions = Sessions(time.clock())
    seen = {session(sessions, pipe)}
    seen |= {_after(time, timedelta(minutes=20), sessions, pipe) for _ in range(9)}
    assert len(seen) == 1


def _after(time: FakeTime, rest: timedelta, sessions: Sessions, pipe: Channel) -> str:
    time.pass_by(rest)
    return session(sessions, pipe)


def test_a_transport_s_session_stays_and_is_not_renewed() -> None:
    time, stream = FakeTime(), Channel()
    sessions = Sessions(time.clock())
    first = session(sessions, stream, session="session-1", headers={})
    time.pass_by(timedelta(hours=9))
    assert session(sessions, stream, session="session-1", headers={}) == first == derived_session("session-1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, False),  # two pipes
        ({"headers": {}}, {"headers": {}}, False),  # two event streams of the old transport
        ({"channel": None, "headers": {}}, {"channel": None, "headers": {}}, False),  # HTTP without sessions
        ({"channel": None, "headers": {}, "session": TOKEN}, {"channel": None, "headers": {}}, False),
        ({"channel": None, "headers": {}, "session": TOKEN}, {"channel": None, "headers": {}, "session": TOKEN}, True),
        ({"channel": None}, {"channel": None}, True),  # in one process with the client
    ],
)
def test_requests_are_of_one_session_where_something_says_so(one: Any, other: Any, same: bool) -> None:
    sessions = Sessions(FakeTime().clock())
    assert (
        session(sessions, **{"channel": Channel(), **one}) == session(sessions, **{"channel": Channel(), **other})
    ) is same


def test_what_no_request_tells_is_the_only_client_s_and_nobody_s_when_there_are_two() -> None:
    sessions, first, second = Sessions(FakeTime().clock()), Channel(), Channel()
    one = session(sessions, first)
    assert sessions.process.identifier == one
    other = session(sessions, second)
    assert session(sessions, first) == one
    assert len({one, other, sessions.process.identifier}) == 3


@pytest.mark.parametrize("stream", [None, Channel()])
def test_it_is_nobody_s_either_when_others_come_over_http(stream: Channel | None) -> None:
    sessions, pipe = Sessions(FakeTime().clock()), Channel()
    one = session(sessions, pipe)
    other = session(sessions, stream, headers={})
    assert session(sessions, pipe) == one
    assert len({one, other, sessions.process.identifier}) == 3


def test_sessions_are_forgotten_with_their_channels() -> None:
    sessions, pipes = Sessions(FakeTime().clock()), [Channel(), Channel()]
    kept = [session(sessions, pipe) for pipe in pipes]
    pipes.pop()
    gc.collect()  # a request may be held for a moment by what handled it
    assert (len(sessions._known), len(kept)) == (1, 2)


def test_a_uuid_carries_its_time() -> None:
    identifier = UUID(new_uuid(NOON))
    assert (identifier.version, identifier.int >> 80) == (7, int(NOON.timestamp() * 1000))
    assert new_uuid(NOON) != new_uuid(NOON)


def test_what_was_told_of_persons_is_forgotten_at_last() -> None:
    sessions, request = Sessions(FakeTime().clock()), McpRequest("tools/list", headers={})
    told = [sessions.is_news(request, Identity(f"user-{number}")) for number in range(1_005)]
    assert all(told)
    again = [sessions.is_news(request, Identity(user)) for user in ("user-1004", "user-4")]
    assert again == [False, True]
    assert sessions.is_news(request._replace(method="initialize"), Identity("user-1004"))
    assert sessions.is_news(request, Identity("user-1004", {"plan": "pro"}))
