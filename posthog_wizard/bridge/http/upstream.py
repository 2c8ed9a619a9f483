"""HTTP exchanges with one server, one at a time on each connection, to the place where it says that it is."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpcore

from posthog_wizard.bridge.http.headers import Headers
from posthog_wizard.bridge.run_settings import Waits
from posthog_wizard.net.addresses import Address, redirected
from posthog_wizard.net.proxies import Proxy
from posthog_wizard.net.sse import TooLarge
from posthog_wizard.net.tunnel import connect, login_header

log = logging.getLogger("posthog_wizard.bridge")
_HOPS = 3  # redirects within the origin, one after another
REDIRECTS = {301, 302, 303, 307, 308}
_KEEP_METHOD = {307, 308}  # after the others a POST would become a GET
_PIECE = 1 << 20  # bytes that are unpacked at once
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


class Upstream:
    """The connections to one address.

    `certificates` gives whom to trust; None where nothing on the way is https. `address` moves with redirects.
    """

    def __init__(
        self,
        address: Address,
        waits: Waits,
        certificates: Awaitable[ssl.SSLContext] | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self.address, self._waits, self._certificates, self._proxy = address, waits, certificates, proxy
        self._origin = httpcore.Origin(address.scheme.encode(), address.host.encode(), address.port)
        self._idle: list[_Connection] = []

    @asynccontextmanager
    async def exchange(
        self, method: str, headers: Headers, body: Body | None = None
    ) -> AsyncIterator[httpcore.Response]:
        """Send a request, where redirects within the origin lead, and give its response.

        The place where a POST was taken is remembered; a GET may be sent where browsers go. Raises httpcore's errors.
        Leaving before the body was read to its end cuts the connection, which the server sees.
        """
        address, followed = self.address, _KEEP_METHOD if method == "POST" else REDIRECTS
        for hops in range(1 + _HOPS):
            connection = await self.acquire()
            try:
                response = await connection.handle_async_request(self.request(method, headers, body, address))
            except BaseException:  # cancelled before httpcore took notice, among others
                await connection.aclose()
                raise
            path, kind = address.target.partition("?")[0], header(response, b"content-type")[:80]
            log.debug("server %s %s: %d %s", method, path, response.status, kind.decode("latin-1"))
            location = location_of(response) if hops < _HOPS and response.status in followed else ""
            following = redirected(address, location) if location else None
            try:
                if following is None:
                    self.address = address if method == "POST" and response.status not in REDIRECTS else self.address
                    yield response
                    return
            finally:
                with suppress(httpcore.NetworkError):
                    await response.aclose()
                await self.release(connection)
            address = following

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
        trusted = await self._certificates if self._certificates else None
        try:
            async with asyncio.timeout(self._waits.connect):
                stream = await connect(self.address, self._proxy, trusted)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        return _Connection(self._origin, stream, keepalive_expiry=self._waits.idle)

    async def release(self, connection: _Connection) -> None:
        """Keep a connection for the next exchange, if it can serve one."""
        if connection.is_idle() and connection.overfull:
            await connection.aclose()
        elif connection.is_idle():
            self._idle.append(connection)

    def request(self, method: str, headers: Headers, body: Body | None, address: Address) -> httpcore.Request:
        """A request as it goes over a connection of ours."""
        target = address.target
        fixed = [(b"Host", address.authority.encode())]
        if self._proxy and not self._proxy.is_socks and not address.secure:  # the proxy passes it on itself
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
    async for some in content_of(response):
        pieces.append(some)
        size += len(some)
        if size > largest and not cut:
            raise TooLarge
        if size > largest:
            break
    return b"".join(pieces)


def content_of(response: httpcore.Response) -> AsyncIterator[bytes]:
    """The body as it comes, unpacked where gzip was used although nobody asked for it."""
    packed = header(response, b"content-encoding").strip().lower() in {b"gzip", b"x-gzip"}
    return _unpacked(response) if packed else response.aiter_stream()


async def _unpacked(response: httpcore.Response) -> AsyncIterator[bytes]:
    """The bytes below gzip (RFC 1952), of which one may follow another. Raises RemoteProtocolError."""
    import zlib  # noqa: PLC0415 - seldom needed

    reader = zlib.decompressobj(wbits=31)
    begun = False
    async for some in response.aiter_stream():
        rest, piece = some, b""
        while (rest and (begun or rest.strip(b"\0"))) or len(piece) == _PIECE:  # zeros that fill up the end are nothing
            try:
                piece = reader.decompress(rest, _PIECE)
            except zlib.error as error:
                raise httpcore.RemoteProtocolError(f"its gzip is broken: {error}") from error
            yield piece
            rest, begun = reader.unconsumed_tail or reader.unused_data, not reader.eof
            reader = zlib.decompressobj(wbits=31) if reader.eof else reader
    if begun:
        raise httpcore.RemoteProtocolError("its gzip is cut off")
