"""What a tool's function is given beside its arguments: the client, and the one project or organization it works in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from posthog_wizard.api.hosts import page
from posthog_wizard.tools.pages import rows

if TYPE_CHECKING:  # httpx is imported when the first request is sent, not when the server starts
    from posthog_wizard.api.client import ApiClient
    from posthog_wizard.tools.workspace import Workspace

PAGE, MOST_ROWS = 100, 10_000
Report = Callable[[float, str], Awaitable[None]]
"""Tells the client how far a long call is: a number that only grows, and a sentence."""


async def silent(_progress: float, _message: str) -> None:
    """The report of a caller that did not ask for progress."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """The time of day and the passing of seconds, which a test replaces."""

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True)
class Call:
    """One call of a tool. `project` and `organization` are fixed for its whole length."""

    client: ApiClient
    workspace: Workspace
    project: int = 0
    organization: str = ""
    report: Report = silent
    clock: Clock = Clock()

    def at(self, project: int) -> Call:
        """The same call in another project. Raises WrongUsage where the server is pinned to one."""
        self.workspace.allow_project(project)
        return replace(self, project=project)

    def link(self, kind: str, identifier: int | str) -> str:
        """The page of something in this project, for a person to open; kinds as in `api.hosts.PAGES`."""
        return page(self.client.base, self.project, kind, identifier)

    def timestamp(self) -> str:
        """This moment as PostHog writes it."""
        return self.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")

    async def get(self, path: str, **query: Any) -> Any:
        """GET below the project's API path; parameters that are None are not sent."""
        return await self.client.get(f"/api/projects/{self.project}/{path}", params=query)

    async def pages(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Every row of a list below the project's API path, page by page.

        The next page is asked for by its offset: `next` is an absolute address, and may name another host.
        """
        offset = 0
        while offset < MOST_ROWS:
            answer = await self.get(path, **query, limit=PAGE, offset=offset)
            for row in rows(answer):
                yield row
            if not answer.get("next") or not answer["results"]:
                return
            offset += len(answer["results"])

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST below the project's API path."""
        return await self.client.post(f"/api/projects/{self.project}/{path}", json=body)

    async def patch(self, path: str, body: dict[str, Any]) -> Any:
        """PATCH below the project's API path."""
        return await self.client.patch(f"/api/projects/{self.project}/{path}", json=body)


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
