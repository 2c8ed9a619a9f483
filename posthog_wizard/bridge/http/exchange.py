"""One message to the server, once, and what comes back for it."""

from __future__ import annotations

import asyncio

from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.errors.network_errors import (
    answer_timed_out,
    broken_off,
    connection_lost,
    too_large,
)
from posthog_wizard.bridge.http.event_streams import resume_stream
from posthog_wizard.bridge.http.headers import Headers, argument_headers, message_headers
from posthog_wizard.bridge.http.responses import receive
from posthog_wizard.bridge.http.upstream import BROKEN, REDIRECTS, Body, location_of
from posthog_wizard.bridge.messages import Message, PendingRequest
from posthog_wizard.net.jsonrpc import text_of
from posthog_wizard.net.no_answer import no_answer
from posthog_wizard.net.sse import TooLarge


async def attempt(context: BridgeContext, pending: PendingRequest) -> None:
    """Send a message and bring back its answers. Raises DeliveryError when not all came."""
    origin, waits = context.address.origin, context.settings.waits
    failure, began = None, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(waits.silence if pending.method == "tools/call" else waits.answer) as limit:
            await _post(context, pending, limit)
    except TimeoutError:
        waited = asyncio.get_running_loop().time() - began
        failure = answer_timed_out(origin, waited, sent=pending.sent.is_set())
    except TooLarge:
        failure = too_large(origin, context.settings.largest)
    except BROKEN as error:
        issuer = await context.issuer() if no_answer(error).untrusted else None
        failure = connection_lost(origin, error, context.api_key.key, sent=pending.sent.is_set(), issuer=issuer)
    if pending.wanted is not None or (
        pending.message.pending_ids and pending.complete
    ):  # what happened after the answer is of no importance
        return
    if pending.last_event and pending.message.version is None:
        await resume_stream(context, pending)
    elif failure or not pending.complete:
        raise failure or broken_off(origin)


async def _post(context: BridgeContext, pending: PendingRequest, limit: asyncio.Timeout) -> None:
    pending.last_event = pending.retry = None
    if pending.method == "initialize":  # a session begins where the entry says; redirects are true of one session
        context.upstream.address = context.address
    body = Body(pending.message.raw, pending.sent)
    async with context.upstream.exchange("POST", _headers_of(context, pending.message), body) as response:
        if response.status not in REDIRECTS:
            return await receive(context, pending, response, limit)
    from posthog_wizard.bridge.errors import http_errors  # noqa: PLC0415 - heavy, and seldom needed

    refused = http_errors.http_error_response(context, pending, response, b"")
    raise http_errors.redirect_refused(refused, location_of(response))


def _headers_of(context: BridgeContext, message: Message) -> Headers:
    """Everything that a POST of this message carries."""
    headers = context.own_headers + message_headers(message)
    if message.version is None:
        return headers + (context.session.headers if message.method != "initialize" else [])
    places = (
        context.parameter_headers.places(text_of(message.parameters, "name")) if message.method == "tools/call" else {}
    )
    return headers + argument_headers(places, message.parameters.get("arguments"))
