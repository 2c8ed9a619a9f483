"""Proxies: that the key reaches only the server behind one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from posthog_wizard.model import Secret
from posthog_wizard.net.proxies import Proxy
from tests.support.authority import Authority
from tests.support.bridged import KEY, bridged, call, request, settings
from tests.support.forward_proxy import forward_proxy
from tests.support.scripted import refuse, result, scripted

HOSTED = "https://mcp.posthog.com/mcp"


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
