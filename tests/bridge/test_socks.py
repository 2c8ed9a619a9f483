"""SOCKS proxies: the bridge and the API reach their servers through one, or say what is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from posthog_wizard.api.transport import httpx_proxy
from posthog_wizard.model import Secret
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.proxies import Proxy, proxy_for
from tests.support.authority import Authority
from tests.support.bridged import KEY, bridged, call, request, settings
from tests.support.scripted import scripted
from tests.support.socks_proxy import socks_proxy

LOGIN = ("mé", "secret")


@pytest.mark.parametrize("login", [None, LOGIN])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_plain_http_goes_through(login: tuple[str, str] | None, scheme: str) -> None:
    async def scenario() -> None:
        async with scripted() as server, socks_proxy(login, target=port_of(server.url)) as proxy:
            to = settings("http://mcp.example.invalid:81/mcp", allow_http=True)
            held = login and (login[0], Secret(login[1]))
            named = Proxy(proxy.url.replace("socks5", scheme), held)
            async with bridged(to._replace(proxy=named)) as client:
                answers = await client.ask(call(1), request(2, "ping"))
            assert [each["result"] for each in answers] == [{}, {}]
            assert {asked.target for asked in server.asked} == {"/mcp"}
            assert set(proxy.asked) == {("mcp.example.invalid", 81)}
            assert "proxy-authorization" not in server.asked[0].headers

    asyncio.run(scenario())


def test_a_password_that_nobody_asks_for_is_not_in_the_way() -> None:
    async def scenario() -> None:
        async with scripted() as server, socks_proxy(target=port_of(server.url)) as proxy:
            named = Proxy(proxy.url, (LOGIN[0], Secret(LOGIN[1])))
            to = settings("http://mcp.example.invalid/mcp", allow_http=True)
            async with bridged(to._replace(proxy=named)) as client:
                assert (await client.ask(call(1)))[0]["result"] == {}

    asyncio.run(scenario())


def test_tls_goes_through(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with scripted(tls=authority.server()) as server, socks_proxy() as proxy:
            async with bridged(settings(server.url, ca_file=authority.file, proxy=Proxy(proxy.url))) as client:
                assert (await client.ask(call(1)))[0]["result"] == {}
            assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
            assert proxy.asked == [("127.0.0.1", port_of(server.url))]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("login", "reply", "words"),
    [
        (("other", "one"), 0, "the proxy refused (it does not take its user and password)"),
        (None, 5, "the proxy refused (connection refused)"),
        (None, 2, "the proxy refused (connection not allowed by ruleset)"),
        (None, 99, "the proxy refused (it does not answer like a SOCKS proxy)"),
    ],
)
def test_a_proxy_that_refuses_is_named(login: tuple[str, str] | None, reply: int, words: str) -> None:
    async def scenario() -> None:
        async with socks_proxy(login, reply=reply) as proxy:
            to = settings("https://mcp.example.invalid/mcp")
            held = login and ("me", Secret("wrong"))
            async with bridged(to._replace(proxy=Proxy(proxy.url, held))) as client:
                [heard] = await client.ask(call(1))
            assert words in heard["error"]["message"]

    asyncio.run(scenario())


def test_a_proxy_that_wants_a_password_and_gets_none() -> None:
    async def scenario() -> None:
        async with (
            socks_proxy(LOGIN) as proxy,
            bridged(settings("https://x.invalid/", proxy=Proxy(proxy.url))) as client,
        ):
            [heard] = await client.ask(call(1))
            assert "the proxy refused (it wants another way to sign in)" in heard["error"]["message"]

    asyncio.run(scenario())


def test_what_is_no_socks_proxy() -> None:
    async def scenario() -> None:
        async with scripted() as server:
            named = Proxy(server.url.replace("http", "socks5").removesuffix("/mcp"))
            async with bridged(settings("https://x.invalid/mcp", proxy=named)) as client:
                server.cut_all()
                [heard] = await client.ask(call(1))
            assert "cannot be reached" in heard["error"]["message"]

    asyncio.run(scenario())


def test_the_api_goes_through_too() -> None:
    async def scenario() -> None:
        async with scripted() as server, socks_proxy(LOGIN) as proxy:
            held = Proxy(proxy.url, (LOGIN[0], Secret(LOGIN[1])))
            async with httpx.AsyncClient(proxy=httpx_proxy(held, False), trust_env=False) as client:
                found = await client.request("DELETE", server.url)
            assert found.status_code == 200
            assert proxy.asked == [("127.0.0.1", port_of(server.url))]

    asyncio.run(scenario())


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_the_environment_names_one(scheme: str) -> None:
    found = proxy_for(parse_address("https://mcp.posthog.com/mcp"), {"ALL_PROXY": f"{scheme}://me:secret@proxy"})
    assert found is not None
    assert (found.url, found.place, found.is_socks) == (f"{scheme}://proxy", (False, "proxy", 1080), True)


def port_of(url: str) -> int:
    """The port of an address on loopback."""
    return int(url.split(":")[2].split("/", maxsplit=1)[0])
