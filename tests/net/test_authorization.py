"""The one reading of what stands where a key belongs."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.model import Secret
from posthog_wizard.net.authorization import bare_key, placeholder_in
from tests.support.bridged import bridged, call, request, settings
from tests.support.scripted import scripted

KEY = "phx_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9k"
NAMED = (
    "The environment variable `POSTHOG_AUTH_HEADER` holds the placeholder `${POSTHOG_API_KEY}`, not a key. "
    "Put the key itself into this server's entry, or run `posthog-wizard mcp add` again."
)
SPELLINGS = [
    KEY,
    f"Bearer {KEY}",
    f"bearer {KEY}",
    f"BEARER\t{KEY}",
    f"Bearer: {KEY}",
    f"Bearer bearer {KEY}",
    f"Authorization: Bearer {KEY}",
    f"authorization:{KEY}",
    f"Authorization=Bearer {KEY}",
    f"Bearer Authorization: Bearer {KEY}",
    f'"Bearer {KEY}"',
    f"Bearer '{KEY}'",
    f"“Bearer {KEY}”\r\n",
    f"Authorization: 'Bearer \"{KEY}\"'",
    f"POSTHOG_API_KEY={KEY}",
    f"export POSTHOG_PERSONAL_API_KEY='{KEY}'",
    f"x-api-key: {KEY}",
]


@pytest.mark.parametrize("text", SPELLINGS)
@pytest.mark.parametrize("name", ["POSTHOG_AUTH_HEADER", "POSTHOG_PERSONAL_API_KEY", "POSTHOG_API_KEY"])
def test_every_spelling_is_the_key(text: str, name: str) -> None:
    found = key_from_environment({name: text}, started_by_a_client=True)
    assert found[:3] == (Secret(KEY), name, ())


@pytest.mark.parametrize("text", ["", " ", "Bearer", "bearer ", "Authorization:", 'Authorization: "Bearer "', "''"])
def test_nothing_is_no_key(text: str) -> None:
    assert bare_key(text) == ""


@pytest.mark.parametrize("text", ["eyJhbGciOi.J9-_~+/=", "abc==", "a=b", "env:NAME", "bearers", "ghp_x"])
def test_what_else_a_server_may_want_stays(text: str) -> None:
    assert (bare_key(text), placeholder_in(text)) == (text, None)


@given(st.text(max_size=40))
def test_reading_twice_is_reading_once(text: str) -> None:
    assert bare_key(bare_key(text)) == bare_key(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${POSTHOG_API_KEY}", "the placeholder `${POSTHOG_API_KEY}`, not a key"),
        ("${env:POSTHOG_API_KEY}", "the placeholder `${env:POSTHOG_API_KEY}`, not a key"),
        ("${input:posthog-api-key}", "the placeholder `${input:posthog-api-key}`, not a key"),
        ("{env:KEY}", "the placeholder `{env:KEY}`, not a key"),
        ("$POSTHOG_API_KEY", "the placeholder `$POSTHOG_API_KEY`, not a key"),
        ("%POSTHOG_API_KEY%", "the placeholder `%POSTHOG_API_KEY%`, not a key"),
        ("{{POSTHOG_API_KEY}}", "the placeholder `{{POSTHOG_API_KEY}}`, not a key"),
        ("<KEY>", "the placeholder `<KEY>`, not a key"),
        (f"${{KEY:-{KEY}}}", "a placeholder, not a key"),
        (f"${KEY}", "a placeholder, not a key"),
        ("YOUR_API_KEY", "a placeholder, not a key"),
        ("phx_xxxxxxxx", "a placeholder, not a key"),
        (KEY, None),
    ],
)
def test_a_placeholder_is_named_and_a_key_never(text: str, words: str | None) -> None:
    assert placeholder_in(bare_key(f"Bearer {text}")) == words


def test_a_placeholder_is_not_sent_and_said_to_the_client() -> None:
    async def scenario() -> None:
        async with scripted() as server:
            async with bridged(settings(server.url, key=Secret("${POSTHOG_API_KEY}"))) as client:
                told = [heard["error"] for heard in await client.ask(request(0, "initialize"), call(1))]
            assert server.asked == []
        assert {error["message"] for error in told} == {NAMED}

    asyncio.run(scenario())
