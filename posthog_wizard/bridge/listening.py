"""The stream of what the server says by itself, open for as long as the session lasts.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from posthog_wizard.bridge.faults import Fault, SessionGone
from posthog_wizard.bridge.flight import Flight
from posthog_wizard.bridge.link import Link, log
from posthog_wizard.bridge.messages import message_of
from posthog_wizard.bridge.pauses import next_pause, spread
from posthog_wizard.bridge.streams import take_up


async def listen(link: Link) -> None:
    """Keep the stream open, through every break, until the server does not offer it or the session is another."""
    flight = Flight(message_of({}))
    session, waits, clock = link.session, link.settings.waits, asyncio.get_running_loop().time
    generation, opened = session.generation, False
    while session.generation == generation:
        began = clock()
        try:
            await take_up(link, flight)
            opened = True
        except Fault as fault:
            if isinstance(fault, SessionGone) and opened:
                from posthog_wizard.bridge.mending import Sent, renew  # noqa: PLC0415 - seldom needed

                with suppress(Fault):  # the next request will try again, and say so
                    await renew(link, flight, Sent(generation, link.held.key))
                return
            if isinstance(fault, SessionGone) or not fault.passing:
                log.info("the server offers no stream of its own: %s", fault.error.message)
                return
        session.pause = next_pause(waits, flight.retry, session.pause, clock() - began)
        await asyncio.sleep(spread(session.pause))
