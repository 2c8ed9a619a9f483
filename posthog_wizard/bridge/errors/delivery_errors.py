"""What went wrong between the bridge and its server, and why there was no answer. Pure."""

import httpcore

from posthog_wizard.errors import ApiError, BadReply, Unreachable, WizardError
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.no_answer import no_answer


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


DOCTOR_HINT = "Run `posthog-wizard mcp doctor`."
_NEVER_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)


def connection_lost(
    origin: str, error: BaseException, key: Secret | None = None, *, sent: bool, issuer: str | None = None
) -> DeliveryError:
    """The fault that an error of httpcore is. `sent`: the whole message had left."""
    from posthog_wizard.api.replies import scrub_text  # noqa: PLC0415 - seldom needed

    why = no_answer(error)
    told = scrub_text(why.told(issuer), key or Secret(""))  # the other side's own words may be among them
    problem = Unreachable(f"`{origin}` cannot be reached: {told}", f"{why.hint}, or run `posthog-wizard mcp doctor`")
    return DeliveryError(problem, harmless=isinstance(error, _NEVER_SENT) or not sent, transient=not why.untrusted)


def answer_timed_out(origin: str, seconds: float, *, sent: bool) -> DeliveryError:
    """No answer, or one that does not end."""
    told = f"`{origin}` did not finish its answer within {seconds:.0f} seconds"
    return DeliveryError(ApiError(told, "Ask for less at once, or try again."), harmless=not sent)


def broken_off(origin: str, *, transient: bool = True) -> DeliveryError:
    """A stream of events that ended without the answer."""
    return DeliveryError(BadReply(f"`{origin}` ended the stream without the answer", DOCTOR_HINT), transient=transient)
