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
from posthog_wizard.bridge.pauses import Pauses, next_pause
from posthog_wizard.bridge.troubles import broken_off, lost, silent

BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.ProxyError)


async def take_up(link: Link, flight: Flight) -> None:
    """Follow a stream from its last event on, or the server's own one from now on, until it ends.

    Raises Fault when the server does not offer it, or cannot be reached; a break in the middle is an end.
    """
    opened = False
    patience = link.settings.waits.answer if flight.owed else None  # nobody waits for the server's own one
    try:
        async with (
            asyncio.timeout(patience) as limit,
            link.upstream.exchange("GET", _headers(link, flight)) as response,
        ):
            opened = is_stream(response)
            if not opened:
                from posthog_wizard.bridge.refused import refused  # noqa: PLC0415 - heavy, and seldom needed

                raise await refused(link, flight, response)
            await follow(link, flight, response, limit)
    except BROKEN as error:
        if not opened:
            raise lost(link.address.origin, error, link.held.key, sent=True) from error
    except TimeoutError as error:
        if not opened:
            raise silent(link.address.origin, link.settings.waits.answer, sent=True) from error
        # else the answer came and the stream stayed open


async def resume(link: Link, flight: Flight) -> None:
    """Take up the broken stream of a request until its answer has come. Raises Fault.

    Only messages are progress: without any, the stream is taken up less and less often, and not for ever.
    """
    waits, clock = link.settings.waits, asyncio.get_running_loop().time
    since, heard, pause, lasted = clock(), flight.heard, 0.0, 0.0
    pauses = Pauses(waits)
    while not flight.complete:
        if flight.heard > heard:
            since, heard = clock(), flight.heard
        pause = next_pause(waits, flight.retry, pause, lasted)
        if clock() + pause > since + waits.resuming:
            raise broken_off(link.address.origin, passing=False)
        await asyncio.sleep(pause)
        began = clock()
        try:
            await take_up(link, flight)
            pauses = Pauses(waits)
        except Fault as fault:
            if not fault.passing or not await pauses.after(fault):
                raise broken_off(link.address.origin) from fault
        lasted = clock() - began


def _headers(link: Link, flight: Flight) -> Headers:
    since = [field("Last-Event-ID", flight.last_event)] if flight.last_event else []
    return [*link.own_headers, (b"Accept", b"text/event-stream"), *link.session.headers, *since]
