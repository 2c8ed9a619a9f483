"""Requests to any address, one by one and never redirected: what came back, or at which step nothing did."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

import httpx

from posthog_wizard.api.transport import USER_AGENT, certificates_for, httpx_proxy, pieces
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.certificates import certificate_issuer
from posthog_wizard.net.no_answer import ConnectStep, no_answer
from posthog_wizard.net.proxies import Proxy

_LARGEST = 16 * 1024 * 1024  # bytes of one answer
_CONNECT_TIMEOUT = 10.0  # seconds


class NetworkRoute(NamedTuple):
    """How an address is reached: through which proxy, and whom is trusted beside the system's authorities."""

    proxy: Proxy | None = None
    ca_file: Path | None = None


_DIRECT = NetworkRoute()


class ProbeAnswer(NamedTuple):
    """What came back. `headers` have lower-case names; `body` ends where `enough` said so."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int  # from the request to the last byte taken


class Unanswered(Exception):
    """No answer. `step` is the first that failed, `issuer` who signed a certificate that is not trusted."""

    def __init__(self, step: ConnectStep, words: str, issuer: str | None = None) -> None:
        super().__init__(words)
        self.step, self.words, self.issuer = step, words, issuer


class HttpProbe:
    """Requests to one origin over pooled connections. An async context manager.

    Only what the caller gives is sent: no cookies, no key of ours, no redirect followed. Raises WrongUsage for a
    certificate file of no use.
    """

    def __init__(self, origin: str, route: NetworkRoute = _DIRECT) -> None:
        self._origin, self._route = origin, route
        self._http = httpx.AsyncClient(
            transport=_transport(origin, route),
            timeout=httpx.Timeout(None, connect=_CONNECT_TIMEOUT),
            headers={"User-Agent": f"{USER_AGENT} (mcp doctor)"},
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        until: float | None = None,
        enough: Callable[[bytes], bool] = lambda _: False,
    ) -> ProbeAnswer:
        """One request to a path and query of the origin; `until` is a moment of `time.monotonic()`.

        `enough` sees each piece of the body and says when the rest is not wanted. Raises Unanswered.
        """
        seconds = None if until is None else max(0.0, until - time.monotonic())
        start, body = time.monotonic(), bytearray()
        sending = self._http.stream(method, f"{self._origin}{target}", headers=dict(headers), content=content)
        try:
            async with asyncio.timeout(seconds), sending as response:
                async for piece in pieces(response):
                    body += piece
                    if enough(piece) or len(body) > _LARGEST:
                        break
        except TimeoutError as error:
            raise Unanswered("answer", f"no answer within {seconds or 0:.1f} seconds") from error
        except httpx.HTTPError as error:
            raise await self._unanswered(error) from error
        spent = round((time.monotonic() - start) * 1000)
        named = {name.lower(): value for name, value in response.headers.items()}
        return ProbeAnswer(response.status_code, named, bytes(body), spent)

    async def _unanswered(self, error: httpx.HTTPError) -> Unanswered:
        why, proxy = no_answer(error), self._route.proxy
        address = parse_address(self._origin, allow_http=True)
        issuer = await certificate_issuer(address, proxy) if why.untrusted else None
        step: ConnectStep = "proxy" if proxy and why.step in {"name", "connect"} else why.step  # TLS comes after it
        return Unanswered(step, why.words if "{}" in why.story else why.story, issuer)


class RoutedTransport(httpx.AsyncBaseTransport):
    """A transport for several origins, each by its own route."""

    def __init__(self, routes: Mapping[str, NetworkRoute]) -> None:
        self._transports = {httpx.URL(origin).host: _transport(origin, route) for origin, route in routes.items()}
        self._routes = routes

    def proxy_to(self, base: str) -> Proxy | None:
        """The proxy on the route to that origin."""
        return self._routes[base].proxy

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, by its host."""
        return await self._transports[request.url.host].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for each in self._transports.values():
            await each.aclose()


def _transport(origin: str, route: NetworkRoute) -> httpx.AsyncHTTPTransport:
    """What carries requests to an origin that way, and no other. Raises WrongUsage for a useless certificate file."""
    certificates = certificates_for(origin, route.proxy, route.ca_file)
    return httpx.AsyncHTTPTransport(verify=certificates, proxy=httpx_proxy(route.proxy, certificates))
