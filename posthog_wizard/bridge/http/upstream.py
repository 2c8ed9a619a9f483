"""HTTP exchanges with one server, one at a time on each connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass, field

import httpcore

from posthog_wizard.bridge.run_settings import Waits
from posthog_wizard.net.addresses import Address
from posthog_wizard.net.proxies import Proxy
from posthog_wizard.net.sse import TooLarge
from posthog_wizard.net.tunnel import connect, login_header

_Headers = list[tuple[bytes, bytes]]
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.ProxyError)


@dataclass(frozen=True)
class Body:
    """A request's body that says when it is on its way. `None` is no body."""

    content: bytes
    sent: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes, once."""
        yield self.content
        self.sent.set()


class _Connection(httpcore.AsyncHTTP11Connection):
    """A connection that knows when its server has said more than it was asked."""

    @property
    def overfull(self) -> bool:
        """Whether something follows the last response: it would be taken for the answer to the next request."""
        return bool(self._h11_state.trailing_data[0])


class _Exchange:
    """One request and its response, on a connection that is lent for it."""

    def __init__(self, upstream: Upstream, request: httpcore.Request) -> None:
        self._upstream, self._request = upstream, request

    async def __aenter__(self) -> httpcore.Response:
        """Send the request."""
        self._connection = await self._upstream.acquire()
        self._response = await self._connection.handle_async_request(self._request)
        return self._response

    async def __aexit__(self, *_: object) -> None:
        """Give the connection back when the body was read to its end; cut it otherwise."""
        with suppress(httpcore.NetworkError):
            await self._response.aclose()
        await self._upstream.release(self._connection)


class Upstream:
    """The connections to one address.

    `certificates` gives whom to trust; None where nothing on the way is https.
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
        self._idle: list[_Connection] = []

    def exchange(
        self, method: str, headers: _Headers, body: Body | None = None, *, target: str | None = None
    ) -> _Exchange:
        """A request, sent when the block is entered, and its response.

        Raises httpcore's errors. Leaving early cuts the connection, which the server sees.
        """
        return _Exchange(self, self._request(method, headers, body, target))

    async def aclose(self) -> None:
        """Cut the connections that nobody uses."""
        for connection in self._idle:
            await connection.aclose()
        self._idle.clear()

    async def acquire(self) -> _Connection:
        """A connection that nobody uses, a new one where there is none. Raises httpcore's errors."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return _Connection(self._origin, await self._open(), keepalive_expiry=self._waits.idle)

    async def release(self, connection: _Connection) -> None:
        """Keep a connection for the next exchange, if it can serve one."""
        if connection.is_idle() and connection.overfull:
            await connection.aclose()
        elif connection.is_idle():
            self._idle.append(connection)

    async def _open(self) -> httpcore.AsyncNetworkStream:
        trusted = await self._certificates if self._certificates else None
        try:
            async with asyncio.timeout(self._waits.connect):
                return await connect(self._address, self._proxy, trusted)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error

    def _request(self, method: str, headers: _Headers, body: Body | None, target: str | None) -> httpcore.Request:
        address, target = self._address, target or self._address.target
        fixed = [(b"Host", address.authority.encode())]
        if self._proxy and not address.secure:  # the proxy passes it on itself
            fixed += login_header(self._proxy)
            target = f"{address.origin}{target}"
        if body:
            fixed.append((b"Content-Length", str(len(body.content)).encode()))
        return httpcore.Request(
            method,
            httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=target),
            headers=[*fixed, *headers],
            content=body,
        )


def header(response: httpcore.Response, name: bytes) -> bytes:
    """A response's header; empty when it is not there."""
    return next((value for key, value in response.headers if key.lower() == name), b"")


def location_of(response: httpcore.Response) -> str:
    """Where a redirect leads, in UTF-8, or in Latin-1 as HTTP once had it."""
    raw = header(response, b"location")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def read_body(response: httpcore.Response, largest: int, *, cut: bool = False) -> bytes:
    """The body. Raises TooLarge, unless what is too much may be `cut`."""
    pieces: list[bytes] = []
    size = 0
    async for some in response.aiter_stream():
        pieces.append(some)
        size += len(some)
        if size > largest and not cut:
            raise TooLarge
        if size > largest:
            break
    return b"".join(pieces)
