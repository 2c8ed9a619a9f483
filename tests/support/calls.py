"""One line for a test that asks PostHog something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from posthog_wizard.api.client import ApiClient
from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.model import Secret

Answer = TypeVar("Answer")
QUICK = RetryPolicy(budget=5, attempts=4, first_wait=0.01, longest_wait=0.02)


def call(base: str, action: Callable[[ApiClient], Awaitable[Answer]], key: str = "phx_test", **options: Any) -> Answer:
    """What `action` gives with a client for `base`; `options` are the client's."""

    async def talk() -> Answer:
        async with ApiClient(base, Secret(key), **{"patience": QUICK, **options}) as client:
            return await action(client)

    return asyncio.run(talk())
