"""Requests to any address, one by one and never redirected: what came back, or at which step nothing did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

import httpx

from posthog_wizard.api.certificates import trusted
from posthog_wizard.api.issuer import certificate_issuer
from posthog_wizard.api.transport import USER_AGENT, pieces
from posthog_wizard.api.transport_errors import in_words, is_certificate_error, step_of
from posthog_wizard.model import Secret

ConnectStep = Literal["proxy", "name", "connect", "tls", "answer"]
_LARGEST = 16 * 1024 * 1024  # bytes of one answer
_CONNECT_TIMEOUT = 10.0  # seconds


class NetworkRoute(NamedTuple):
    """How an address is reached: through which proxy, and whom is trusted beside the system's authorities."""

    proxy: str | None = None
    login: tuple[str, Secret] | None = None  # the proxy's user and password
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

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

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
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(method, target, headers, content, enough)
        except TimeoutError as error:
            raise Unanswered("answer", f"no answer within {seconds or 0:.1f} seconds") from error
        except httpx.HTTPError as error:
            raise await self._unanswered(error) from error

    async def _ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes | None,
        enough: Callable[[bytes], bool],
    ) -> ProbeAnswer:
        start, body = time.monotonic(), bytearray()
        async with self._http.stream(
            method, f"{self._origin}{target}", headers=dict(headers), content=content
        ) as response:
            async for piece in pieces(response):
                body += piece
                if enough(piece) or len(body) > _LARGEST:
                    break
        spent = round((time.monotonic() - start) * 1000)
        return ProbeAnswer(
            response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body), spent
        )

    async def _unanswered(self, error: httpx.HTTPError) -> Unanswered:
        step = _step(error, proxied=self._route.proxy is not None)
        issuer = await certificate_issuer(self._origin, _proxy(self._route)) if is_certificate_error(error) else None
        return Unanswered(step, in_words(error), issuer)


class RoutedTransport(httpx.AsyncBaseTransport):
    """A transport for several origins, each by its own route."""

    def __init__(self, routes: Mapping[str, NetworkRoute]) -> None:
        self._transports = {httpx.URL(origin).host: _transport(origin, route) for origin, route in routes.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, by its host."""
        return await self._transports[request.url.host].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for each in self._transports.values():
            await each.aclose()


def _transport(origin: str, route: NetworkRoute) -> httpx.AsyncHTTPTransport:
    """What carries requests to an origin that way, and no other. Raises WrongUsage for a useless certificate file."""
    verify = trusted(route.ca_file) if origin.startswith("https:") else False
    return httpx.AsyncHTTPTransport(verify=verify, proxy=_proxy(route))


def _proxy(route: NetworkRoute) -> httpx.Proxy | None:
    if route.proxy is None:
        return None
    return httpx.Proxy(route.proxy, auth=(route.login[0], route.login[1].reveal()) if route.login else None)


def _step(error: httpx.HTTPError, *, proxied: bool) -> ConnectStep:
    """Through a proxy, a connection that fails before TLS is one to the proxy."""
    found = step_of(error)
    if proxied and found in {"name", "connect"}:
        return "proxy"
    return found
