"""Addresses as people type them, and the pages of the web application."""

from __future__ import annotations

import pytest

from posthog_wizard.api import hosts
from posthog_wizard.errors import WrongUsage

US, EU = "https://us.posthog.com", "https://eu.posthog.com"


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("us", US),
        ("eu", EU),
        ("EU", EU),
        (US, US),
        ("https://us.posthog.com/", US),
        ("us.posthog.com", US),
        ("https://app.posthog.com", US),
        ("https://app.posthog.com.", US),
        ("http://eu.i.posthog.com.", EU),
        ("https://us.i.posthog.com", US),
        ("http://eu.i.posthog.com", EU),
        ("https://eu.posthog.com/project/12/settings", EU),
        ("  https://eu.posthog.com\n", EU),
        ("posthog.example.com", "https://posthog.example.com"),
        ("https://PostHog.Example.com:443/", "https://posthog.example.com"),
        ("https://posthog.example.com:8443", "https://posthog.example.com:8443"),
        ("https://example.com/posthog/", "https://example.com/posthog"),
        ("https://example.com./posthog", "https://example.com/posthog"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.8.8.8", "http://127.8.8.8"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("https://münchen.example", "https://münchen.example"),
        ("not-us.posthog.com.example.com", "https://not-us.posthog.com.example.com"),
    ],
)
def test_base(text: str, base: str) -> None:
    assert hosts.api_base(text) == base


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("https://", "names no host"),
        ("https://ex ample.com", "stray character"),
        ("https://example.com\nevil.com", "stray character"),
        ("https://example.com\\@evil.com", "stray character"),
        ("ftp://example.com", "its scheme is `ftp`"),
        ("file:///etc/passwd", "its scheme is `file`"),
        ("https://user:secret@example.com", "a user name or password"),
        ("https://example.com?x=1", "before `?` and `#`"),
        ("https://example.com/#x", "before `?` and `#`"),
        ("https://example.com/a//b", "its path"),
        ("https://example.com/../b", "its path"),
        ("https://example.com:99999", "Port out of range"),
        ("https://example.com:0", "no server has the port 0"),
        ("https://example.com:port", "Port could not be cast"),
        ("https://[::1", "Invalid IPv6 URL"),
        ("https://exa<mple.com", "names no host"),
        ("http://posthog.example.com", "plain http"),
        ("http://192.168.0.2:8000", "plain http"),
        ("http://0.0.0.0:8000", "plain http"),
        ("http://localhost.example.com", "plain http"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(WrongUsage, match=r"^`") as caught:
        hosts.api_base(text)
    assert reason in caught.value.message
    assert caught.value.hint
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_plain_http_when_allowed() -> None:
    assert hosts.api_base("http://posthog.lan:8000/", allow_http=True) == "http://posthog.lan:8000"


@pytest.mark.parametrize(
    ("base", "region", "ingestion"),
    [
        (US, "us", "https://us.i.posthog.com"),
        (EU, "eu", "https://eu.i.posthog.com"),
        ("https://posthog.example.com", "self-hosted", "https://posthog.example.com"),
        ("http://localhost:8000", "self-hosted", "http://localhost:8000"),
    ],
)
def test_region_and_ingestion(base: str, region: str, ingestion: str) -> None:
    assert (hosts.region_of(base), hosts.ingestion_host(base)) == (region, ingestion)


@pytest.mark.parametrize(
    ("region", "host", "bases"),
    [
        (None, None, (US, EU)),
        ("us", None, (US,)),
        ("eu", None, (EU,)),
        (None, "app.posthog.com", (US,)),
        (None, "posthog.example.com", ("https://posthog.example.com",)),
    ],
)
def test_hosts_to_ask(region: str | None, host: str | None, bases: tuple[str, ...]) -> None:
    assert hosts.hosts_to_ask(region, host) == bases


@pytest.mark.parametrize(("region", "host"), [("us", US), ("mars", None), (None, "ftp://x")])
def test_hosts_not_to_ask(region: str | None, host: str | None) -> None:
    with pytest.raises(WrongUsage):
        hosts.hosts_to_ask(region, host)


@pytest.mark.parametrize(
    ("kind", "identifier", "address"),
    [
        ("dashboard", 5, f"{EU}/project/2/dashboard/5"),
        ("insight", "aBc1", f"{EU}/project/2/insights/aBc1"),
        ("feature_flag", 7, f"{EU}/project/2/feature_flags/7"),
        ("experiment", 8, f"{EU}/project/2/experiments/8"),
        ("survey", "0190", f"{EU}/project/2/surveys/0190"),
        ("error", "0191", f"{EU}/project/2/error_tracking/0191"),
        ("event", "sign up/../", f"{EU}/project/2/data-management/events/sign%20up%2F..%2F"),
    ],
)
def test_pages(kind: str, identifier: int | str, address: str) -> None:
    assert hosts.app_page(EU, 2, kind, identifier) == address


def test_key_page() -> None:
    assert hosts.key_page(EU) == "https://eu.posthog.com/settings/user-api-keys?preset=mcp_server"
