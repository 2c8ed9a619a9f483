"""Which URLs PostHog does not connect to."""

from __future__ import annotations

import pytest

from posthog_wizard.api.installation_urls import blocked, url_refusal


@pytest.mark.parametrize(
    "url",
    [
        "https://mcp.linear.app/mcp",
        "https://mcp.linear.app",
        "https://MCP.Linear.App.:8443/mcp?x=1#y",
        "https://8.8.8.8/mcp",
        "https://[2606:4700:4700::1111]/mcp",
        "https://mcp.bücher.example/mcp",
        "https://local.example.com",
        "https://my_server.example.com",
    ],
)
def test_good_ones(url: str) -> None:
    assert url_refusal(url) is None


@pytest.mark.parametrize(
    ("reason", "urls"),
    [
        ("does not begin with https://", ["mcp.linear.app", "ftp://mcp.linear.app", "//mcp.linear.app", "", "file:///x"]),
        ("is not a URL", ["https://[::1", "https://mcp.linear.app:x", "https://mcp.linear.app:99999", "https://ü..x"]),
        ("contains whitespace", ["https://mcp.linear.app/a b", "https://mcp.linear.app\n", " https://mcp.linear.app"]),
        ("holds a backslash", ["https://mcp.linear.app\\@127.0.0.1/", "https://mcp.linear.app%5c.evil/"]),
        ("user name or password", ["https://me@mcp.linear.app", "https://127.0.0.1@mcp.linear.app"]),
        ("names no host", ["https://", "https:///x", "https://-a.example", "https://a..b", f"https://{'a' * 64}.com"]),
        ("that host is private", ["https://localhost/mcp", "https://LOCALHOST.", "https://metadata.google.internal"]),
        (
            "in a private network",
            [
                f"https://mcp{ending}"
                for ending in (
                    ".local", ".internal", ".svc.cluster.local", ".cluster.local", ".consul", ".lan", ".home", ".corp",
                    ".localdomain", ".home.arpa", ".intranet", ".priv",
                )
            ]
            + ["https://intranet", "https://mcp.LAN."],
        ),
        (
            "private or reserved",
            [
                "https://127.0.0.1", "https://127.1", "https://2130706433", "https://0x7f000001", "https://0177.0.0.1",
                "https://10.0.0.1:8443/x", "https://172.16.0.1", "https://192.168.1.1", "https://169.254.169.254/latest",
                "https://100.64.0.1", "https://0.0.0.0", "https://224.0.0.1", "https://240.0.0.1", "https://[::1]",
                "https://[::ffff:10.0.0.1]", "https://[fe80::1]", "https://[fc00::1]", "https://[::]", "https://[ff02::1]",
            ],
        ),
        ("longer than 2048", ["https://mcp.linear.app/" + "a" * 2048]),
        ("plain http", ["http://mcp.linear.app/mcp", "HTTP://mcp.linear.app"]),
    ],
)  # fmt: skip
def test_bad_ones(reason: str, urls: list[str]) -> None:
    assert dict.fromkeys(urls, reason) == {url: reason for url in urls if reason in (url_refusal(url) or "")}


@pytest.mark.parametrize(
    ("url", "is_blocked"), [("http://mcp.linear.app", False), ("http://10.0.0.1", True), ("https://x.lan", True)]
)
def test_what_posthog_itself_refuses(url: str, is_blocked: bool) -> None:
    assert (blocked(url) is not None) == is_blocked
