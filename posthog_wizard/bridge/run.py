"""One run of the bridge, from the first line to the last."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.delivery import listen
from posthog_wizard.bridge.http.upstream import Upstream
from posthog_wizard.bridge.logs import start_bridge_logging
from posthog_wizard.bridge.negotiation import question_of_server
from posthog_wizard.bridge.relay import Relay
from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.net.addresses import Address, parse_address
from posthog_wizard.net.certificates import trusted
from posthog_wizard.net.proxies import proxy_for
from posthog_wizard.net.stdio import Lines, Output, own_stdout, parent_gone

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")  # not every system has all


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class DaemonThreads(ThreadPoolExecutor):
    """What asyncio resolves names with: a name server that does not answer must not keep the process alive."""

    def submit(
        self, fn: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> Future[_Result]:
        """Call the function in a thread of its own."""
        return start_in_background(partial(fn, *args, **kwargs))


def run_bridge(settings: BridgeSettings) -> int:
    """Serve the client on stdin and stdout until it leaves, and give the exit code.

    Raises WrongUsage for an address to which no key may go, a proxy or a certificate file of no use, a log file that
    cannot be written.
    """
    if settings.ca_file:
        trusted(settings.ca_file)  # a bad one is said at once, not at the first connection
    address = parse_address(hosted_url(settings.url, settings.limits), allow_http=settings.allow_http)
    start_bridge_logging(settings)
    asyncio.run(_until_signalled(settings._replace(proxy=proxy_for(address, os.environ)), address))
    return 0


async def _until_signalled(settings: BridgeSettings, address: Address) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: loop.call_soon_threadsafe(stopped.set))
    await forward(settings, address, 0, own_stdout(), stopped)


async def forward(settings: BridgeSettings, address: Address, stdin: int, stdout: int, stopped: asyncio.Event) -> None:
    """Forward between two descriptors and an address until the client leaves, its process ends, or `stopped` is set."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonThreads())
    output = Output(stdout, lambda: loop.call_soon_threadsafe(stopped.set))
    context = _bridge_context(settings, address, output)
    lines, relay = Lines(stdin, loop), Relay(context)
    working = loop.create_task(relay.run(lines))
    await _first(working, lines.ended.wait(), stopped.wait(), parent_gone(settings.waits.parent))
    if lines.ended.is_set():
        await asyncio.wait([working], timeout=settings.waits.finish)
    await relay.close()
    await _take_leave(context)
    output.close(settings.waits.farewell)
    if working.done():
        working.result()  # a bug is not to be swallowed


def _bridge_context(settings: BridgeSettings, address: Address, output: Output) -> BridgeContext:
    loop = asyncio.get_running_loop()
    secure = address.secure or (settings.proxy is not None and settings.proxy.place[0])
    context = loop.run_in_executor(None, trusted, settings.ca_file) if secure else None
    upstream = Upstream(address, settings.waits, context, settings.proxy)
    return BridgeContext(settings, address, upstream, output.send, listen, question_of_server)


async def _first(working: asyncio.Task[None], *reasons: Coroutine[Any, Any, Any]) -> None:
    """Wait for the first reason to end."""
    tasks = [asyncio.ensure_future(reason) for reason in reasons]
    await asyncio.wait([working, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def _take_leave(context: BridgeContext) -> None:
    context.stop_listening()
    if context.session.id:
        await context.end_session(context.session.headers)
    await context.upstream.aclose()
