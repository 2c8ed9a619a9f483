"""When a request that may be repeated is sent again, and how long before; the machinery is tenacity's."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.api.transport_errors import is_transient
from posthog_wizard.errors import ApiError

if TYPE_CHECKING:
    from tenacity import RetryCallState

_Answer = TypeVar("_Answer")
_LEAST = 0.5  # of the wait of our own pace; the rest is random, so that not all come back at once
_SPREAD = 0.25  # a wait that PostHog asks for is stretched by up to this part, so that not all come back at once


async def retry(attempt: Callable[[], Awaitable[_Answer]], patience: RetryPolicy) -> _Answer:
    """What `attempt` gives; when it raises an error that may pass, it is called again.

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
        asked = _asked_wait(state.outcome.exception() if state.outcome else None) or 0.0
        own = own_pace(state) * random.uniform(_LEAST, 1)  # noqa: S311 - no secret
        return max(own, asked * random.uniform(1, 1 + _SPREAD))  # noqa: S311

    retrying = AsyncRetrying(
        retry=retry_if_exception(is_transient),
        wait=wait,
        stop=stop_any(stop_before_delay(patience.budget), stop_after_attempt(patience.attempts)),
        reraise=True,
    )
    return await retrying(attempt)


def _asked_wait(error: BaseException | None) -> float | None:
    """The seconds that the server asked us to wait, None when it did not."""
    return error.retry_after if isinstance(error, ApiError) else None
