"""What the bridge can put right by itself: a session that ended, and headers that it did not know of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.delivery_errors import DeliveryError, HeadersRefused, KeyRefused, SessionGone
from posthog_wizard.bridge.exchange import attempt
from posthog_wizard.bridge.messages import Message, message_of, text_of
from posthog_wizard.bridge.pending import PendingRequest, pending_request
from posthog_wizard.bridge.session import confirmation, renewal
from posthog_wizard.model import Json, Secret

_PAGES = 20  # of a list that does not end


class Sent(NamedTuple):
    """With what a message left: the session's generation and the key."""

    generation: int
    key: Secret | None


async def reinitialize(context: BridgeContext, _flight: PendingRequest, sent: Sent) -> bool:
    """Begin the session anew with the client's own words, unless somebody did so since that generation.

    False: whether the message goes again, its method says. Raises DeliveryError when the server will not have it.
    """
    session = context.session
    async with session.renewing:
        if session.generation != sent.generation or session.initialize is None:
            return False
        log.info("the server ended the session; a new one begins")
        await attempt(context, pending_request(renewal(session.initialize, sent.generation), private=True))
        await attempt(context, pending_request(confirmation(session.initialized), private=True))
        context.listen()
        return False


async def _reread_key(context: BridgeContext, _flight: PendingRequest, sent: Sent) -> bool:
    """Look whether there is another key by now; a message that was turned away with the old one may go again."""
    return await context.api_key.renewed(sent.key)


async def _refresh_tool_headers(context: BridgeContext, pending: PendingRequest, _sent: Sent) -> bool:
    """Ask, in the client's name, which arguments the server wants in headers. Raises DeliveryError."""
    cursor: str | None = None
    for page in range(_PAGES):
        question = pending_request(_listing(pending.message, cursor, page), private=True)
        await attempt(context, question)
        former, cursor = cursor, text_of(question.result, "nextCursor")
        if cursor in {None, former}:
            break
    return True


def _listing(message: Message, cursor: Json, page: int) -> Message:
    """A `tools/list` that introduces itself as `message` does."""
    parameters = {"_meta": message.parameters.get("_meta")} | ({} if cursor is None else {"cursor": cursor})
    identifier = f"posthog-wizard-tools-{page}"
    return message_of({"jsonrpc": "2.0", "id": identifier, "method": "tools/list", "params": parameters})


RECOVERIES: dict[type[DeliveryError], Callable[[BridgeContext, PendingRequest, Sent], Awaitable[bool]]] = {
    KeyRefused: _reread_key,
    SessionGone: reinitialize,
    HeadersRefused: _refresh_tool_headers,
}
