"""What the bridge can put right by itself: a session that ended, and headers that it did not know of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from posthog_wizard.bridge.exchange import attempt
from posthog_wizard.bridge.faults import Fault, HeadersRefused, KeyRefused, SessionGone
from posthog_wizard.bridge.flight import Flight, flight_of
from posthog_wizard.bridge.link import Link, log
from posthog_wizard.bridge.messages import Message, message_of, text_of
from posthog_wizard.bridge.session import confirmation, renewal
from posthog_wizard.model import Json, Secret

PAGES = 20  # of a list that does not end


class Sent(NamedTuple):
    """With what a message left: the session's generation and the key."""

    generation: int
    key: Secret | None


async def renew(link: Link, _flight: Flight, sent: Sent) -> bool:
    """Begin the session anew with the client's own words, unless somebody did so since that generation.

    False: whether the message goes again, its method says. Raises Fault when the server will not have it.
    """
    session = link.session
    async with session.renewing:
        if session.generation != sent.generation or session.hello is None:
            return False
        log.info("the server ended the session; a new one begins")
        await attempt(link, flight_of(renewal(session.hello, sent.generation), private=True))
        await attempt(link, flight_of(confirmation(session.ready), private=True))
        link.listen()
        return False


async def renew_key(link: Link, _flight: Flight, sent: Sent) -> bool:
    """Look whether there is another key by now; a message that was turned away with the old one may go again."""
    return await link.held.renewed(sent.key)


async def relearn(link: Link, flight: Flight, _sent: Sent) -> bool:
    """Ask, in the client's name, which arguments the server wants in headers. Raises Fault."""
    cursor: str | None = None
    for page in range(PAGES):
        question = flight_of(listing(flight.message, cursor, page), private=True)
        await attempt(link, question)
        former, cursor = cursor, text_of(question.result, "nextCursor")
        if cursor in {None, former}:
            break
    return True


def listing(message: Message, cursor: Json, page: int) -> Message:
    """A `tools/list` that introduces itself as `message` does."""
    parameters = {"_meta": message.parameters.get("_meta")} | ({} if cursor is None else {"cursor": cursor})
    identifier = f"posthog-wizard-tools-{page}"
    return message_of({"jsonrpc": "2.0", "id": identifier, "method": "tools/list", "params": parameters})


MENDERS: dict[type[Fault], Callable[[Link, Flight, Sent], Awaitable[bool]]] = {
    KeyRefused: renew_key,
    SessionGone: renew,
    HeadersRefused: relearn,
}
