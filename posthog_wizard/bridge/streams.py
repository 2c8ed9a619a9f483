"""Streams of events that are opened with GET: the server's own one, and those that broke before their answer came.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
"""

from __future__ import annotations

import asyncio

import httpcore

from posthog_wizard.bridge.faults import Fault
from posthog_wizard.bridge.flight import Flight
from posthog_wizard.bridge.headers import Headers, field
from posthog_wizard.bridge.incoming import follow, is_stream
from posthog_wizard.bridge.link import Link
from posthog_wizard.bridge.pauses import Pauses
from posthog_wizard.bridge.troubles import broken_off, lost

BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.ProxyError)
BRIEFEST = 0.1  # seconds between two looks, whatever the server wishes


async def take_up(link: Link, flight: Flight) -> None:
    """Follow a stream from its last event on, or the server's own one from now on, until it ends.

    Raises Fault when the server does not offer it, or cannot be reached; a break in the middle is an end.
    """
    opened = False
    try:
        async with asyncio.timeout(None) as limit, link.upstream.exchange("GET", _headers(link, flight)) as response:
            opened = is_stream(response)
            if not opened:
                from posthog_wizard.bridge.refused import refused  # noqa: PLC0415 - heavy, and seldom needed

                raise await refused(link, flight, response)
            await follow(link, flight, response, limit)
    except BROKEN as error:
        if not opened:
            raise lost(link.address.origin, error, sent=True) from error
    except TimeoutError:  # the answer came and the stream stayed open
        return


async def resume(link: Link, flight: Flight) -> None:
    """Take up the broken stream of a request until its answer has come. Raises Fault."""
    pauses = Pauses(link.settings.waits)
    while not flight.complete:
        await asyncio.sleep(pause_of(link, flight))
        try:
            await take_up(link, flight)
            pauses = Pauses(link.settings.waits)
        except Fault as fault:
            if not fault.passing or not await pauses.after(fault):
                raise broken_off(link.address.origin) from fault


def pause_of(link: Link, flight: Flight) -> float:
    """Seconds before a stream is opened again, as the server wishes or as usual."""
    return max(BRIEFEST, link.settings.waits.resume if flight.retry is None else flight.retry)


def _headers(link: Link, flight: Flight) -> Headers:
    since = [field("Last-Event-ID", flight.last_event)] if flight.last_event else []
    return [*link.own_headers, (b"Accept", b"text/event-stream"), *link.session.headers, *since]
