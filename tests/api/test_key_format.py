"""What is said about a key before PostHog is asked."""

from __future__ import annotations

import pytest

from posthog_wizard.api.key_format import read_key
from posthog_wizard.errors import CredentialError

KEY = "phx_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9k"
LEGACY = "qTjsppKJqYLr2YskbsLXmu46eW1oH0r3jZkmKaERlf0"


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"  {KEY}\r\n",
        f'"{KEY}"',
        f"'{KEY}' ",
        f"“{KEY}”",
        f"`{KEY}`",
        f"\ufeff{KEY}",
        f"Bearer {KEY}",
        f"bearer  {KEY}",
        f'"Bearer {KEY}"',
        f"Bearer '{KEY}'",
    ],
)
def test_accepted(text: str) -> None:
    assert read_key(text, hosted=True).reveal() == KEY


@pytest.mark.parametrize("key", ["phx_test", "phx_keyboardcat", "phx_yourself1", "phx_xerox", "phx_a_b-c", LEGACY])
def test_any_length_and_legacy(key: str) -> None:
    assert read_key(key).reveal() == key


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the key is empty"),
        (" \n", "the key is empty"),
        ('""', "the key is empty"),
        ("Bearer ", "the key is empty"),
        ("phc_abc123", "project API key"),
        ("Bearer phc_abc123", "project API key"),
        ("phs_abc123", "project secret key"),
        ("pha_abc123", "OAuth access token"),
        ("phr_abc123", "OAuth refresh token"),
        (f"{KEY}\n{KEY}", "several lines"),
        (f"{KEY} # mine", "whitespace"),
        ("phx_abc\x1b[31m", "control characters"),
        ("phx_abc\x00", "control characters"),
        ("phx_schlüssel", "not ASCII"),
        ("phx_", "ends after its beginning"),
        ("phx_abc,def", "characters that no key has"),
        (f"phx_{'a' * 2000}", "longer than 1000"),
        ("{INSERT_YOUR_PERSONAL_API_KEY_HERE}", "placeholder"),
        ("INSERT_YOUR_PERSONAL_API_KEY_HERE", "placeholder"),
        ("<KEY>", "placeholder"),
        ("<ph_personal_api_key>", "placeholder"),
        ("${POSTHOG_API_KEY}", "placeholder"),
        ("$POSTHOG_API_KEY", "placeholder"),
        ("%POSTHOG_API_KEY%", "placeholder"),
        ("your-key", "placeholder"),
        ("YOUR_PERSONAL_API_KEY", "placeholder"),
        ("your personal api key", "placeholder"),
        ("phx_your_api_key_here", "placeholder"),
        ("phx_xxxxxxxx", "placeholder"),
        ("xxxx", "placeholder"),
        ("api_key", "placeholder"),
        ("phx_...", "shortened key"),
        ("phx_…", "shortened key"),
        ("phx_...wXyz", "shortened key"),
        ("phx_***wXyz", "shortened key"),
        ("phx_Ab3d...wXyz", "shortened key"),
        ("sk-proj-abcdef", "another service"),
        ("ghp_abcdef", "another service"),
        ("eyJhbGciOi.eyJzdWIi.sig", "another service"),
    ],
)
def test_refused(text: str, sentence: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_key(text, base="https://eu.posthog.com")
    assert sentence in caught.value.message
    assert caught.value.hint == (
        "make a personal API key at https://eu.posthog.com/settings/user-api-keys?preset=mcp_server"
    )


@pytest.mark.parametrize("secret", ["phc_Ab3dEf6hIj9k", "phx_Ab3dEf6hIj9k\x07", "sk-Ab3dEf6hIj9k", "Ab3dEf6hIj9k x"])
def test_the_text_is_never_repeated(secret: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_key(secret)
    assert "Ab3dEf6hIj9k" not in f"{caught.value} {caught.value.hint}"


def test_legacy_keys_do_not_reach_the_hosted_server() -> None:
    with pytest.raises(CredentialError, match="hosted MCP server refuses"):
        read_key(LEGACY, hosted=True)


def test_without_a_region_both_pages_are_named() -> None:
    with pytest.raises(CredentialError) as caught:
        read_key("")
    assert "https://us.posthog.com/settings/user-api-keys?preset=mcp_server" in str(caught.value.hint)
    assert "https://eu.posthog.com/settings/user-api-keys?preset=mcp_server" in str(caught.value.hint)
