"""What a tool's function is given beside its arguments: requests, and the one project or organization it works in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from posthog_wizard.api.hosts import app_page
from posthog_wizard.api.pagination import all_rows as every_row
from posthog_wizard.api.replies import object_with, read_content
from posthog_wizard.errors import WrongUsage

if TYPE_CHECKING:
    from posthog_wizard.tools.workspace import Workspace

_SILENCE = 120.0  # seconds: a query that is not asynchronous answers when it is done
Confirm = Callable[[str], Awaitable[None]]
"""Asks the person behind the client. Raises WrongUsage when they say no, or cannot be asked, and ConfirmationPending."""
ProgressReport = Callable[[float, str], Awaitable[None]]
"""Tells the client how far a long call is: a number that only grows, and a sentence."""


class ConfirmationPending(Exception):
    """The client asks the person, and then calls again. The message is the question."""


async def no_progress(_progress: float, _message: str) -> None:
    """The report of a caller that did not ask for progress."""


async def nobody_confirms(_question: str) -> None:
    """The answer where nobody can be asked. Always raises WrongUsage."""
    raise WrongUsage(
        "a person must confirm this, and this client cannot ask one",
        "use a client with elicitation, or let the person run `posthog-wizard mcp call`",
    )


@dataclass(frozen=True)
class CallClock:
    """The time of day and the passing of seconds, which a test replaces."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True)
class Call:
    """One call of a tool. `base`, `project` and `organization` are fixed for its whole length.

    Paths are those of the API when they begin with a slash, else they stand below the project.
    """

    workspace: Workspace
    base: str = ""
    project: int = 0
    organization: str = ""
    report: ProgressReport = no_progress
    confirm: Confirm = nobody_confirms
    clock: CallClock = CallClock()

    async def at(self, project: int) -> Call:
        """The same call in another project. Raises WrongUsage where the server is pinned to one."""
        await self.workspace.allow_project(project)
        return replace(self, project=project)

    def link(self, kind: str, identifier: int | str) -> str:
        """The page of something in this project, for a person to open; kinds as in `api.hosts.PAGES`."""
        return app_page(self.base, self.project, kind, identifier)

    def timestamp(self) -> str:
        """This moment as PostHog writes it."""
        return self.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")

    async def get(self, path: str, **query: Any) -> Any:
        """Read; parameters that are None are not sent."""
        return await (await self.workspace.client()).get(self._path(path), params=query)

    async def rows(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        async for row in every_row(await self.workspace.client(), self._path(path), query):
            yield object_with(row)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Create."""
        return await (await self.workspace.client()).post(self._path(path), json=body)

    async def ask(self, path: str, body: dict[str, Any], *, repeatable: bool = True) -> Any:
        """A POST that only reads, as a query does, and may take long."""
        client = await self.workspace.client()
        return await client.request("POST", self._path(path), json=body, read_timeout=_SILENCE, repeatable=repeatable)

    async def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Change."""
        return await (await self.workspace.client()).patch(self._path(path), json=body)

    async def send(self, method: str, path: str, query: Mapping[str, Any], body: Any, *, reading: bool = False) -> Any:
        """Any request; an answer that is no JSON is told by `replies.read_content`. One that only reads may take long."""
        client = await self.workspace.client()
        silence = _SILENCE if reading else None
        return await client.request(
            method, path, params=query, json=body, read_timeout=silence, repeatable=reading, read=read_content
        )

    def _path(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/projects/{self.project}/{path}"


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
