"""HTTP exchanges with one server, one at a time on each connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass, field

import httpcore

from posthog_wizard.bridge.address import Address
from posthog_wizard.bridge.network import Network
from posthog_wizard.bridge.proxies import Proxy
from posthog_wizard.bridge.settings import Waits

Headers = list[tuple[bytes, bytes]]
Connection = httpcore.AsyncHTTP11Connection | httpcore.AsyncHTTPProxy


@dataclass(frozen=True)
class Body:
    """A request's body that says when it is on its way. `None` is no body."""

    content: bytes
    sent: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes, once."""
        yield self.content
        self.sent.set()


class Exchange:
    """One request and its response, on a connection that is lent for it."""

    def __init__(self, upstream: Upstream, request: httpcore.Request) -> None:
        self._upstream, self._request = upstream, request

    async def __aenter__(self) -> httpcore.Response:
        """Send the request."""
        self._connection = await self._upstream.lend()
        self._response = await self._connection.handle_async_request(self._request)
        return self._response

    async def __aexit__(self, *_: object) -> None:
        """Give the connection back when the body was read to its end; cut it otherwise."""
        with suppress(httpcore.NetworkError):
            await self._response.aclose()
        self._upstream.take_back(self._connection)


class Upstream:
    """The connections to one address.

    `certificates` gives whom to trust, and is awaited for https only; None for plain http.
    """

    def __init__(
        self,
        address: Address,
        waits: Waits,
        certificates: Awaitable[ssl.SSLContext] | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._address, self._waits, self._certificates, self._proxy = address, waits, certificates, proxy
        self._origin = httpcore.Origin(address.scheme.encode(), address.host.encode(), address.port)
        self._idle: list[httpcore.AsyncHTTP11Connection] = []
        self._tunnels: httpcore.AsyncHTTPProxy | None = None
        self._network = Network()

    def exchange(
        self, method: str, headers: Headers, body: Body | None = None, *, target: str | None = None
    ) -> Exchange:
        """A request, sent when the block is entered, and its response.

        Raises httpcore's errors. Leaving early cuts the connection, which the server sees.
        """
        return Exchange(self, self._request(method, headers, body, target))

    async def aclose(self) -> None:
        """Cut the connections that nobody uses."""
        for connection in self._idle:
            await connection.aclose()
        self._idle.clear()
        if self._tunnels:
            await self._tunnels.aclose()

    async def lend(self) -> Connection:
        """A connection that nobody uses, a new one where there is none. Raises httpcore's errors."""
        if self._proxy:
            self._tunnels = self._tunnels or self._through(self._proxy, await self._trusted())
            return self._tunnels
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTP11Connection(self._origin, await self._open(), keepalive_expiry=self._waits.idle)

    def take_back(self, connection: Connection) -> None:
        """Keep a connection for the next exchange, if it can serve one."""
        if isinstance(connection, httpcore.AsyncHTTP11Connection) and connection.is_idle():
            self._idle.append(connection)

    async def _open(self) -> httpcore.AsyncNetworkStream:
        address, patience = self._address, self._waits.connect
        trusted = await self._trusted()
        stream = await self._network.connect_tcp(address.host, address.port, patience)
        return await stream.start_tls(trusted, address.host, patience) if trusted else stream

    def _url(self, target: str) -> httpcore.URL:
        address = self._address
        return httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=target)

    async def _trusted(self) -> ssl.SSLContext | None:
        return await self._certificates if self._certificates else None

    def _through(self, proxy: Proxy, trusted: ssl.SSLContext | None) -> httpcore.AsyncHTTPProxy:
        return httpcore.AsyncHTTPProxy(
            proxy.url,
            proxy_auth=(proxy.login[0], proxy.login[1].reveal()) if proxy.login else None,
            ssl_context=trusted,
            proxy_ssl_context=trusted if proxy.url.startswith("https:") else None,
            max_connections=None,
            keepalive_expiry=self._waits.idle,
            network_backend=self._network,
        )

    def _request(self, method: str, headers: Headers, body: Body | None, target: str | None) -> httpcore.Request:
        address = self._address
        fixed = [(b"Host", address.authority.encode())]
        if body:
            fixed.append((b"Content-Length", str(len(body.content)).encode()))
        return httpcore.Request(
            method,
            self._url(target or address.target),
            headers=[*fixed, *headers],
            content=body,
            extensions={"timeout": {"connect": self._waits.connect}},
        )
