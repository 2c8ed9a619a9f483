"""Which servers matter on this machine: those to which an entry leads, or the key of our own commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import api_base
from posthog_wizard.clients.recognise import HOSTED_ADDRESS
from posthog_wizard.doctor.context import Context, OwnKey
from posthog_wizard.doctor.destinations import BOTH, Destination, destination_of
from posthog_wizard.doctor.probes.handshake import introduction
from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.addresses import Address, parse_address

_WHO = "/api/users/@me/"  # without a key PostHog answers 401, in JSON


class Endpoint(NamedTuple):
    """A server, and the question that it answers without a key. `certain`: something is known to lead there."""

    kind: Literal["api", "hosted"]
    address: Address
    ca_file: Path | None = None
    certain: bool = True

    @property
    def shown(self) -> str:
        """Its name for people."""
        return self.address.authority

    @property
    def question(self) -> tuple[str, bytes | None]:
        """The method and the body."""
        return ("GET", None) if self.kind == "api" else ("POST", json.dumps(introduction()).encode())


def endpoints(context: Context) -> tuple[Endpoint, ...]:
    """Each server once. Where a key's region is open, both regions count, but neither is certain."""
    found: dict[tuple[str, str], Endpoint] = {}
    for one in _all(context):
        place = (one.kind, one.address.origin)
        known = found.get(place)
        found[place] = one if known is None or one.certain > known.certain else known
    return tuple(found.values())


def _all(context: Context) -> Iterator[Endpoint]:
    for entry in context.trusted:
        if not entry.switched_off:
            yield from _of(destination_of(entry, context.machine))
    source = context.key()
    if source.key is not None:
        yield from _of(Destination(source.key, bases_of_source(source)))


def bases_of_source(source: OwnKey) -> tuple[str, ...]:
    """The PostHogs that the key of our own commands may be for."""
    with suppress(WrongUsage):  # the command that uses it says so
        return (api_base(source.host, allow_http=True),) if source.host else BOTH
    return ()


def _of(where: Destination) -> Iterator[Endpoint]:
    if where.url and HOSTED_ADDRESS.match(where.url):
        yield from _landmark("hosted", where.url, where, certain=True)
    for base in where.bases:
        yield from _landmark("api", f"{base}{_WHO}", where, certain=len(where.bases) == 1)


def _landmark(kind: Literal["api", "hosted"], url: str, where: Destination, *, certain: bool) -> Iterable[Endpoint]:
    try:
        return (Endpoint(kind, parse_address(url, allow_http=True), where.ca_file, certain),)
    except WrongUsage:  # the trial of that entry says so
        return ()
