"""A message until it has its answer: sent again where that is safe, answered with an error where nothing else helps.

A session's 404 is read first: a body with this request's result, or an error that does not speak of the session, is
the answer. Only then a new session begins, and no tool call is repeated. What the server says by itself comes by a
stream that is open for as long as the session lasts:
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.eras import own_request, subscription
from posthog_wizard.bridge.errors.delivery_errors import (
    DeliveryError,
    HeadersRefused,
    KeyRefused,
    SessionGone,
    WrongEra,
)
from posthog_wizard.bridge.http.exchange import Backoff, ask, attempt, next_pause, open_stream, with_jitter
from posthog_wizard.bridge.messages import INITIALIZED, PendingRequest, message_of, pending_request
from posthog_wizard.bridge.negotiation import answer_questions, change_era, translate
from posthog_wizard.errors import NotFound
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.jsonrpc import error_response, text_of

# Requests that change nothing, or nothing more when they come twice. A tool call may do anything.
_SAFE = frozenset(
    {
        "initialize", "ping", "server/discover", "completion/complete", "logging/setLevel", "tools/list",
        "prompts/list", "prompts/get", "resources/list", "resources/read", "resources/templates/list",
        "resources/subscribe", "resources/unsubscribe", "tasks/get", "tasks/list", "tasks/result",
    }
)  # fmt: skip
# Changes nothing, but the client must learn that it missed something, and ask again.
_BROKEN_OFF = frozenset({"subscriptions/listen"})
_SERVER_ERROR = -32000  # of JSON-RPC's range for servers: https://www.jsonrpc.org/specification#error_object
_PAGES = 20  # of a list that does not end
_UNSURE = "It was not sent again: it may or may not have happened, so look before you repeat it."


async def deliver(context: BridgeContext, pending: PendingRequest) -> None:
    """Bring a message to its end: every request in it gets one answer. Raises nothing but bugs."""
    try:
        await _until_answered(context, pending)
    except DeliveryError as failure:
        if isinstance(failure.error, NotFound):  # a redirect may have led to what is no more
            context.upstream.address = context.address
        log.warning("%s: %s", pending.method or "a message without a method", failure.error.message)
        error = failure.spoken or _error(pending, failure)
        if pending.parked:
            pending.late = error_response(None, error)
        else:
            await context.answer_with(error, pending.pending_ids.values())
    finally:
        context.session.open.discard(pending)


async def _until_answered(context: BridgeContext, pending: PendingRequest) -> None:
    backoff = Backoff(context.settings.waits)
    recovered: set[type[DeliveryError]] = set()
    while True:
        generation, key = context.session.generation, context.api_key.key
        try:
            key = await context.api_key.ready()
            if pending.original is None and await translate(context, pending):
                return
            await attempt(context, pending)
            if not await answer_questions(context, pending):
                return
        except DeliveryError as failure:
            kind = type(failure)
            repeatable = failure.transient and (failure.harmless or pending.method in _SAFE)
            if kind is not DeliveryError and kind not in recovered:
                recovered.add(kind)
                again = await _RECOVERIES[kind](context, pending, generation, key) or repeatable
            else:
                again = repeatable and await backoff.after(failure)
            if not again:
                raise
            if pending.message.pending_ids and pending.complete:  # the recovery has answered
                return


def _error(pending: PendingRequest, failure: DeliveryError) -> Json:
    error = failure.error
    unsure = None if failure.harmless or pending.method in _SAFE | _BROKEN_OFF else _UNSURE
    sentences = " ".join(text for text in (_sentence(error.message), _sentence(error.hint), unsure) if text)
    data = {"code": error.code, "status": failure.status, "hint": error.hint, "retry_after": failure.retry_after}
    known = {name: value for name, value in data.items() if value is not None}
    return {"code": _SERVER_ERROR, "message": sentences, "data": known}


def _sentence(text: str | None) -> str | None:
    """With a full stop; hints for the command line begin with a small letter."""
    return text and f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


# ------------------------------------------------------------------ what the bridge can put right by itself


async def _reinitialize(context: BridgeContext, generation: int) -> bool:
    """Begin the session anew with the client's own words, unless somebody did so since that generation.

    False: whether the message goes again, its method says. Raises DeliveryError when the server will not have it.
    """
    session = context.session
    async with session.renewing:
        if session.generation != generation or session.initialize is None:
            return False
        log.info("the server ended the session; a new one begins")
        # the client's own `initialize` once more, under an id that no client uses
        hello = session.initialize.content | {"id": f"posthog-wizard-renewal-{generation}"}
        begins = pending_request(message_of(hello), private=True)
        try:
            await attempt(context, begins)
            await ask(context, session.initialized or INITIALIZED)
        except WrongEra:
            if not await change_era(context, begins):
                raise
        context.listen()
        return False


async def _refresh_tool_headers(context: BridgeContext, pending: PendingRequest) -> bool:
    """Ask, in the client's name, which arguments the server wants in headers. Raises DeliveryError."""
    cursor: str | None = None
    introduced = {"_meta": pending.message.parameters.get("_meta")}
    for page in range(_PAGES):
        parameters = introduced | ({} if cursor is None else {"cursor": cursor})
        question = await ask(context, own_request(f"posthog-wizard-tools-{page}", "tools/list", parameters))
        former, cursor = cursor, text_of(question.result, "nextCursor")
        if cursor in {None, former}:
            break
    return True


# By what the server refused; the last two parameters are with what the message left: the session's generation and the key.
_Recovery = Callable[[BridgeContext, PendingRequest, int, Secret | None], Awaitable[bool]]
_RECOVERIES: dict[type[DeliveryError], _Recovery] = {
    KeyRefused: lambda context, _pending, _generation, key: context.api_key.renewed(key),
    SessionGone: lambda context, _pending, generation, _key: _reinitialize(context, generation),
    WrongEra: lambda context, pending, *_: change_era(context, pending),
    HeadersRefused: lambda context, pending, *_: _refresh_tool_headers(context, pending),
}


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
                    await _reinitialize(context, generation)
                return
            if isinstance(failure, SessionGone) or not failure.transient:
                log.info("the server offers no stream of its own: %s", failure.error.message)
                return
        session.pause = next_pause(waits, pending.retry, session.pause, clock() - began)
        await asyncio.sleep(with_jitter(session.pause))
