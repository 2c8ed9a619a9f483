"""One message to the server, once, and what comes back for it."""

from __future__ import annotations

import asyncio

from posthog_wizard.bridge.address import redirected
from posthog_wizard.bridge.events import TooLarge
from posthog_wizard.bridge.flight import Flight
from posthog_wizard.bridge.headers import Headers, argument_headers, message_headers
from posthog_wizard.bridge.incoming import location_of, receive
from posthog_wizard.bridge.link import Link
from posthog_wizard.bridge.messages import Message, text_of
from posthog_wizard.bridge.streams import BROKEN, resume
from posthog_wizard.bridge.troubles import broken_off, is_untrusted, lost, silent, too_large
from posthog_wizard.bridge.upstream import Body

LEADING, KEEPING = {301, 302, 303, 307, 308}, {307, 308}  # redirects, and those after which a POST stays one
HOPS = 3  # redirects within the origin, one after another


async def attempt(link: Link, flight: Flight) -> None:
    """Send a message and bring back its answers. Raises Fault when not all came."""
    origin, waits = link.address.origin, link.settings.waits
    fault, began = None, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(waits.silence if flight.method == "tools/call" else waits.answer) as limit:
            await _post(link, flight, limit)
    except TimeoutError:
        waited = asyncio.get_running_loop().time() - began
        fault = silent(origin, waited, sent=flight.sent.is_set())
    except TooLarge:
        fault = too_large(origin, link.settings.largest)
    except BROKEN as error:
        issuer = await link.issuer() if is_untrusted(error) else None
        fault = lost(origin, error, link.held.key, sent=flight.sent.is_set(), issuer=issuer)
    if flight.message.owed and flight.complete:  # what happened after the answer is of no importance
        return
    if flight.last_event and flight.message.version is None:
        await resume(link, flight)
    elif fault or not flight.complete:
        raise fault or broken_off(origin)


async def _post(link: Link, flight: Flight, limit: asyncio.Timeout) -> None:
    flight.last_event = flight.retry = None
    address, headers = link.address, headers_of(link, flight.message)
    for _ in range(1 + HOPS):
        body = Body(flight.message.raw, flight.sent)
        async with link.upstream.exchange("POST", headers, body, target=address.target) as response:
            if response.status not in LEADING:
                return await receive(link, flight, response, limit)
            location = location_of(response)
            following = redirected(address, location) if location and response.status in KEEPING else None
        if following is None:
            break
        address = following
    from posthog_wizard.bridge.refused import unfollowed  # noqa: PLC0415 - heavy, and seldom needed

    raise unfollowed(link, flight, response)


def headers_of(link: Link, message: Message) -> Headers:
    """Everything that a POST of this message carries."""
    headers = link.own_headers + message_headers(message)
    if message.version is None:
        return headers + (link.session.headers if message.method != "initialize" else [])
    places = link.mirrored.places(text_of(message.parameters, "name")) if message.method == "tools/call" else {}
    return headers + argument_headers(places, message.parameters.get("arguments"))
