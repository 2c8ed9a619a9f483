"""A message of the client under way. Pure."""

from __future__ import annotations

from asyncio import Event
from dataclasses import dataclass, field

from posthog_wizard.bridge.messages import Message, id_key
from posthog_wizard.model import Json


@dataclass
class PendingRequest:
    """What is known of a message between its line and its answers."""

    message: Message
    pending_ids: dict[str | None, Json] = field(default_factory=dict)  # ids still without an answer, by their `id_key`
    sent: Event = field(default_factory=Event)  # the whole message has left at least once
    heard: int = 0  # messages that the server sent for it
    last_event: str | None = None  # where its broken stream can be taken up again
    retry: float | None = None  # seconds before that, as the server wishes
    private: bool = False  # a question of the bridge's own, whose answer the client must not see
    result: Json = None  # the answer to `tools/list`
    session_id: bytes | None = None  # which the server gave with an answer to `initialize`

    @property
    def method(self) -> str | None:
        """The message's method."""
        return self.message.method

    @property
    def complete(self) -> bool:
        """Whether every request in it has its answer."""
        return not self.pending_ids


def pending_request(message: Message, *, private: bool = False) -> PendingRequest:
    """A message that sets out."""
    return PendingRequest(message, {id_key(each): each for each in message.pending_ids}, private=private)
