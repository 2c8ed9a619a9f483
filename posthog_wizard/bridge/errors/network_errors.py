"""Why there was no HTTP answer, or no whole one, in a sentence for the client. Pure."""

from __future__ import annotations

import httpcore

from posthog_wizard.bridge.errors.delivery_errors import DeliveryError
from posthog_wizard.errors import ApiError, BadReply, Unreachable
from posthog_wizard.model import Secret
from posthog_wizard.net.no_answer import no_answer

_DOCTOR = "Run `posthog-wizard mcp doctor`."
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
    return DeliveryError(BadReply(f"`{origin}` ended the stream without the answer", _DOCTOR), transient=transient)


def too_large(origin: str, largest: int) -> DeliveryError:
    """An answer beyond what the bridge takes."""
    return DeliveryError(
        BadReply(
            f"`{origin}` sent an answer of more than {largest:,} bytes, which was cut off", "Ask for less at once."
        )
    )


def strange_coding(origin: str, coding: str) -> DeliveryError:
    """A body that is packed in a way which nobody asked for."""
    told = f"`{origin}` packed its answer by {coding[:40]!r}, which was not asked for"
    hint = "Switch that off on the server, or on the proxy before it: what is sent to `Accept-Encoding: identity` must be plain."
    return DeliveryError(BadReply(told, hint))


def unasked(origin: str) -> DeliveryError:
    """JSON-RPC that answers something else."""
    return DeliveryError(BadReply(f"`{origin}` answered something that was not asked", _DOCTOR))


def answer_not_promised(origin: str, status: int) -> DeliveryError:
    """A status that promises that no answer will come, for a request."""
    return DeliveryError(
        BadReply(f"`{origin}` took the request but promised no answer (status {status})", _DOCTOR, status=status)
    )
