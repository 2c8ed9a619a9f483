"""A response that is not what was hoped for, read and understood. Loaded when there is one."""

from __future__ import annotations

import httpcore

from posthog_wizard.bridge import refusals
from posthog_wizard.bridge.faults import Fault
from posthog_wizard.bridge.flight import Flight
from posthog_wizard.bridge.incoming import location_of, pass_on, read
from posthog_wizard.bridge.link import Link
from posthog_wizard.bridge.messages import parse_strictly

KEPT = 1 << 16  # bytes of a refusal that are read


async def take_refusal(link: Link, flight: Flight, response: httpcore.Response) -> None:
    """Take a bad status over the answer to a message, whose body is read first: it may be the answer all the same.

    Raises the Fault that it is otherwise.
    """
    refusal = _refusal(link, flight, response, await read(response, KEPT, cut=True))
    if refusals.has_result(refusal):
        await pass_on(link, flight, parse_strictly(refusal.body))
    if not flight.message.owed or not flight.complete:
        raise refusals.fault_of(refusal)


async def refused(link: Link, flight: Flight, response: httpcore.Response) -> Fault:
    """The fault that a bad status is."""
    return refusals.fault_of(_refusal(link, flight, response, await read(response, KEPT, cut=True)))


def strange(link: Link, flight: Flight, response: httpcore.Response, body: bytes) -> Fault:
    """The fault that a body is which is no JSON-RPC."""
    return refusals.strange_body(_refusal(link, flight, response, body[:KEPT]))


def unfollowed(link: Link, flight: Flight, response: httpcore.Response) -> Fault:
    """The fault that a redirect is which leads too far."""
    return refusals.unfollowed(_refusal(link, flight, response, b""), location_of(response))


def _refusal(link: Link, flight: Flight, response: httpcore.Response, body: bytes) -> refusals.Refusal:
    return refusals.Refusal(
        url=f"{link.address.origin}{link.address.target.partition('?')[0]}",
        status=response.status,
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
        body=body,
        key=link.held.key,
        key_source=link.held.words,
        owed=frozenset(flight.owed),
        in_session=bool(link.session.id and flight.message.version is None and flight.method != "initialize"),
    )
