"""Why there was no HTTP answer, or no whole one, in a sentence for the client. Pure."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore

from posthog_wizard.bridge.delivery_errors import DeliveryError
from posthog_wizard.errors import ApiError, BadReply, Unreachable
from posthog_wizard.model import Secret

_DOCTOR = "Run `posthog-wizard mcp doctor`."
_NETWORK = "Check the network, the VPN and the proxy, or run `posthog-wizard mcp doctor`."
_NEVER_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)

# The first row whose type is found in the chain of causes tells the story. {} is the lower error's own words.
_STORIES: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "its certificate is not trusted ({})",
        "If your network inspects TLS, pass its authority with --ca-file or add it to the system's certificates.",
    ),
    (ssl.SSLError, "TLS failed ({})", "Check that the address really speaks https."),
    (socket.gaierror, "its name cannot be resolved ({})", _NETWORK),
    (httpcore.ProxyError, "the proxy refused ({})", "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."),
    (ConnectionRefusedError, "it refuses connections", "Check the address, and that the server is running."),
    (httpcore.ConnectTimeout, "connecting timed out", _NETWORK),
    (httpcore.ConnectError, "connecting failed ({})", _NETWORK),
    (httpcore.ProtocolError, "it broke off, or does not speak HTTP ({})", _DOCTOR),
    (Exception, "the connection was lost ({})", _DOCTOR),
)  # fmt: skip


def connection_lost(
    origin: str, error: BaseException, key: Secret | None = None, *, sent: bool, issuer: str | None = None
) -> DeliveryError:
    """The fault that an error of httpcore is. `sent`: the whole message had left."""
    from posthog_wizard.api.replies import scrub_text  # noqa: PLC0415 - seldom needed

    kind, story, hint = next(row for row in _STORIES if _find(error, row[0]))
    told = str(_find(error, kind) or error)
    cause = (_find(error, kind) if told else _find(error, OSError)) or error
    named = f", issued by `{issuer}`" if issuer else ""
    said = scrub_text(f"{_words(cause)}{named}", key or Secret(""))  # the other side's own words may be among them
    problem = Unreachable(f"`{origin}` cannot be reached: {story.format(said)}", hint)
    untrusted = issubclass(kind, ssl.SSLCertVerificationError)
    return DeliveryError(problem, harmless=isinstance(error, _NEVER_SENT) or not sent, transient=not untrusted)


def is_certificate_failure(error: BaseException) -> bool:
    """Whether a certificate was the trouble."""
    return _find(error, ssl.SSLCertVerificationError) is not None


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


def unasked(origin: str) -> DeliveryError:
    """JSON-RPC that answers something else."""
    return DeliveryError(BadReply(f"`{origin}` answered something that was not asked", _DOCTOR))


def answer_not_promised(origin: str, status: int) -> DeliveryError:
    """A status that promises that no answer will come, for a request."""
    return DeliveryError(
        BadReply(f"`{origin}` took the request but promised no answer (status {status})", _DOCTOR, status=status)
    )


def _find(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    return next((cause for cause in _causes(error) if isinstance(cause, kind)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
            yield from _causes(part)
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
