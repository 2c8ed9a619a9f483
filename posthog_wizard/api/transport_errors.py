"""What becomes of a request that got no answer: the error of ours that it is, and whether and when it is sent again."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import httpx

from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.errors import ApiError, BadReply, RateLimited, ServerFault, Unreachable
from posthog_wizard.net.no_answer import is_unknown_name, no_answer

if TYPE_CHECKING:
    from tenacity import RetryCallState

_Answer = TypeVar("_Answer")
_LEAST = 0.5  # of the wait of our own pace; the rest is random, so that not all come back at once
_SPREAD = 0.25  # a wait that PostHog asks for is stretched by up to this part, so that not all come back at once
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
    broke_off = isinstance(error, BadReply) and isinstance(error.__cause__, httpx.HTTPError)
    return broke_off or isinstance(error, RateLimited)


def may_have_been_applied(error: ApiError) -> bool:
    """Whether a write that failed so may have been carried out: it was sent, and PostHog did not say no."""
    sent = isinstance(error.__cause__, httpx.HTTPError | TimeoutError) and not isinstance(error.__cause__, _UNSENT)
    return sent or isinstance(error, ServerFault)


async def retry(attempt: Callable[[], Awaitable[_Answer]], patience: RetryPolicy) -> _Answer:
    """What `attempt` gives; when it raises an error that may pass, it is called again. The machinery is tenacity's.

    Raises the last error. A wait that would end after the budget is not begun: an answer that asks for an hour
    is an error at once.
    """
    from tenacity import (  # noqa: PLC0415 - loaded with the first request, not with the module
        AsyncRetrying,
        retry_if_exception,
        stop_after_attempt,
        stop_any,
        stop_before_delay,
        wait_exponential,
    )

    own_pace = wait_exponential(multiplier=patience.first_wait, max=patience.longest_wait)

    def wait(state: RetryCallState) -> float:
        """Never less than our own pace, which grows: a server that asks for no wait gets no more requests for it."""
        error = state.outcome.exception() if state.outcome else None
        asked = (error.retry_after if isinstance(error, ApiError) else None) or 0.0
        own = own_pace(state) * random.uniform(_LEAST, 1)  # noqa: S311 - no secret
        return max(own, asked * random.uniform(1, 1 + _SPREAD))  # noqa: S311

    retrying = AsyncRetrying(
        retry=retry_if_exception(is_transient),
        wait=wait,
        stop=stop_any(stop_before_delay(patience.budget), stop_after_attempt(patience.attempts)),
        reraise=True,
    )
    return await retrying(attempt)
