"""TLS: whom the bridge trusts, and what it says of those it does not."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from posthog_wizard.model import Json
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.certificates import certificate_issuer
from tests.support.authority import Authority
from tests.support.bridged import bridged, call, request, settings
from tests.support.scripted import scripted


def message(answer: Json) -> str:
    """The words of an error."""
    return str(answer["error"]["message"])


def test_an_authority_of_the_users_own_is_trusted(tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with scripted(tls=authority.server()) as server:
            async with bridged(settings(server.url, ca_file=authority.file)) as client:
                await client.begin()
                assert [each["result"] for each in await client.ask(*(request(n, "ping") for n in range(5)))] == [
                    {}
                ] * 5
            assert server.connections <= 6

    asyncio.run(scenario())


def test_a_certificate_that_nobody_knows_is_refused_and_its_issuer_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with scripted(tls=Authority(tmp_path).server()) as server, bridged(settings(server.url)) as client:
            first, second = await client.ask(call(1), request(2, "ping"))
            assert "its certificate is not trusted (" in message(first)
            assert "issued by `Example Corp, Corporate Proxy CA`" in message(first)
            assert "--ca-file" in message(first)
            assert "may or may not" not in message(first)
            assert "Corporate Proxy CA" in message(second)
            assert server.asked == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("host", "days", "words"),
    [
        ("127.0.0.1", -1, "certificate has expired)"),
        ("127.0.0.2", 30, "IP address mismatch, certificate is not valid for '127.0.0.1', issued by"),
    ],
)
def test_a_certificate_that_is_wrong_is_refused(host: str, days: int, words: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        authority = Authority(tmp_path)
        async with scripted(tls=authority.server(host, days)) as server:
            async with bridged(settings(server.url, ca_file=authority.file)) as client:
                [heard] = await client.ask(call(1))
                assert words in message(heard)
                assert "Check the address and this computer's clock" in message(heard)
                assert "--ca-file" not in message(heard)
            assert server.asked == []

    asyncio.run(scenario())


def test_https_to_a_server_without_tls() -> None:
    async def scenario() -> None:
        def begin(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with bridged(settings(f"https://127.0.0.1:{port}/mcp")) as client:
                [heard] = await client.ask(call(1))
        assert "TLS failed" in message(heard)
        assert "may or may not" not in message(heard)

    asyncio.run(scenario())


def test_http_to_a_server_with_tls(tmp_path: Path) -> None:
    async def scenario() -> None:
        tls = Authority(tmp_path).server()
        async with scripted(tls=tls) as server, bridged(settings(server.url.replace("https:", "http:"))) as client:
            [heard] = await client.ask(call(1))
            assert "cannot be reached: it broke off, or does not speak HTTP" in message(heard)

    asyncio.run(scenario())


def test_no_issuer_where_nobody_answers() -> None:
    async def scenario() -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            port = silent.getsockname()[1]
            address = parse_address(f"https://127.0.0.1:{port}/mcp")
            assert await certificate_issuer(address, None, 0.5) is None
            silent.listen()
            assert await certificate_issuer(address, None, 0.1) is None

    asyncio.run(scenario())
