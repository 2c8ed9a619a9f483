"""Why there was no answer: every error below HTTP, as one sentence."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Literal

import httpx

from posthog_wizard.errors import ApiError, BadReply, RateLimited, ServerFault, Unreachable

_PASSING_STATUSES = frozenset({500, 502, 503, 504})
_LASTING = (ssl.SSLCertVerificationError, httpx.UnsupportedProtocol, httpx.ProxyError)
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

# The first row whose type is found in the chain of causes tells the story; {} are that cause's own words.
_STORIES: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "its certificate is not trusted ({})",
        "if your network inspects TLS, pass its authority with `--ca-file` or add it to the system's certificates",
    ),
    (ssl.SSLError, "TLS failed ({})", "check that the address really speaks https"),
    (socket.gaierror, "its name cannot be resolved ({})", "check the address, the network and the VPN"),
    (httpx.ProxyError, "the proxy refused ({})", "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY"),
    (ConnectionRefusedError, "it refuses connections", "check the address and the port, and that PostHog is running"),
    (httpx.ConnectTimeout, "connecting timed out", "check the address, the network, the VPN and the proxy"),
    (httpx.TimeoutException, "it did not answer in time", "try again; a smaller question may help"),
    (httpx.ConnectError, "connecting failed ({})", "check the address, the network, the VPN and the proxy"),
    (httpx.HTTPError, "the connection was lost ({})", "try again"),
)


def unreachable(base: str, error: httpx.HTTPError, issuer: str | None = None) -> Unreachable:
    """The error of ours for a request that got no answer, with the cause in words.

    `issuer` signed a certificate that is not trusted.
    """
    story, hint, cause = next(
        (story, hint, cause) for kind, story, hint in _STORIES if (cause := _find(error, kind)) is not None
    )
    signed = f", it is signed by `{issuer}`" if issuer else ""
    return Unreachable(f"`{base}` cannot be reached: {story.format(_words(cause))}{signed}", hint)


# The same chain of causes, as the step on the way to an answer that failed.
_STEPS: tuple[tuple[type[BaseException], Literal["proxy", "name", "connect", "tls", "answer"]], ...] = (
    (ssl.SSLError, "tls"),
    (socket.gaierror, "name"),
    (httpx.ProxyError, "proxy"),
    (httpx.ConnectError, "connect"),
    (httpx.ConnectTimeout, "connect"),
    (httpx.HTTPError, "answer"),
)


def step_of(error: httpx.HTTPError) -> Literal["proxy", "name", "connect", "tls", "answer"]:
    """The step that failed: the name, the connection, TLS, the proxy between, or the answer itself."""
    return next(step for kind, step in _STEPS if _find(error, kind) is not None)


def in_words(error: httpx.HTTPError) -> str:
    """The cause as the lowest level says it."""
    if _find(error, ConnectionRefusedError) is not None:
        return "it refuses connections"
    told = next(cause for kind, *_ in _STORIES if (cause := _find(error, kind)) is not None)
    return _words(told)


def is_certificate_error(error: BaseException) -> bool:
    """Whether the certificate was the trouble."""
    return _find(error, ssl.SSLCertVerificationError) is not None


def cut_off(base: str, path: str, error: httpx.HTTPError) -> ApiError:
    """The error for an answer that began and did not end."""
    if isinstance(error, httpx.TimeoutException):
        return unreachable(base, error)
    return BadReply(f"`{base}` broke off in the middle of its answer (`{path}`)", "try again")


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed in a moment."""
    if isinstance(error, ServerFault):
        return error.status in _PASSING_STATUSES
    if isinstance(error, Unreachable):
        return not any(_find(error, kind) for kind in _LASTING) and not _unknown_name(error)
    return isinstance(error, RateLimited) or (
        isinstance(error, BadReply) and isinstance(error.__cause__, httpx.HTTPError)
    )


def may_have_been_applied(error: ApiError) -> bool:
    """Whether a write that failed so may have been carried out: it was sent, and PostHog did not say no."""
    sent = isinstance(error.__cause__, httpx.HTTPError | TimeoutError) and not isinstance(error.__cause__, _UNSENT)
    return sent or isinstance(error, ServerFault)


def _unknown_name(error: BaseException) -> bool:
    """A name that does not exist; EAI_AGAIN, the other usual answer, is a name server that may come back."""
    cause = _find(error, socket.gaierror)
    return isinstance(cause, OSError) and cause.errno != socket.EAI_AGAIN


def _find(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    return next((cause for cause in _causes(error) if isinstance(cause, kind)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything below it, groups opened (a connection is tried to several addresses at once)."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _causes(part)
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    """The lowest cause that the system has words for; above it stands only that something failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or str(error)
    systems = [cause.strerror for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror]
    return systems[-1] if systems else str(error) or type(error).__name__
