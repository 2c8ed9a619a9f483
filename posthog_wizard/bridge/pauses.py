"""How long to wait before a message is sent again."""

from __future__ import annotations

import asyncio
import random

from posthog_wizard.bridge.faults import Fault
from posthog_wizard.bridge.settings import Waits


class Pauses:
    """The waits of one message: doubled each time, as long as the server asks, and together not too long."""

    def __init__(self, waits: Waits) -> None:
        self._waits, self._own = waits, waits.first_pause
        self._since: float | None = None

    async def after(self, fault: Fault) -> bool:
        """Wait as this fault demands; False, at once, when that would be too long in all."""
        now, asked = asyncio.get_running_loop().time(), fault.retry_after
        self._since = now if self._since is None else self._since
        budget = self._waits.patience if asked is None else self._waits.throttled
        wait = spread(self._own) if asked is None else asked
        if now + wait > self._since + budget:
            return False
        self._own *= 2
        await asyncio.sleep(wait)
        return True


def spread(seconds: float) -> float:
    """About as long, so that many bridges do not come back at the same moment."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
