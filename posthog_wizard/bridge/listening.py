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
from posthog_wizard.bridge.pauses import spread
from posthog_wizard.bridge.streams import pause_of, take_up

STEADY = 5.0  # seconds after which a stream that ends is one that worked


async def listen(link: Link) -> None:
    """Keep the stream open, through every break, until the server does not offer it or the session is another."""
    flight = Flight(message_of({}))
    generation, opened, pause = link.session.generation, False, 0.0
    clock = asyncio.get_running_loop().time
    while link.session.generation == generation:
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
        usual = pause_of(link, flight)
        pause = usual if clock() - began > STEADY else min(max(usual, 2 * pause), link.settings.waits.longest_pause)
        await asyncio.sleep(spread(pause))
