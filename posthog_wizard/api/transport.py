"""The HTTP connection below the client: proxies, timeouts, pool."""

import os
import ssl
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Literal

import httpx

from posthog_wizard import __version__
from posthog_wizard.api.transport_errors import cut_off
from posthog_wizard.errors import Unreachable, WrongUsage
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.certificates import trusted
from posthog_wizard.net.proxies import Proxy, proxy_for

_CONNECT_TIMEOUT = 10.0  # seconds
_CONNECTIONS = 20  # open at once; further requests wait their turn
USER_AGENT = f"posthog-wizard/{__version__}"


class _SharedTransport(httpx.AsyncBaseTransport):
    """A transport that was handed in: several clients may use it, so none of them closes it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return await self._transport.handle_async_request(request)


def open_http(base: str, *, transport: httpx.AsyncBaseTransport | None, ca_file: Path | None) -> httpx.AsyncClient:
    """An httpx client for one PostHog. Proxies come from the environment, but loopback is never proxied.

    Raises WrongUsage for an unusable certificate file, Unreachable for proxy settings that cannot be followed.
    """
    proxy = proxy_to(base) if transport is None else None
    certificates = certificates_for(base, proxy, ca_file) if transport is None else False
    return httpx.AsyncClient(
        transport=None if transport is None else _SharedTransport(transport),
        verify=certificates,
        proxy=httpx_proxy(proxy, certificates),
        trust_env=False,
        timeout=httpx.Timeout(_CONNECT_TIMEOUT, pool=None),
        limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # a key needs no session beside it
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
    )


def proxy_to(base: str, environment: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy that the environment names for a PostHog. Raises Unreachable where it cannot be used."""
    try:
        return proxy_for(parse_address(base, allow_http=True), environment)
    except WrongUsage as error:
        told = f"the proxy settings of the environment cannot be used: {error}"
        raise Unreachable(told, "correct HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY") from error


def certificates_for(origin: str, proxy: Proxy | None, ca_file: Path | None) -> ssl.SSLContext | Literal[False]:
    """Whom to trust on the way; False where nothing on it is https. Raises WrongUsage for a file of no use."""
    secure = origin.startswith("https:") or (proxy is not None and proxy.url.startswith("https:"))
    return trusted(ca_file) if secure else False


def httpx_proxy(proxy: Proxy | None, certificates: ssl.SSLContext | Literal[False]) -> httpx.Proxy | None:
    """The same proxy in httpx's words."""
    if proxy is None:
        return None
    login = (proxy.login[0], proxy.login[1].reveal()) if proxy.login else None
    secure, *_ = proxy.place
    return httpx.Proxy(proxy.url, auth=login, ssl_context=(certificates or None) if secure else None)


def pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, unpacked. What was packed twice stays so: two kilobytes of it could be gigabytes in a single piece."""
    return response.aiter_raw() if "," in response.headers.get("content-encoding", "") else response.aiter_bytes()


async def body_within(response: httpx.Response, most: int, base: str, path: str) -> bytes | None:
    """The whole body, unpacked; None, and no more of it is read, where it has more than `most` bytes.

    Raises Unreachable, BadReply where it breaks off.
    """
    body = bytearray()
    try:
        async for piece in pieces(response):
            body += piece
            if len(body) > most:
                return None
    except httpx.HTTPError as error:
        raise cut_off(base, path, error) from error
    return bytes(body)
