"""What went wrong between the bridge and its server, and whether a message may be sent again. Pure."""

from __future__ import annotations

from posthog_wizard.errors import ApiError, WizardError
from posthog_wizard.model import Json

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


class DeliveryError(Exception):
    """Why a message got no answer.

    `harmless`: nothing of it was carried out, because it never arrived or was turned away unread. `transient`: the same
    may succeed in a moment. `spoken`: the server's own JSON-RPC error, where it gave one that tells more.
    """

    def __init__(
        self, error: WizardError, *, harmless: bool = False, transient: bool = False, spoken: Json = None
    ) -> None:
        super().__init__(str(error))
        self.error, self.harmless, self.transient, self.spoken = error, harmless, transient, spoken

    @property
    def status(self) -> int | None:
        """The HTTP status, None when there was no answer."""
        return self.error.status if isinstance(self.error, ApiError) else None

    @property
    def retry_after(self) -> float | None:
        """The wait in seconds that the server asked for, None when it did not ask."""
        return self.error.retry_after if isinstance(self.error, ApiError) else None


class SessionGone(DeliveryError):
    """The server no longer knows the session."""


class WrongEra(DeliveryError):
    """The server may speak the other era of the protocol; it did not look at the message."""


class KeyRefused(DeliveryError):
    """The server does not take the key, and did not look at the rest."""


class HeadersRefused(DeliveryError):
    """The server misses a header that mirrors an argument; it did not look at the rest."""


def may_repeat(method: str | None, failure: DeliveryError) -> bool:
    """Whether the same message may be sent once more."""
    return failure.transient and (failure.harmless or method in _SAFE)


def may_have_happened(method: str | None, failure: DeliveryError) -> bool:
    """Whether nobody can say if the message was carried out, and that matters."""
    return not failure.harmless and method not in _SAFE | _BROKEN_OFF
