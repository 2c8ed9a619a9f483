"""The clock of the tests' event loops: it counts what a loop waits for, and not that the machine stood still."""

from __future__ import annotations

import asyncio
import time

import pytest

LIMIT = 0.5  # seconds


def test_a_machine_that_stands_still_makes_nothing_late() -> None:
    async def scenario() -> str:
        async with asyncio.timeout(LIMIT):
            time.sleep(2 * LIMIT)  # noqa: ASYNC251 - as a stopped process would
            await asyncio.sleep(0.01)
            return "in time"

    assert asyncio.run(scenario()) == "in time"


def test_what_is_waited_for_is_late() -> None:
    async def scenario() -> None:
        async with asyncio.timeout(LIMIT):
            await asyncio.sleep(2 * LIMIT)

    with pytest.raises(TimeoutError):
        asyncio.run(scenario())
