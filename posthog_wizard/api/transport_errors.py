"""What becomes of a request that got no answer: the error of ours that it is, and whether it may be sent again."""

from __future__ import annotations

import httpx

from posthog_wizard.errors import ApiError, BadReply, RateLimited, ServerFault, Unreachable
from posthog_wizard.net.no_answer import is_unknown_name, no_answer

_PASSING_STATUSES = frozenset({500, 502, 503, 504})
_LASTING = (httpx.UnsupportedProtocol, httpx.ProxyError)
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def unreachable(base: str, error: httpx.HTTPError, issuer: str | None = None) -> Unreachable:
    """The error of ours for a request that got no answer, with the cause in words.

    `issuer` signed a certificate that is not trusted.
    """
    why = no_answer(error)
    return Unreachable(f"`{base}` cannot be reached: {why.told(issuer)}", why.hint)


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
        return not (isinstance(error.__cause__, _LASTING) or no_answer(error).untrusted or is_unknown_name(error))
    return isinstance(error, RateLimited) or (
        isinstance(error, BadReply) and isinstance(error.__cause__, httpx.HTTPError)
    )


def may_have_been_applied(error: ApiError) -> bool:
    """Whether a write that failed so may have been carried out: it was sent, and PostHog did not say no."""
    sent = isinstance(error.__cause__, httpx.HTTPError | TimeoutError) and not isinstance(error.__cause__, _UNSENT)
    return sent or isinstance(error, ServerFault)
