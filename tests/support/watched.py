"""A server in this process, watched by our analytics, and what a client has done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, Unpack

from mcp.client import Client
from mcp.server.lowlevel import Server

from posthog_wizard.analytics import Analytics, instrument
from posthog_wizard.analytics.options import OptionArguments
from posthog_wizard.analytics.sessions import Clock

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
Talk = Callable[[Client], Awaitable[Any]]
Mode = Literal["legacy", "auto"]


class Kept(NamedTuple):
    """An event as the posthog SDK's client gets it."""

    event: str
    distinct_id: str
    properties: dict[str, Any]
    timestamp: datetime
    uuid: str


@dataclass
class Keeping:
    """In the place of the posthog SDK's client: keeps what it gets. `breaks` makes it raise instead."""

    breaks: Exception | None = None
    events: list[Kept] = field(default_factory=list)
    flushed: int = 0

    def capture(
        self, event: str, *, distinct_id: str, properties: dict[str, Any], timestamp: datetime, uuid: str
    ) -> None:
        """Keep an event."""
        if self.breaks is not None:
            raise self.breaks
        self.events.append(Kept(event, distinct_id, properties, timestamp, uuid))

    def flush(self, timeout_seconds: float | None = 10) -> None:
        """Count."""
        self.flushed += 1

    @property
    def names(self) -> list[str]:
        """The events' names, in the order in which they came."""
        return [kept.event for kept in self.events]

    def properties(self, event: str) -> dict[str, Any]:
        """The properties of the last event of that name."""
        return [kept.properties for kept in self.events if kept.event == event][-1]


@dataclass
class FakeTime:
    """A clock that tests move."""

    at: datetime = NOON

    def clock(self) -> Clock:
        """What is given to the code under test."""
        return Clock(now=lambda: self.at, seconds=lambda: self.at.timestamp())  # noqa: PLW0108 - `at` changes

    def pass_by(self, time: timedelta) -> None:
        """Let time go by."""
        self.at += time


@dataclass
class Watched:
    """What came of a talk with a watched server: the events, the lines of the log, what the talk gave."""

    client: Keeping  # or what the test brought
    told: list[str]
    handle: Analytics
    got: Any = None


def watched(
    server: Any, talk: Talk, *, mode: Mode = "legacy", client: Any = None, **options: Unpack[OptionArguments]
) -> Watched:
    """Instrument a server, talk with it by the MCP SDK's client, and wait for the events."""
    kept, told = client or Keeping(), list[str]()
    options.setdefault("logger", told.append)
    handle = instrument(server, kept, clock=FakeTime().clock(), **options)

    async def held() -> Any:
        async with Client(getattr(server, "_mcp_server", server), mode=mode, raise_exceptions=False) as talking:
            got = await talk(talking)
        await handle.flush()
        return got

    return Watched(kept, told, handle, asyncio.run(held()))


def called(name: str, **arguments: Any) -> Talk:
    """A talk that lists the tools and calls one; gives its result, or the error's text."""

    async def talk(client: Client) -> Any:
        await client.list_tools()
        return await client.call_tool(name, arguments)

    return talk


def low_level(definition: dict[str, Any], answer: Callable[[dict[str, Any]], Any]) -> Server[Any]:
    """A low-level server with one tool."""
    from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool

    async def listed(*_: object) -> ListToolsResult:
        return ListToolsResult(tools=[Tool.model_validate({"inputSchema": {"type": "object"}, **definition})])

    async def answered(_: object, params: Any) -> CallToolResult:
        said = answer(params.arguments or {})
        return (
            said
            if isinstance(said, CallToolResult)
            else CallToolResult(content=[TextContent(type="text", text=str(said))])
        )

    return Server("low", version="0.1", on_list_tools=listed, on_call_tool=answered)
