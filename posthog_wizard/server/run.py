"""The process: it serves until stdin ends, a signal comes, the client stops reading, or the parent is gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server

from posthog_wizard.model import Secret
from posthog_wizard.net.stdio import Lines, Output, own_stdout, parent_gone
from posthog_wizard.server.client_lines import LONGEST_LINE
from posthog_wizard.server.client_session import session_streams
from posthog_wizard.server.mcp_server import mcp_server
from posthog_wizard.server.service import Service

log = logging.getLogger("posthog_wizard.server")
_FAREWELL = 30.0  # seconds that calls under way get to answer after stdin has ended; a signal ends them at once
_QUIET = 0.06  # seconds without a call under way, after which none is on its way any more
_LOOK = 0.02  # seconds between two looks at that
_PARENT_LOOK = 0.25  # seconds between two looks at the parent
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class _InFlight:
    """How many requests are being answered. A middleware of the SDK's server."""

    count: int = field(default=0)

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Count a message for as long as it is worked on."""
        self.count += 1
        try:
            return await call_next(ctx)
        finally:
            self.count -= 1

    async def idle(self) -> None:
        """Return when nothing was under way for a moment, at the latest after FAREWELL."""
        quiet = 0.0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                while quiet < _QUIET:
                    await asyncio.sleep(_LOOK)
                    quiet = 0.0 if self.count else quiet + _LOOK


def serve_stdio(service: Service, analytics_key: Secret | None = None) -> None:
    """Serve on stdin and stdout until it is time to end; with a project key, report the calls to that project."""
    descriptor = own_stdout()
    asyncio.run(_until_the_end(service, descriptor, analytics_key))


async def _until_the_end(service: Service, descriptor: int, analytics_key: Secret | None) -> None:
    serving = asyncio.ensure_future(_serving(service, descriptor, analytics_key))
    watching = asyncio.ensure_future(parent_gone(_PARENT_LOOK))
    watching.add_done_callback(lambda _: serving.cancel())
    restore = _on_signals(serving.cancel)
    try:
        await serving
    except* (asyncio.CancelledError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # it was told to end; the SDK's own streams then close under its feet
    finally:
        watching.cancel()
        restore()
        await service.workspace.close()


async def _serving(service: Service, descriptor: int, analytics_key: Secret | None) -> None:
    server, under_way = mcp_server(service), _InFlight()
    server.middleware = [under_way]
    async with _reporting(server, service, analytics_key):
        await _running(server, under_way, descriptor)


@contextlib.asynccontextmanager
async def _reporting(server: Server[Any], service: Service, key: Secret | None) -> AsyncIterator[None]:
    if key is None:
        yield
        return
    from posthog_wizard.server import reporting  # noqa: PLC0415 - few want it

    analytics = reporting.report(server, service, key)
    try:
        yield
    finally:
        await analytics.flush(reporting.PARTING)


async def _running(server: Server[Any], under_way: _InFlight, descriptor: int) -> None:
    this, loop = cast("asyncio.Task[None]", asyncio.current_task()), asyncio.get_running_loop()
    lines = Lines(0, loop, longest=LONGEST_LINE)
    output = Output(descriptor, lambda: loop.call_soon_threadsafe(this.cancel))
    async with session_streams(lines, output, under_way.idle) as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _on_signals(end: Callable[[], object]) -> Callable[[], None]:
    """End on SIGTERM and SIGINT; gives what undoes that."""
    loop = asyncio.get_running_loop()
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(end)) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
