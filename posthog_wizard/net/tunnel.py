"""A connection to a server, straight or through an HTTP proxy.

CONNECT is done here and not by httpcore, which waits for a silent proxy without end, and which would take what a proxy sends after
its answer for the first bytes of the server.
"""

from __future__ import annotations

import base64
import re
import ssl

import httpcore

from posthog_wizard.net.addresses import Address
from posthog_wizard.net.asyncio_backend import AsyncioBackend
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
    stream: httpcore.AsyncNetworkStream = await AsyncioBackend().connect_tcp(host, port)
    try:
        if trusted and secure:
            stream = await stream.start_tls(trusted, host)
        if trusted and proxy and address.secure:
            await _dig(stream, proxy, address)
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
