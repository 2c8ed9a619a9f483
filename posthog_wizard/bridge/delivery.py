"""A message until it is settled: sent again where that is safe, answered with an error where nothing else helps."""

from __future__ import annotations

from posthog_wizard.bridge.backoff import Backoff
from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.delivery_errors import DeliveryError, may_have_happened, may_repeat
from posthog_wizard.bridge.exchange import attempt
from posthog_wizard.bridge.messages import error_lines
from posthog_wizard.bridge.pending import PendingRequest
from posthog_wizard.model import Json

_SERVER_ERROR = -32000  # of JSON-RPC's range for servers: https://www.jsonrpc.org/specification#error_object
_UNSURE = "It was not sent again: it may or may not have happened, so look before you repeat it."


async def deliver(context: BridgeContext, pending: PendingRequest) -> None:
    """Bring a message to its end: every request in it gets one answer. Raises nothing but bugs."""
    try:
        await _until_answered(context, pending)
    except DeliveryError as failure:
        log.warning("%s: %s", pending.method or "a message without a method", failure.error.message)
        for line in error_lines(pending.pending_ids.values(), failure.spoken or _error(pending, failure)):
            await context.send(line)


async def _until_answered(context: BridgeContext, pending: PendingRequest) -> None:
    backoff = Backoff(context.settings.waits)
    recovered: set[type[DeliveryError]] = set()
    while True:
        generation, key = context.session.generation, context.api_key.key
        try:
            key = await context.api_key.ready()
            return await attempt(context, pending)
        except DeliveryError as failure:
            kind = type(failure)
            if kind is not DeliveryError and kind not in recovered:
                from posthog_wizard.bridge.recovery import RECOVERIES, Sent  # noqa: PLC0415 - seldom needed

                recovered.add(kind)
                again = await RECOVERIES[kind](context, pending, Sent(generation, key)) or may_repeat(
                    pending.method, failure
                )
            else:
                again = may_repeat(pending.method, failure) and await backoff.after(failure)
            if not again:
                raise


def _error(pending: PendingRequest, failure: DeliveryError) -> Json:
    error = failure.error
    unsure = _UNSURE if may_have_happened(pending.method, failure) else None
    sentences = " ".join(text for text in (_sentence(error.message), _sentence(error.hint), unsure) if text)
    data = {"code": error.code, "status": failure.status, "hint": error.hint, "retry_after": failure.retry_after}
    known = {name: value for name, value in data.items() if value is not None}
    return {"code": _SERVER_ERROR, "message": sentences, "data": known}


def _sentence(text: str | None) -> str | None:
    """With a full stop; hints for the command line begin with a small letter."""
    return text and f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
