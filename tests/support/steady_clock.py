"""Event loops whose clock stands still while the machine does. A plugin of pytest (see `conftest.py`).

Tests of the bridge give it tenths of a second where a user has minutes. A shared machine can stand still for longer than
that, and what was under way then would look late to both sides of a conversation in one process.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time

NAP = 0.05  # seconds at most for which a loop with timers sleeps at once
STEP = 0.2  # seconds at most that count between two looks at the clock


def pytest_configure() -> None:
    """Use it in every test."""
    use()


def use() -> None:
    """Give every new loop of this process such a clock; a policy would warn since Python 3.14, and warnings are errors."""
    if sys.platform != "win32":  # there a selector has no pipes
        asyncio.events.new_event_loop = asyncio.new_event_loop = SteadyLoop


class _NappingSelector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else min(timeout, NAP))


class SteadyLoop(asyncio.SelectorEventLoop):
    """A loop that sleeps in naps, so that a longer time between two looks is no waiting of its own."""

    def __init__(self) -> None:
        super().__init__(_NappingSelector())
        self._counted, self._looked = 0.0, time.monotonic()

    def time(self) -> float:
        """Seconds, of which a stall counts `STEP` at most."""
        now = time.monotonic()
        self._counted += min(now - self._looked, STEP)
        self._looked = now
        return self._counted
