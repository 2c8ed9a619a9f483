"""Proxies: which is used, and that the key reaches only the server behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from posthog_wizard.api.proxy_address import Proxy
from posthog_wizard.api.transport import open_http
from posthog_wizard.bridge.address import parse_address
from posthog_wizard.bridge.proxies import proxy_for
from posthog_wizard.errors import Unreachable, WrongUsage
from posthog_wizard.model import Secret
from tests.support.authority import Authority
from tests.support.bridged import KEY, bridged, call, request, settings
from tests.support.forward_proxy import forward_proxy
from tests.support.scripted import refuse, result, scripted

HOSTED = "https://mcp.posthog.com/mcp"


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
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "*"}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "example.com, .posthog.com"}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "mcp.posthog.com"}, None),
        (HOSTED, {"HTTPS_PROXY": "http://proxy:1", "no_proxy": "hog.com,,MCP.example.com"}, "http://proxy:1"),
        ("https://mcp.example.com:8443/mcp", {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "mcp.example.com:8443"}, None),
        ("http://127.0.0.1:8787/mcp", {"HTTP_PROXY": "http://proxy:1", "ALL_PROXY": "http://proxy:1"}, None),
        ("http://localhost:8787/mcp", {"HTTP_PROXY": "http://proxy:1"}, None),
    ],
)  # fmt: skip
def test_which_proxy(url: str, environment: dict[str, str], proxy: str | None) -> None:
    found = proxy_for(parse_address(url), environment)
    assert (found.url if found else None) == proxy


def test_a_proxys_password_is_not_shown() -> None:
    found = proxy_for(parse_address(HOSTED), {"HTTPS_PROXY": "http://me%40corp:s%3Acret@proxy:3128"})
    assert found is not None
    assert found.url == "http://proxy:3128"
    assert found.login is not None
    assert (found.login[0], found.login[1].reveal()) == ("me@corp", "s:cret")
    assert "s:cret" not in repr(found)


def test_a_proxy_of_a_kind_that_cannot_be_used() -> None:
    with pytest.raises(WrongUsage, match="`socks5://proxy:1` is of a kind"):
        proxy_for(parse_address(HOSTED), {"ALL_PROXY": "socks5://me:secret@proxy:1"})


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
    assert f"{shown}` is no address" in caught.value.message
    assert "sec" not in caught.value.message


@pytest.mark.parametrize("url", ["http://me:secret@h:port", "http://me:secret#x@h:1", "socks5://me:secret@h:1"])
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


def test_plain_http_is_passed_on_by_the_proxy_itself() -> None:
    async def scenario() -> None:
        async with scripted() as server:
            to = settings("http://mcp.example.invalid:81/mcp?x=1", allow_http=True)
            login = ("mé", Secret("secret"))
            async with bridged(to._replace(proxy=Proxy(server.url.removesuffix("/mcp"), login))) as client:
                assert [each["result"] for each in await client.ask(call(1), request(2, "ping"))] == [{}, {}]
            assert {asked.target for asked in server.asked} == {"http://mcp.example.invalid:81/mcp?x=1"}
            assert server.asked[0].headers["host"] == "mcp.example.invalid:81"
            assert server.asked[0].headers["proxy-authorization"] == "Basic bcOpOnNlY3JldA=="

    asyncio.run(scenario())


def test_the_key_goes_through_the_proxy_unseen(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        steps = {"tools/call": [refuse(429), result()]}
        async with scripted(steps, tls=authority.server()) as server, forward_proxy() as proxy:
            login = ("me", Secret("secret"))
            to = settings(server.url, ca_file=authority.file, proxy=Proxy(proxy.url, login))
            async with bridged(to) as client:
                await client.begin()
                answers = await client.ask(call(1), request(2, "ping"))
            assert [each["result"] for each in answers] == [{}, {}]
            assert server.of("ping")[0].headers["authorization"] == f"Bearer {KEY}"
            assert {asked.split(" ")[0] for asked in proxy.asked} == {"CONNECT"}
            assert "Proxy-Authorization: Basic bWU6c2VjcmV0" in proxy.asked[0]
            assert KEY not in "".join(proxy.asked)

    asyncio.run(scenario())


@pytest.mark.parametrize("error_response", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_a_proxy_that_refuses_is_named(error_response: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with scripted(tls=Authority(tmp_path).server()) as server, forward_proxy(error_response) as proxy:
            async with bridged(settings(server.url, proxy=Proxy(proxy.url))) as client:
                [heard] = await client.ask(call(1))
            assert f"the proxy refused ({error_response})" in heard["error"]["message"]
            assert "HTTPS_PROXY" in heard["error"]["message"]

    asyncio.run(scenario())


def test_a_proxy_that_is_not_there() -> None:
    async def scenario() -> None:
        async with bridged(settings(HOSTED, proxy=Proxy("http://127.0.0.1:9"))) as client:
            [heard] = await client.ask(call(1))
            assert "it refuses connections" in heard["error"]["message"]

    asyncio.run(scenario())
