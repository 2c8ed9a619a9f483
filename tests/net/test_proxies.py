"""Which proxy is used: one reading for every command of ours."""

from __future__ import annotations

import pytest

from posthog_wizard.api.transport import open_http, proxy_to
from posthog_wizard.doctor.probes.reachability import route_to
from posthog_wizard.errors import Unreachable, WrongUsage
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.proxies import proxy_for

HOSTED = "https://mcp.posthog.com/mcp"
PROXY = "http://proxy:1"


@pytest.mark.parametrize(
    ("url", "environment", "proxy"),
    [
        (HOSTED, {}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        (HOSTED, {"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        (HOSTED, {"HTTPS_PROXY": "http://loud:1", "https_proxy": "http://quiet:1"}, "http://quiet:1"),
        (HOSTED, {"ALL_PROXY": "https://proxy:443"}, "https://proxy:443"),
        (HOSTED, {"HTTP_PROXY": "http://proxy:3128"}, None),
        (HOSTED, {"HTTPS_PROXY": ""}, None),
        (HOSTED, {"HTTPS_PROXY": PROXY, "https_proxy": ""}, None),
        (HOSTED, {"HTTPS_PROXY": "", "https_proxy": PROXY}, PROXY),
        (HOSTED, {"HTTPS_PROXY": PROXY, "https_proxy": " ", "ALL_PROXY": "http://all:1"}, "http://all:1"),
        (HOSTED, {"NO_PROXY": "example.com"}, None),
        ("http://192.168.0.2/mcp", {"HTTP_PROXY": PROXY}, PROXY),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "*"}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "example.com, .posthog.com"}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "mcp.posthog.com"}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "no_proxy": "hog.com,,MCP.example.com"}, "http://proxy:1"),
        ("https://mcp.example.com:8443/mcp", {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "mcp.example.com:8443"}, None),
        ("http://127.0.0.1:8787/mcp", {"HTTP_PROXY": "http://proxy:1", "ALL_PROXY": "http://proxy:1"}, None),
        ("http://localhost:8787/mcp", {"HTTP_PROXY": "http://proxy:1"}, None),
        ("https://[::1]/mcp", {"HTTPS_PROXY": PROXY}, None),
    ],
)  # fmt: skip
def test_which_proxy(url: str, environment: dict[str, str], proxy: str | None) -> None:
    found = proxy_for(parse_address(url, allow_http=True), environment)
    assert (found.url if found else None) == proxy


@pytest.mark.parametrize(
    ("host", "exceptions", "exempt"),
    [
        ("mcp.posthog.com", "posthog.com", True), ("mcp.posthog.com", ".posthog.com", True), ("posthog.com", ".posthog.com", True),
        ("mcp.posthog.com", "*.posthog.com", True), ("posthog.com", "*.posthog.com", True), ("mcp.posthog.com", "*", True),
        ("mcp.posthog.com", "a.example,*", True), ("mcp.posthog.com", "a.example mcp.posthog.com", True),
        ("mcp.posthog.com", "a.example ,\tmcp.posthog.com", True), ("mcp.posthog.com", "MCP.PostHog.com", True),
        ("mcp.posthog.com", "mcp.posthog.com.", True), ("mcp.posthog.com.", "mcp.posthog.com", True),
        ("mcp.posthog.com", "mcp.posthog.com:443", True), ("mcp.posthog.com", ".posthog.com:443", True),
        ("mcp.posthog.com", "mcp.posthog.com:8443", False), ("mcp.posthog.com:8443", "mcp.posthog.com", True),
        ("mcp.posthog.com:8443", "posthog.com:8443", True), ("mcp.posthog.com:8443", "posthog.com:443", False),
        ("mcp.posthog.com", "hog.com", False), ("notposthog.com", "posthog.com", False), ("posthog.com.evil.example", "posthog.com", False),
        ("mcp.posthog.com", "", False), ("mcp.posthog.com", ",", False), ("mcp.posthog.com", ".", False), ("mcp.posthog.com", "[::1]", False),
        ("mcp.posthog.com", "://", False), ("mcp.posthog.com", "mcp.posthog.com:port", False), ("mcp.posthog.com", "10.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/8", True), ("10.1.2.3", "10.1.2.3/8", True), ("10.1.2.3", "10.1.2.3", True), ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "10.1.2.3:80", False), ("11.1.2.3", "10.0.0.0/8", False), ("10.1.2.3", "10.0.0.0/99", False), ("110.1.2.3", "10.1.2.3", False),
        ("[fd00::2]", "fd00::/8", True), ("[fd00::2]", "fd00::2", True), ("[fd00::2]", "[fd00::2]", True), ("[fd00::2]", "[fd00::2]:443", True),
        ("[fd00::2]", "[fd00::2]:80", False), ("[fd00::2]", "FD00:0::2", True), ("[fe80::2]", "fd00::/8", False), ("[fd00::2]", "10.0.0.0/8", False),
    ],
)  # fmt: skip
def test_what_no_proxy_exempts(host: str, exceptions: str, exempt: bool) -> None:
    address = parse_address(f"https://{host}/mcp")
    assert (proxy_for(address, {"HTTPS_PROXY": PROXY, "NO_PROXY": exceptions}) is None) is exempt


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize("exceptions", ["", "*", ".posthog.com", "10.0.0.0/8", "mcp.posthog.com:443", "[::1]"])
@pytest.mark.parametrize(
    "base", ["https://us.posthog.com", "https://mcp.posthog.com", "https://10.0.0.5", "http://10.0.0.5:8000"]
)
def test_the_api_the_bridge_and_doctor_agree(base: str, exceptions: str, variable: str) -> None:
    environment = {variable: PROXY, "NO_PROXY": exceptions}
    address = parse_address(base, allow_http=True)
    assert proxy_to(base, environment) == proxy_for(address, environment) == route_to(address, environment).proxy


def test_a_proxys_password_is_not_shown() -> None:
    found = proxy_for(parse_address(HOSTED), {"HTTPS_PROXY": "http://me%40corp:s%3Acret@proxy:3128"})
    assert found is not None
    assert found.url == "http://proxy:3128"
    assert found.login is not None
    assert (found.login[0], found.login[1].reveal()) == ("me@corp", "s:cret")
    assert "s:cret" not in repr(found)


def test_a_proxy_of_a_kind_that_cannot_be_used() -> None:
    with pytest.raises(WrongUsage, match="`socks4://proxy:1` is of a kind"):
        proxy_for(parse_address(HOSTED), {"ALL_PROXY": "socks4://me:secret@proxy:1"})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h:notaport", "http://h:notaport"), ("http://", "http://"), ("://", "://"), ("http://a b:1", "http://a b:1"), ("http:///x", "http:///x"),
        ("http://::1:3128", "http://::1:3128"), ("http://[::1", "http://[::1"), ("http://h:99999", "http://h:99999"), ("http://h:0", "http://h:0"),
        ("http://h:-1", "http://h:-1"), ("http://\x7f:1", "http://?:1"), ("http://me:secret@h:port", "h:port"), ("http://me:sec#ret@h:1", "h:1"),
        ("http://me:sec[ret@h:1", "h:1"), (f"http://{'a' * 200}", "a" * 93),
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_proxy(url: str, shown: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        proxy_for(parse_address(HOSTED), {"HTTPS_PROXY": url})
    assert f"{shown}` is not an address" in caught.value.message
    assert "sec" not in caught.value.message


@pytest.mark.parametrize("url", ["http://me:secret@h:port", "http://me:secret#x@h:1", "socks4://me:secret@h:1"])
def test_the_api_says_the_same(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(Unreachable, match=r"the proxy `\S+` is") as caught:
        open_http("https://us.posthog.com", transport=None, ca_file=None)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("proxy", (False, "proxy", 80)),
        ("https://proxy/path?x", (True, "proxy", 443)),
        ("http://[::1]:3128", (False, "::1", 3128)),
        ("http://bücher.example:1", (False, "xn--bcher-kva.example", 1)),
    ],
)
def test_where_a_proxy_is(url: str, place: tuple[bool, str, int]) -> None:
    found = proxy_for(parse_address(HOSTED), {"HTTPS_PROXY": url})
    assert found is not None
    assert found.place == place
