"""How long to wait before a message is sent again.

Our own pace is the floor: Retry-After and `retry:` can only make it slower. A broken stream is taken up for half an
hour without a message: servers that have their clients poll end their streams on purpose.
"""

from __future__ import annotations

import asyncio
import random

from posthog_wizard.bridge.errors.delivery_errors import DeliveryError
from posthog_wizard.bridge.run_settings import Waits

_STEADY = 5.0  # seconds after which a stream that ends is one that worked


class Backoff:
    """The waits of one message: doubled each time, longer where the server asks, and together not too long."""

    def __init__(self, waits: Waits) -> None:
        self._waits, self._own = waits, waits.first_pause
        self._since: float | None = None

    async def after(self, failure: DeliveryError) -> bool:
        """Wait as this fault demands; False, at once, when that would be too long in all."""
        now, asked = asyncio.get_running_loop().time(), failure.retry_after
        self._since = now if self._since is None else self._since
        budget = self._waits.patience if asked is None else self._waits.throttled
        wait = max(with_jitter(self._own), asked or 0.0)
        if now + wait > self._since + budget:
            return False
        self._own *= 2
        await asyncio.sleep(wait)
        return True


def next_pause(waits: Waits, wished: float | None, former: float, lasted: float) -> float:
    """Seconds before a stream is opened again that ended after `lasted` seconds.

    As the server wishes, or as usual; after one that ended at once, also twice the `former` pause.
    """
    usual = max(waits.first_pause, waits.resume if wished is None else wished)
    return usual if lasted > _STEADY else max(usual, min(2 * former, waits.longest_pause))


def with_jitter(seconds: float) -> float:
    """About as long, so that many bridges do not come back at the same moment."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
