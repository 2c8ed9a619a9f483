"""Which session an event belongs to."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from posthog.mcp import SessionTokenPayload, derive_session_id_from_mcp_session, encode_session_id

from posthog_wizard.analytics.sessions import OwnSession, carried_session, derived_session, new_uuid
from tests.support.watched import NOON, FakeTime

OWN = re.compile(r"ses_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TOKEN = encode_session_id(SessionTokenPayload("ses_from_a_token", client_name="cursor"))


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


def test_characters_beyond_the_first_plane_count_as_javascript_counts_them() -> None:
    """The vector is what Node 22 computes with the algorithm over `charCodeAt`; the SDK for Python differs."""
    assert derived_session("𝔘") != derive_session_id_from_mcp_session("𝔘")
    assert derived_session("𝔘") == ASTRAL


ASTRAL = "ses_23beb6f8a51c4281fca5299c2a4bcdfd"


@pytest.mark.parametrize(
    ("identifier", "session"),
    [
        (TOKEN, "ses_from_a_token"),
        ("session-1", "ses_cf49184d219541d251425ec9c7eccbf2"),
        ("eyJub3QiOiJvdXJzIn0", derived_session("eyJub3QiOiJvdXJzIn0")),
    ],
)
def test_a_token_names_its_session_and_all_else_is_derived(identifier: str, session: str) -> None:
    assert carried_session(identifier) == session


def test_an_own_session_is_a_uuid_of_version_7() -> None:
    assert OWN.fullmatch(OwnSession(FakeTime().clock()).of(None))


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
    time = FakeTime()
    session = OwnSession(time.clock())
    first = session.of(None)
    time.pass_by(rest)
    assert (session.of(None) != first) is renewed


def test_every_request_keeps_a_session_awake() -> None:
    time = FakeTime()
    session = OwnSession(time.clock())
    seen = {session.of(None)}
    seen |= {_after(time, timedelta(minutes=20), session) for _ in range(9)}
    assert len(seen) == 1


def _after(time: FakeTime, rest: timedelta, session: OwnSession) -> str:
    time.pass_by(rest)
    return session.of(None)


def test_a_client_s_session_stays_and_is_not_renewed() -> None:
    time = FakeTime()
    session = OwnSession(time.clock())
    first = session.of("session-1")
    time.pass_by(timedelta(hours=9))
    assert session.of(None) == first == derived_session("session-1")


def test_a_uuid_carries_its_time() -> None:
    identifier = UUID(new_uuid(NOON))
    assert (identifier.version, identifier.int >> 80) == (7, int(NOON.timestamp() * 1000))
    assert new_uuid(NOON) != new_uuid(NOON)
