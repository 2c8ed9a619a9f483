"""The stream of what the server says by itself, open for as long as the session lasts.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from posthog_wizard.bridge.backoff import next_pause, with_jitter
from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.delivery import Sent, reinitialize
from posthog_wizard.bridge.eras import subscription
from posthog_wizard.bridge.errors.delivery_errors import DeliveryError, SessionGone
from posthog_wizard.bridge.http.exchange import attempt, open_stream
from posthog_wizard.bridge.messages import PendingRequest, message_of, pending_request


async def listen(context: BridgeContext) -> None:
    """Keep the stream open, through every break, until the server does not offer it or the session is another."""
    pending = PendingRequest(message_of({}))
    session, waits, clock = context.session, context.settings.waits, asyncio.get_running_loop().time
    generation, opened = session.generation, False
    while session.generation == generation:
        began = clock()
        try:
            if session.meta is not None:  # of the later era
                pending = pending_request(subscription(session.meta, session.resources), private=True)
                await attempt(context, pending)
            else:
                await open_stream(context, pending)
            opened = True
        except DeliveryError as failure:
            if isinstance(failure, SessionGone) and opened:
                with suppress(DeliveryError):  # the next request will try again, and say so
                    await reinitialize(context, pending, Sent(generation, context.api_key.key))
                return
            if isinstance(failure, SessionGone) or not failure.transient:
                log.info("the server offers no stream of its own: %s", failure.error.message)
                return
        session.pause = next_pause(waits, pending.retry, session.pause, clock() - began)
        await asyncio.sleep(with_jitter(session.pause))
