"""A connection to a server, straight or through an HTTP or SOCKS proxy.

CONNECT is done here and not by httpcore, which waits for a silent proxy without end, and which would take what a proxy sends after
its answer for the first bytes of the server.
"""

from __future__ import annotations

import base64
import re
import ssl

import httpcore

from posthog_wizard.net.addresses import Address
from posthog_wizard.net.asyncio_backend import connect_tcp
from posthog_wizard.net.proxies import Proxy

_LARGEST = 1 << 16  # bytes of a proxy's answer
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([^\r\n]*))?\r?\n")
_END = re.compile(rb"\r?\n\r?\n")


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
