"""Streams of events that are opened with GET: the server's own one, and those that broke before their answer came.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
"""

from __future__ import annotations

import asyncio

from posthog_wizard.bridge.backoff import Backoff, next_pause
from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.errors.delivery_errors import DeliveryError
from posthog_wizard.bridge.errors.network_errors import answer_timed_out, broken_off, connection_lost
from posthog_wizard.bridge.http.headers import Headers, field
from posthog_wizard.bridge.http.responses import follow, is_stream
from posthog_wizard.bridge.http.upstream import BROKEN, read_body
from posthog_wizard.bridge.messages import PendingRequest


async def open_stream(context: BridgeContext, pending: PendingRequest) -> None:
    """Follow a stream from its last event on, or the server's own one from now on, until it ends.

    Raises DeliveryError when the server does not offer it, or cannot be reached; a break in the middle is an end.
    """
    opened = False
    patience = context.settings.waits.answer if pending.pending_ids else None  # nobody waits for the server's own one
    try:
        async with (
            asyncio.timeout(patience) as limit,
            context.upstream.exchange("GET", _headers(context, pending)) as response,
        ):
            opened = is_stream(response)
            if not opened:
                from posthog_wizard.bridge.errors import http_errors  # noqa: PLC0415 - heavy, and seldom needed

                body = await read_body(response, http_errors.REFUSAL_BYTES, cut=True)
                raise http_errors.error_of_response(http_errors.http_error_response(context, pending, response, body))
            await follow(context, pending, response, limit)
    except BROKEN as error:
        if not opened:
            raise connection_lost(context.address.origin, error, context.api_key.key, sent=True) from error
    except TimeoutError as error:
        if not opened:
            raise answer_timed_out(context.address.origin, context.settings.waits.answer, sent=True) from error
        # else the answer came and the stream stayed open


async def resume_stream(context: BridgeContext, pending: PendingRequest) -> None:
    """Take up the broken stream of a request until its answer has come. Raises DeliveryError.

    Only messages are progress: without any, the stream is taken up less and less often, and not for ever.
    """
    waits, clock = context.settings.waits, asyncio.get_running_loop().time
    since, heard, pause, lasted = clock(), pending.heard, 0.0, 0.0
    backoff = Backoff(waits)
    while not pending.complete:
        if pending.heard > heard:
            since, heard = clock(), pending.heard
        pause = next_pause(waits, pending.retry, pause, lasted)
        if clock() + pause > since + waits.resuming:
            raise broken_off(context.address.origin, transient=False)
        await asyncio.sleep(pause)
        began = clock()
        try:
            await open_stream(context, pending)
            backoff = Backoff(waits)
        except DeliveryError as failure:
            if not failure.transient or not await backoff.after(failure):
                raise broken_off(context.address.origin) from failure
        lasted = clock() - began


def _headers(context: BridgeContext, pending: PendingRequest) -> Headers:
    since = [field("Last-Event-ID", pending.last_event)] if pending.last_event else []
    return [*context.own_headers, (b"Accept", b"text/event-stream"), *context.session.headers, *since]
