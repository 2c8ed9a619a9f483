"""The observer as middleware of the MCP SDK's servers (low-level `Server` and `MCPServer`), and of FastMCP.

Source: https://py.sdk.modelcontextprotocol.io/v2/servers/middleware/ - the SDK calls this seam provisional within 2.x.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import anyio

from posthog_wizard.analytics.observer import McpResult, Observer
from posthog_wizard.analytics.options import NeverRaising
from posthog_wizard.analytics.recorder import CURRENT_CALL
from posthog_wizard.analytics.requests import read_request
from posthog_wizard.model import NOTHING

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

    from posthog_wizard.analytics.handle import Analytics

_LIFESPAN_PATIENCE: Final = 0.5  # seconds; where the process ends without a signal, its end has more


@dataclass(frozen=True)
class AnalyticsMiddleware:
    """Middleware that watches every request; notifications pass. `handle` is what `instrument` gave for the server."""

    observer: Observer
    handle: Analytics

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle one message."""

        async def proceed(params: Mapping[str, Any] | None) -> McpResult:
            return as_dict(await call_next(ctx if params is None else replace(ctx, params=params)))

        if ctx.request_id is None:
            return await call_next(ctx)
        asked = None
        with NeverRaising(self.observer.recorder.tell, "a request was not read: "):
            asked = read_request(ctx)
        if asked is None or (asked.headers or NOTHING).get("mcp-method", asked.method) != asked.method:
            return await call_next(ctx)  # the SDK itself lists the tools, to check headers against their schemas
        return await self.observer.around(asked, proceed)


def as_dict(result: HandlerResult) -> McpResult:
    """The result as it goes over the wire."""
    if result is None or isinstance(result, dict):
        return result or {}
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)


def middleware_of(server: Any) -> list[Any]:
    """The MCP SDK's list of middleware. FastMCP keeps it in the SDK's server that it wraps.

    FastMCP's own list of that name is another one: what goes through it are FastMCP's objects, not the protocol's.
    """
    found: list[Any] = getattr(server, "_mcp_server", server).middleware
    return found


def keep_what_tools_raise(server: Any) -> None:
    """Note what a tool of an `MCPServer` or a `FastMCP` raises, which it makes an answer of before middleware sees it."""
    original = getattr(server, "call_tool", None)
    if original is None:
        return

    async def call_tool(*arguments: Any, **named: Any) -> Any:
        try:
            return await original(*arguments, **named)
        except Exception as problem:
            call = CURRENT_CALL.get()
            if call is not None:
                call.raised.append(problem)
            raise

    server.call_tool = call_tool


def flush_at_the_end(server: Any, flush: Callable[[float], Awaitable[None]]) -> None:
    """Have events sent when a server's lifespan ends: uvicorn then ends its processes by a signal, without `atexit`."""
    inner = getattr(server, "_lowlevel_server", getattr(server, "_mcp_server", server))
    before = inner.lifespan

    @asynccontextmanager
    async def lifespan(given: Any) -> AsyncIterator[Any]:
        async with before(given) as state:
            try:
                yield state
            finally:
                with anyio.CancelScope(shield=True):
                    await flush(_LIFESPAN_PATIENCE)

    inner.lifespan = lifespan
