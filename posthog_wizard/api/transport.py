"""The HTTP connection below the client: proxies, timeouts, pool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.request import getproxies

import httpx

from posthog_wizard import __version__
from posthog_wizard.api.certificates import trusted
from posthog_wizard.api.hosts import proxied
from posthog_wizard.api.proxy_address import proxy_at
from posthog_wizard.errors import Unreachable, WrongUsage

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

    Raises WrongUsage for an unusable certificate file, Unreachable for proxy settings that httpx cannot follow.
    """
    verify = trusted(ca_file) if base.startswith("https:") and transport is None else False
    try:
        _check_proxies(base)
        return httpx.AsyncClient(
            transport=None if transport is None else _SharedTransport(transport),
            verify=verify,
            trust_env=proxied(base),
            timeout=httpx.Timeout(_CONNECT_TIMEOUT, pool=None),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # a key needs no session beside it
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )
    except (ValueError, ImportError, httpx.InvalidURL, WrongUsage) as error:
        raise Unreachable(
            f"the proxy settings of the environment cannot be used: {error}",
            "correct HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY",
        ) from error


def pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, unpacked. What was packed twice stays so: two kilobytes of it could be gigabytes in a single piece."""
    return response.aiter_raw() if "," in response.headers.get("content-encoding", "") else response.aiter_bytes()


def _check_proxies(base: str) -> None:
    """Read what httpx will read: its own complaint may hold a part of a password. Raises WrongUsage."""
    named = getproxies() if proxied(base) else {}
    for url in filter(None, map(named.get, ("http", "https", "all"))):
        proxy_at(url)
