"""Why there was no HTTP answer, or no whole one, in a sentence for the client. Pure."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore

from posthog_wizard.bridge.faults import Fault
from posthog_wizard.errors import ApiError, BadReply, Unreachable
from posthog_wizard.model import Secret

DOCTOR = "Run `posthog-wizard mcp doctor`."
NETWORK = "Check the network, the VPN and the proxy, or run `posthog-wizard mcp doctor`."
NEVER_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)

# The first row whose type is found in the chain of causes tells the story. {} is the lower error's own words.
STORIES: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "its certificate is not trusted ({})",
        "If your network inspects TLS, pass its authority with --ca-file or add it to the system's certificates.",
    ),
    (ssl.SSLError, "TLS failed ({})", "Check that the address really speaks https."),
    (socket.gaierror, "its name cannot be resolved ({})", NETWORK),
    (httpcore.ProxyError, "the proxy refused ({})", "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."),
    (ConnectionRefusedError, "it refuses connections", "Check the address, and that the server is running."),
    (httpcore.ConnectTimeout, "connecting timed out", NETWORK),
    (httpcore.ConnectError, "connecting failed ({})", NETWORK),
    (httpcore.ProtocolError, "it broke off, or does not speak HTTP ({})", DOCTOR),
    (Exception, "the connection was lost ({})", DOCTOR),
)  # fmt: skip


def lost(
    origin: str, error: BaseException, key: Secret | None = None, *, sent: bool, issuer: str | None = None
) -> Fault:
    """The fault that an error of httpcore is. `sent`: the whole message had left."""
    from posthog_wizard.api.replies import scrub  # noqa: PLC0415 - seldom needed

    kind, story, hint = next(row for row in STORIES if _find(error, row[0]))
    told = str(_find(error, kind) or error)
    cause = (_find(error, kind) if told else _find(error, OSError)) or error
    named = f", issued by `{issuer}`" if issuer else ""
    said = scrub(f"{_words(cause)}{named}", key or Secret(""))  # the other side's own words may be among them
    problem = Unreachable(f"`{origin}` cannot be reached: {story.format(said)}", hint)
    untrusted = issubclass(kind, ssl.SSLCertVerificationError)
    return Fault(problem, harmless=isinstance(error, NEVER_SENT) or not sent, passing=not untrusted)


def is_untrusted(error: BaseException) -> bool:
    """Whether a certificate was the trouble."""
    return _find(error, ssl.SSLCertVerificationError) is not None


def silent(origin: str, seconds: float, *, sent: bool) -> Fault:
    """No answer, or one that does not end."""
    told = f"`{origin}` did not finish its answer within {seconds:.0f} seconds"
    return Fault(ApiError(told, "Ask for less at once, or try again."), harmless=not sent)


def broken_off(origin: str, *, passing: bool = True) -> Fault:
    """A stream of events that ended without the answer."""
    return Fault(BadReply(f"`{origin}` ended the stream without the answer", DOCTOR), passing=passing)


def too_large(origin: str, largest: int) -> Fault:
    """An answer beyond what the bridge takes."""
    return Fault(
        BadReply(
            f"`{origin}` sent an answer of more than {largest:,} bytes, which was cut off", "Ask for less at once."
        )
    )


def unasked(origin: str) -> Fault:
    """JSON-RPC that answers something else."""
    return Fault(BadReply(f"`{origin}` answered something that was not asked", DOCTOR))


def unanswered(origin: str, status: int) -> Fault:
    """A status that promises that no answer will come, for a request."""
    return Fault(
        BadReply(f"`{origin}` took the request but promised no answer (status {status})", DOCTOR, status=status)
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
