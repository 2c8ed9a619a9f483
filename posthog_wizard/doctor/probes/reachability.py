"""Which servers matter on this machine, and the way to each: by which proxy, and how far a question without a key comes."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from posthog_wizard.api.hosts import api_base
from posthog_wizard.clients.recognise import HOSTED_ADDRESS
from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.doctor.context import Context, OwnKey
from posthog_wizard.doctor.destinations import BOTH, Destination, destination_of
from posthog_wizard.doctor.probes.handshake import POSTED, introduction
from posthog_wizard.doctor.probes.probe_failure import ProbeFailure, no_answer_failure
from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.addresses import Address, parse_address
from posthog_wizard.net.proxies import proxy_for

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import NetworkRoute, ProbeAnswer, Unanswered

_WHO = "/api/users/@me/"  # without a key PostHog answers 401, in JSON


class Endpoint(NamedTuple):
    """A server, and the question that it answers without a key. `certain`: something is known to lead there."""

    kind: Literal["api", "hosted"]
    address: Address
    ca_file: Path | None = None
    certain: bool = True


def endpoints(context: Context) -> tuple[Endpoint, ...]:
    """Each server once. Where a key's region is open, both regions count, but neither is certain."""
    source = context.key()
    led = [destination_of(entry, context.machine) for entry in context.trusted if not entry.switched_off]
    led += [Destination(source.key, bases_of_source(source))] if source.key is not None else []
    found: dict[tuple[str, str], Endpoint] = {}
    for one in (endpoint for where in led for endpoint in _of(where)):
        known = found.setdefault((one.kind, one.address.origin), one)
        if one.certain > known.certain:
            found[one.kind, one.address.origin] = one
    return tuple(found.values())


def bases_of_source(source: OwnKey) -> tuple[str, ...]:
    """The PostHogs that the key of our own commands may be for."""
    with suppress(WrongUsage):  # the command that uses it says so
        return (api_base(source.host, allow_http=True),) if source.host else BOTH
    return ()


def _of(where: Destination) -> Iterator[Endpoint]:
    with suppress(WrongUsage):  # the trial of that entry says so
        if where.url and HOSTED_ADDRESS.match(where.url):
            yield Endpoint("hosted", parse_address(where.url, allow_http=True), where.ca_file)
    for base in where.bases:
        with suppress(WrongUsage):
            address = parse_address(f"{base}{_WHO}", allow_http=True)
            yield Endpoint("api", address, where.ca_file, certain=len(where.bases) == 1)


_CONNECT_PATIENCE = 2.0  # seconds; a server that takes longer is slow, and may be there
SHORT = 4.0  # seconds that a program has whose server is out of reach: enough to see whether it starts


def route_to(address: Address, environment: Mapping[str, str], ca_file: Path | None = None) -> NetworkRoute:
    """The route, as the environment describes it. Raises WrongUsage for a kind of proxy that nobody here can use."""
    from posthog_wizard.api.http_probe import NetworkRoute  # noqa: PLC0415 - it loads httpx

    named = environment.get("SSL_CERT_FILE")  # OpenSSL's own variable
    authorities = ca_file or (Path(named) if named else None)
    return NetworkRoute(proxy_for(address, environment), authorities)


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
            method, content = ("GET", None) if endpoint.kind == "api" else ("POST", json.dumps(introduction()).encode())
            answer = await probe.ask(method, endpoint.address.target, POSTED, content, until=until)
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


def why_unreachable(address: Address) -> ProbeFailure | None:
    """What stands in the way to that address; None where a connection can be made, or nothing is known in time.

    A bridge repeats its first message for some seconds, in case a computer is just waking up, and then says what was
    known at once: nobody shall wait for that.
    """
    from posthog_wizard.api.http_probe import Unanswered  # noqa: PLC0415

    place = (address.host, address.port)
    connecting = start_in_background(lambda: socket.create_connection(place, _CONNECT_PATIENCE).close())
    try:
        connecting.result(_CONNECT_PATIENCE)
    except socket.gaierror as error:
        return no_answer_failure(address.origin, Unanswered("name", error.strerror or str(error)), None)
    except ConnectionRefusedError:
        return no_answer_failure(address.origin, Unanswered("connect", "it refuses connections"), None)
    except (OSError, UnicodeError):
        pass  # nothing is known, as after a time-out
    return None
