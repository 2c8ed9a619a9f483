"""A connection to a server, straight or through an HTTP or SOCKS proxy, over asyncio as httpcore wants it.

httpcore's own way to asyncio leads through anyio, which costs a third of the time of a small call.

CONNECT is done here and not by httpcore, which waits for a silent proxy without end, and which would take what a proxy sends after
its answer for the first bytes of the server.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from contextlib import suppress
from typing import Any, cast

import httpcore

from posthog_wizard.net.addresses import Address
from posthog_wizard.net.proxies import Proxy

_LARGEST = 1 << 16  # bytes of a proxy's answer
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([^\r\n]*))?\r?\n")
_END = re.compile(rb"\r?\n\r?\n")
_MANY = 1 << 14  # bytes that are not held back
_HIGH_WATER = 1 << 20  # bytes that may wait to be read before the other side is told to pause

# A peer that vanished without a word is noticed within about a minute: probes while it is silent, and a limit on how
# long what was sent may stay unacknowledged (in milliseconds, on Linux). Constants that a system lacks are left out.
_PROBES = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}


def login_header(proxy: Proxy) -> list[tuple[bytes, bytes]]:
    """What introduces us to the proxy (RFC 7617), where it wants that."""
    if proxy.login is None:
        return []
    user, password = proxy.login
    return [(b"Proxy-Authorization", b"Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()))]


async def connect(address: Address, proxy: Proxy | None, trusted: ssl.SSLContext | None) -> httpcore.AsyncNetworkStream:
    """A stream to the server, or to the proxy that passes plain requests on. What fails leaves none open.

    Raises httpcore's errors.
    """
    secure, host, port = proxy.place if proxy else (address.secure, address.host, address.port)
    stream = await connect_tcp(host, port)
    try:
        if trusted and secure:
            stream = await stream.start_tls(trusted, host)
        if proxy and proxy.is_socks:
            await _dig_by_socks(stream, proxy, address)
        elif trusted and proxy and address.secure:
            await _dig(stream, proxy, address)
        if trusted and proxy and address.secure:
            stream = await stream.start_tls(trusted, address.host)
    except BaseException:
        await stream.aclose()
        raise
    return stream


async def _dig(stream: httpcore.AsyncNetworkStream, proxy: Proxy, address: Address) -> None:
    """Let the proxy connect this stream with that server. Raises ProxyError and ReadError."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    authority = f"{host}:{address.port}".encode()
    fields = [(b"Host", authority), *login_header(proxy)]
    lines = [b"CONNECT %b HTTP/1.1" % authority, *(b"%b: %b" % field for field in fields), b"", b""]
    await stream.write(b"\r\n".join(lines))
    head = b""
    while not (end := _END.search(head)):
        some = await stream.read(_LARGEST)
        head += some
        if not some or len(head) > _LARGEST:
            raise httpcore.ProxyError("it does not answer like a proxy")
    status = _STATUS.match(head)
    if status is None:
        raise httpcore.ProxyError("it does not answer like a proxy")
    if not status[1].startswith(b"2"):
        raise httpcore.ProxyError(b" ".join(filter(None, status.groups())).decode("latin-1"))
    if end.end() < len(head) or stream.get_extra_info("is_readable"):
        raise httpcore.ProxyError("it speaks in the server's place")


async def _dig_by_socks(stream: httpcore.AsyncNetworkStream, proxy: Proxy, address: Address) -> None:
    """Let a SOCKS proxy connect this stream with that server, whose name it resolves itself (RFC 1928 and 1929)."""
    from socksio import exceptions, socks5  # noqa: PLC0415 - an extra

    by_password = socks5.SOCKS5AuthMethod.USERNAME_PASSWORD
    methods = [socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED, *([by_password] if proxy.login else [])]
    try:
        await stream.write(socks5.SOCKS5AuthMethodsRequest(methods).dumps())
        chosen = socks5.SOCKS5AuthReply.loads(await _exactly(stream, 2)).method
        if chosen not in methods:
            raise httpcore.ProxyError("it wants another way to sign in")
        if proxy.login and chosen == by_password:
            user, password = proxy.login[0].encode(), proxy.login[1].reveal().encode()
            await stream.write(socks5.SOCKS5UsernamePasswordRequest(user, password).dumps())
            if not socks5.SOCKS5UsernamePasswordReply.loads(await _exactly(stream, 2)).success:
                raise httpcore.ProxyError("it does not take its user and password")
        goal = (address.host, address.port)
        await stream.write(socks5.SOCKS5CommandRequest.from_address(socks5.SOCKS5Command.CONNECT, goal).dumps())
        head = await _exactly(stream, 5)
        rest = {1: 3, 3: head[4], 4: 15}.get(head[3], 0) + 2  # what is left of the address, by its kind, and the port
        reply = socks5.SOCKS5Reply.loads(head + await _exactly(stream, rest))
    except (exceptions.ProtocolError, ValueError) as error:
        raise httpcore.ProxyError("it does not answer like a SOCKS proxy") from error
    if reply.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED:
        raise httpcore.ProxyError(reply.reply_code.name.replace("_", " ").lower())


async def _exactly(stream: httpcore.AsyncNetworkStream, size: int) -> bytes:
    """So many bytes. Raises ProxyError where there are fewer."""
    found = b""
    while len(found) < size:
        some = await stream.read(size - len(found))
        if not some:
            raise httpcore.ProxyError("it hung up")
        found += some
    return found


# ------------------------------------------------------------------ TCP and TLS


async def connect_tcp(host: str, port: int) -> httpcore.AsyncNetworkStream:
    """A connection to the first address of the host that answers. Raises httpcore's ConnectError or -Timeout."""
    # A number is one address: nothing to race for, and a race that is cancelled may drop an open socket.
    delay = None if ":" in host or host.replace(".", "").isdigit() else 0.25
    try:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(_AsyncioProtocol, host, port, happy_eyeballs_delay=delay)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError from error
    connection = protocol.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return _AsyncioStream(protocol)


class _AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection, as httpcore wants it. Its waiting is limited where it is used, not here.

    What is written leaves with the next read, so that a small request is one packet, not one for each of its parts.
    """

    def __init__(self, protocol: _AsyncioProtocol) -> None:
        self._protocol = protocol
        self._unsent: list[bytes] = []

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        """Some bytes; none at the end. Raises ReadError."""
        with suppress(httpcore.WriteError):  # what can be read tells more
            await self._flush()
        try:
            return await self._protocol.read(max_bytes)
        except OSError as error:
            raise httpcore.ReadError from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109
        """Take bytes, and send them when they are many. Raises WriteError."""
        self._unsent.append(buffer)
        if len(buffer) > _MANY:
            await self._flush()

    async def aclose(self) -> None:
        """Cut the connection."""
        self._protocol.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> _AsyncioStream:
        """The same connection under TLS. Raises ConnectError, ConnectTimeout."""
        start, protocol = asyncio.get_running_loop().start_tls, self._protocol
        try:
            async with asyncio.timeout(timeout):
                transport = await start(protocol.transport, protocol, ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:  # ssl.SSLError is one
            raise httpcore.ConnectError from error
        if transport is None:
            raise httpcore.ConnectError from ConnectionResetError("the connection was closed during the TLS handshake")
        protocol.transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks: is anything waiting on an idle connection, and which TLS is it."""
        if info == "is_readable":
            return self._protocol.readable
        return self._protocol.transport.get_extra_info(info)

    async def _flush(self) -> None:
        some, self._unsent = b"".join(self._unsent), []
        try:
            if some:
                await self._protocol.write(some)
        except OSError as error:
            raise httpcore.WriteError from error


class _AsyncioProtocol(asyncio.Protocol):
    """The bytes of one connection, both ways, with back-pressure both ways."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._received = bytearray()
        self._over: OSError | None = None  # why the connection is no more; an end without a reason is `_ended`
        self._ended = False
        self._reading: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None

    @property
    def readable(self) -> bool:
        """Whether reading would give something, or the end, at once."""
        return bool(self._received) or self._ended

    async def read(self, limit: int) -> bytes:
        """At most `limit` bytes as soon as there are some, none at the end. Raises OSError."""
        while not self.readable:
            self._reading = asyncio.get_running_loop().create_future()
            await self._reading
        if not self._received and self._over:
            raise self._over
        some = bytes(self._received[:limit])
        del self._received[:limit]
        if not self._ended and len(self._received) < _HIGH_WATER:
            self.transport.resume_reading()
        return some

    async def write(self, some: bytes) -> None:
        """Hand bytes to the transport; wait while it has too many. Raises OSError."""
        if self._ended:
            raise self._over or ConnectionResetError("the connection was closed")
        self.transport.write(some)
        if self._writable:
            await self._writable

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._received += data
        if len(self._received) >= _HIGH_WATER:
            self.transport.pause_reading()
        self._wake(self._reading)

    def eof_received(self) -> None:
        """Called by asyncio; the transport closes itself."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._end(exc if isinstance(exc, OSError) else None)

    def pause_writing(self) -> None:
        """Called by asyncio."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Called by asyncio."""
        self._wake(self._writable)
        self._writable = None

    def _end(self, reason: OSError | None) -> None:
        self._ended, self._over = True, self._over or reason
        self._wake(self._reading)
        self._wake(self._writable)

    @staticmethod
    def _wake(waiting: asyncio.Future[None] | None) -> None:
        if waiting and not waiting.done():
            waiting.set_result(None)
