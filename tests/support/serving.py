"""Calling a tool of the bundled server in this process, against the loopback PostHog."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from posthog_wizard.model import Limits, Secret
from posthog_wizard.server.service import Service, ToolResult
from posthog_wizard.tools.call import CallClock
from posthog_wizard.tools.workspace import Access, Workspace
from tests.support.posthog import PostHog, SandboxKey
from tests.support.posthog_core import posthog
from tests.support.posthog_tools import tools_world
from tests.support.sandboxes import NOON

KEY = "phx_test"
PINNED = Limits(project="2")
Got = TypeVar("Got")


@dataclass
class Bench:
    """A PostHog and a service in front of it. `told` collects the progress, `slept` the waits."""

    posthog: PostHog
    limits: Limits = PINNED
    most_tokens: int = 20_000
    told: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def call(self, name: str, /, **arguments: Any) -> ToolResult:
        """One call in a service of its own."""
        return self.calls((name, arguments))[-1]

    def calls(self, *wanted: tuple[str, dict[str, Any]]) -> list[ToolResult]:
        """Calls in one service, one after the other."""

        async def all_of_them(service: Service) -> list[ToolResult]:
            return [await service.call(name, arguments, self._tell) for name, arguments in wanted]

        return self.use(all_of_them)

    def use(self, action: Callable[[Service], Awaitable[Got]]) -> Got:
        """What `action` gives with a service of its own."""

        async def used() -> Got:
            service = self.service()
            try:
                return await action(service)
            finally:
                await service.workspace.close()

        return asyncio.run(used())

    def service(self) -> Service:
        """A service whose clock stands still at noon and whose waits take no time."""
        access = Access(Secret(KEY), self.posthog.url, self.limits)
        clock = CallClock(now=lambda: NOON, monotonic=lambda: sum(self.slept), sleep=self._sleep)
        return Service(Workspace(access), self.most_tokens, clock, mark=lambda: "posthog-data-0")

    async def _tell(self, _progress: float, message: str) -> None:
        self.told.append(message)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def instance(*keys: SandboxKey, **more: Any) -> PostHog:
    """A PostHog with rows for the tools, at noon; `more` goes to PostHog."""
    return posthog(*keys, **{"samples": tools_world, "now": lambda: NOON, **more})


@contextmanager
def bench(
    *keys: SandboxKey,
    limits: Limits = PINNED,
    most_tokens: int = 20_000,
) -> Iterator[Bench]:
    """A PostHog with rows for the tools. Pinned to project 2, so that only the tool's own requests come."""
    with instance(*keys) as server:
        yield Bench(server, limits, most_tokens)
