"""The process: it serves until stdin ends, a signal comes, the client stops reading, or the parent is gone."""

import asyncio
import contextlib
import logging
import signal
from pathlib import Path
from typing import cast

from posthog_wizard.documents.masking import mask_text
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.stdio import Lines, Output, log_output, own_stdout, parent_gone
from posthog_wizard.server.client_lines import LONGEST_LINE, StdioClientSession
from posthog_wizard.server.dispatcher import Dispatcher, Watch
from posthog_wizard.server.service import Service
from posthog_wizard.tokens import compact

_FAREWELL = 30.0  # seconds that calls under way get to answer after stdin has ended; a signal ends them at once
_PARTING = 1.0  # seconds for calls to end, then for events; this process leaves without a goodbye to anybody
_PARENT_LOOK = 0.25  # seconds between two looks at the parent
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Masked(logging.Formatter):
    """A formatter whose every line, tracebacks included, has its keys masked."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return mask_text(super().format(record))


def start_server_logging(file: Path | None, level: str) -> None:
    """Log what is at least `level` from our code, and warnings of everything else: to stderr, or to the file.

    Raises:
        WrongUsage: the file cannot be written.
    """
    target = log_output(file)
    target.setFormatter(_Masked("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[target], force=True)
    logging.getLogger("posthog_wizard").setLevel(level.upper())


def serve_stdio(service: Service, analytics_key: Secret | None = None) -> None:
    """Serve on stdin and stdout until it is time to end; with a project key, report the calls to that project."""
    asyncio.run(_until_the_end(service, own_stdout(), analytics_key))


async def _until_the_end(service: Service, descriptor: int, analytics_key: Secret | None) -> None:
    serving = asyncio.ensure_future(_serving(service, descriptor, analytics_key))
    watching = asyncio.ensure_future(parent_gone(_PARENT_LOOK))
    watching.add_done_callback(lambda _: serving.cancel())
    loop = asyncio.get_running_loop()
    handlers = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(serving.cancel)) for number in _SIGNALS
    }
    try:
        await serving
    except* asyncio.CancelledError:
        pass  # it was told to end
    finally:
        watching.cancel()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        await service.workspace.close()


async def _serving(service: Service, descriptor: int, analytics_key: Secret | None) -> None:
    this, loop = cast("asyncio.Task[None]", asyncio.current_task()), asyncio.get_running_loop()
    lines = Lines(0, loop, longest=LONGEST_LINE)
    output = Output(descriptor, lambda: loop.call_soon_threadsafe(this.cancel))
    if analytics_key is None:
        await serve_lines(service, lines, output)
        return
    from posthog_wizard.server.reporting import reporting  # noqa: PLC0415 - few want it

    watch, analytics = reporting(service, analytics_key)
    try:
        await serve_lines(service, lines, output, watch)
    finally:
        await analytics.flush(_PARTING)


async def serve_lines(service: Service, lines: Lines, output: Output, watch: Watch | None = None) -> None:
    """Serve until the lines end and what they asked for is answered."""
    session = StdioClientSession(lambda content: output.put(compact(content).encode()))

    async def send(content: dict[str, Json]) -> None:
        session.give(content)
        await output.keep_up()

    dispatcher = Dispatcher(service, send, watch)
    try:
        while (line := await lines.next()) is not None:
            for message in session.take(line):
                dispatcher.take(message)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await dispatcher.idle()
        await dispatcher.close()
    except asyncio.CancelledError:  # told to end, by whom may read nothing any more
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PARTING):
                await dispatcher.close()
        raise
    await output.keep_up(0)
