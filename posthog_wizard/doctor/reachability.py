"""One server asked without a key, and how far the question came."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.doctor.endpoints import Endpoint
from posthog_wizard.doctor.network_routes import route_to
from posthog_wizard.errors import WrongUsage

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import ProbeAnswer, Unanswered

_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


class Reachability(NamedTuple):
    """How far it came: either an answer or the step that failed. `proxy` is its address without a password, empty for one of no use."""

    answer: ProbeAnswer | None
    failure: Unanswered | None
    proxy: str | None
    name_milliseconds: int | None  # None: not asked here, the proxy resolves it
    at: float = 0.0  # the time of this computer's clock when the answer came, in seconds since 1970


async def reach(endpoint: Endpoint, environment: Mapping[str, str], until: float) -> Reachability:
    """Ask, by `until` of `time.monotonic()`."""
    from posthog_wizard.api.http_probe import HttpProbe, Unanswered  # noqa: PLC0415 - it loads httpx

    try:
        route = route_to(endpoint.address, environment, endpoint.ca_file)
    except WrongUsage as problem:
        return Reachability(None, Unanswered("proxy", problem.message), "", None)
    resolved, proxy = None, route.proxy.url if route.proxy else None
    try:
        named = not (proxy or is_number(endpoint.address.host))
        resolved = await _resolved(endpoint, until) if named else None
        async with HttpProbe(endpoint.address.origin, route) as probe:
            method, content = endpoint.question
            answer = await probe.ask(method, endpoint.address.target, _HEADERS, content, until=until)
    except Unanswered as failure:
        return Reachability(None, failure, proxy, resolved)
    except WrongUsage as problem:  # the file of authorities
        return Reachability(None, Unanswered("tls", problem.message), proxy, resolved)
    return Reachability(answer, None, proxy, resolved, time.time())


def is_number(host: str) -> bool:
    """Whether the address needs no name server."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _resolved(endpoint: Endpoint, until: float) -> int:
    """Milliseconds that the name took. Raises Unanswered."""
    from posthog_wizard.api.http_probe import Unanswered  # noqa: PLC0415

    begun = time.monotonic()
    try:
        async with asyncio.timeout(max(0.0, until - begun)):
            await asyncio.get_running_loop().getaddrinfo(endpoint.address.host, endpoint.address.port)
    except (socket.gaierror, UnicodeError) as error:
        raise Unanswered("name", getattr(error, "strerror", None) or str(error)) from error
    except TimeoutError as error:
        raise Unanswered("name", f"the name server did not answer within {time.monotonic() - begun:.1f} s") from error
    return round((time.monotonic() - begun) * 1000)
