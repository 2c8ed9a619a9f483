"""Where a key may go."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.addresses import parse_address, redirected
from posthog_wizard.operations.connection import connection


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "authority"),
    [
        ("https://mcp.posthog.com/mcp", "mcp.posthog.com", 443, "/mcp", "mcp.posthog.com"),
        ("HTTPS://MCP.PostHog.com:443/mcp?a=1,2#x", "mcp.posthog.com", 443, "/mcp?a=1,2", "mcp.posthog.com"),
        ("https://mcp.example.com:8443", "mcp.example.com", 8443, "/", "mcp.example.com:8443"),
        ("http://127.0.0.1:8787/mcp", "127.0.0.1", 8787, "/mcp", "127.0.0.1:8787"),
        ("http://localhost/mcp", "localhost", 80, "/mcp", "localhost"),
        ("http://[::1]:8787/mcp", "::1", 8787, "/mcp", "[::1]:8787"),
        ("https://bücher.example/mcp", "xn--bcher-kva.example", 443, "/mcp", "xn--bcher-kva.example"),
    ],
)
def test_an_address(url: str, host: str, port: int, target: str, authority: str) -> None:
    found = parse_address(url)
    assert (found.host, found.port, found.target, found.authority) == (host, port, target, authority)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "not an http or https URL"),
        ("mcp.posthog.com/mcp", "not an http or https URL"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("ws://mcp.example.com", "not an http or https URL"),
        ("https://", "names no host"),
        ("https://mcp.example.com:port/", "not an http or https URL"),
        ("https://mcp.example.com:99999/", "not an http or https URL"),
        ("https://mcp.example.com:0/", "no server has the port 0"),
        ("https://me:secret@mcp.example.com/", "user name"),
        ("https://mcp.example.com/a b", "stray character"),
        ("https://mcp.example.com/ü", "stray character"),
        ("https://" + "x" * 64 + ".com/", "not an http or https URL"),
        ("http://mcp.example.com/mcp", "plain http"),
        ("http://192.168.0.1/mcp", "plain http"),
        ("http://127.0.0.1.example.com/mcp", "plain http"),
    ],
)
def test_what_is_no_address_for_a_key(url: str, words: str) -> None:
    with pytest.raises(WrongUsage, match=words) as raised:
        parse_address(url)
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "url", ["", "foo", "https://", "https://me:secret@mcp.example.com/", "https://mcp.example.com/a b"]
)
def test_add_and_bridge_say_the_same_of_an_address(url: str) -> None:
    given: Any = {"host": None, "region": None, "server": None, "allow_http": False, "ca_file": None}
    with pytest.raises(WrongUsage) as of_bridge:
        parse_address(url)
    with pytest.raises(WrongUsage) as of_add:
        connection(mcp_url=url, **given)
    assert of_add.value.message == of_bridge.value.message
    assert of_bridge.value.hint == "pass an address like `https://mcp.posthog.com/mcp` with `--url`"
    assert of_add.value.hint == "pass an address like `https://mcp.posthog.com/mcp` with `--mcp-url`"


def test_plain_http_where_it_is_allowed() -> None:
    assert parse_address("http://mcp.example.com/mcp", allow_http=True).secure is False


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/other", "/other"),
        ("other", "/a/other"),
        ("?page=2", "/a/mcp?page=2"),
        ("https://mcp.example.com/x", "/x"),
        ("https://MCP.example.com:443/x", "/x"),
        ("//mcp.example.com/x", "/x"),
        ("http://mcp.example.com/x", None),
        ("https://mcp.example.com:8443/x", None),
        ("https://evil.example/x", None),
        ("https://mcp.example.com.evil.example/x", None),
        ("https://mcp.example.com@evil.example/x", None),
        ("https://user@mcp.example.com/x", None),
        ("//evil.example/x", None),
        ("javascript:alert(1)", None),
        ("file:///x", None),
        ("https://[/x", None),
        ("https://mcp.example.com:port/x", None),
    ],
)
def test_a_redirect_stays_within_the_origin(location: str, target: str | None) -> None:
    found = redirected(parse_address("https://mcp.example.com/a/mcp"), location)
    assert (found.target if found else None) == target
    assert found is None or found.origin == "https://mcp.example.com"
