"""One message to the server, once, and what comes back for it; and streams of events that are opened with GET.

Those are the server's own one, and those that broke before their answer came.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery

Before a message is sent again our own pace is the floor: Retry-After and `retry:` can only make it slower. A broken
stream is taken up for half an hour without a message: servers that have their clients poll end their streams on purpose.
"""

import asyncio
import random

from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.errors.delivery_errors import (
    DeliveryError,
    answer_timed_out,
    broken_off,
    connection_lost,
)
from posthog_wizard.bridge.http.headers import Headers, argument_headers, common_headers, field, message_headers
from posthog_wizard.bridge.http.responses import follow, is_stream, receive, refused
from posthog_wizard.bridge.http.upstream import BROKEN, REDIRECTS, Body, location_of
from posthog_wizard.bridge.messages import Message, PendingRequest, pending_request
from posthog_wizard.bridge.run_settings import Waits
from posthog_wizard.errors import BadReply
from posthog_wizard.net.jsonrpc import text_of
from posthog_wizard.net.no_answer import no_answer
from posthog_wizard.net.sse import TooLarge

_STEADY = 5.0  # seconds after which a stream that ends is one that worked


async def ask(context: BridgeContext, message: Message) -> PendingRequest:
    """Send a message of the bridge's own, and keep its answer from the client. Raises DeliveryError."""
    pending = pending_request(message, private=True)
    await attempt(context, pending)
    return pending


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
        told = f"`{origin}` sent an answer of more than {context.settings.largest:,} bytes, which was cut off"
        failure = DeliveryError(BadReply(told, "Ask for less at once."))
    except BROKEN as error:
        issuer = await context.issuer() if no_answer(error).untrusted else None
        failure = connection_lost(origin, error, context.api_key.key, sent=pending.sent.is_set(), issuer=issuer)
    answered = pending.message.pending_ids and pending.complete
    if pending.wanted is not None or answered:  # what happened after the answer is of no importance
        return
    if pending.last_event and pending.message.version is None:
        await _resume_stream(context, pending)
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

    answer = http_errors.http_error_response(context, pending, response, b"")
    raise http_errors.redirect_refused(answer, location_of(response))


def _headers_of(context: BridgeContext, message: Message) -> Headers:
    """Everything that a POST of this message carries."""
    headers = common_headers(context.api_key.key) + message_headers(message)
    if message.version is None:
        return headers + (context.session.headers if message.method != "initialize" else [])
    called = message.method == "tools/call"
    places = context.argument_places.get(text_of(message.parameters, "name") or "", {}) if called else {}
    return headers + argument_headers(places, message.parameters.get("arguments"))


async def open_stream(context: BridgeContext, pending: PendingRequest) -> None:
    """Follow a stream from its last event on, or the server's own one from now on, until it ends.

    Raises DeliveryError when the server does not offer it, or cannot be reached; a break in the middle is an end.
    """
    opened = False
    since = [field("Last-Event-ID", pending.last_event)] if pending.last_event else []
    own = common_headers(context.api_key.key)
    headers = [*own, (b"Accept", b"text/event-stream"), *context.session.headers, *since]
    patience = context.settings.waits.answer if pending.pending_ids else None  # nobody waits for the server's own one
    try:
        async with (
            asyncio.timeout(patience) as limit,
            context.upstream.exchange("GET", headers) as response,
        ):
            opened = is_stream(response)
            await (follow(context, pending, response, limit) if opened else refused(context, pending, response))
    except BROKEN as error:
        if not opened:
            raise connection_lost(context.address.origin, error, context.api_key.key, sent=True) from error
    except TimeoutError as error:
        if not opened:
            raise answer_timed_out(context.address.origin, context.settings.waits.answer, sent=True) from error
        # else the answer came and the stream stayed open


async def _resume_stream(context: BridgeContext, pending: PendingRequest) -> None:
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


# ------------------------------------------------------------------ when to try again


class Backoff:
    """The waits of one message: doubled each time, longer where the server asks, and together not too long."""

    def __init__(self, waits: Waits) -> None:
        self._waits, self._own = waits, waits.first_pause
        self._since: float | None = None

    async def after(self, failure: DeliveryError) -> bool:
        """Wait as this fault demands; False, at once, when that would be too long in all."""
        now, asked = asyncio.get_running_loop().time(), failure.retry_after
        self._since = now if self._since is None else self._since
        budget = self._waits.patience if asked is None else self._waits.throttled
        wait = max(with_jitter(self._own), asked or 0.0)
        if now + wait > self._since + budget:
            return False
        self._own *= 2
        await asyncio.sleep(wait)
        return True


def next_pause(waits: Waits, wished: float | None, former: float, lasted: float) -> float:
    """Seconds before a stream is opened again that ended after `lasted` seconds.

    As the server wishes, or as usual; after one that ended at once, also twice the `former` pause.
    """
    usual = max(waits.first_pause, waits.resume if wished is None else wished)
    return usual if lasted > _STEADY else max(usual, min(2 * former, waits.longest_pause))


def with_jitter(seconds: float) -> float:
    """About as long, so that many bridges do not come back at the same moment."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
