"""One run of the bridge, from the first line to the last."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from posthog_wizard.api.certificates import trusted
from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.bridge.address import Address, parse_address
from posthog_wizard.bridge.link import Link
from posthog_wizard.bridge.listening import listen
from posthog_wizard.bridge.logs import start_logging
from posthog_wizard.bridge.parting import end_session
from posthog_wizard.bridge.proxies import proxy_for
from posthog_wizard.bridge.relay import Relay
from posthog_wizard.bridge.settings import Settings
from posthog_wizard.bridge.stdio import Lines, Output, own_stdout, parent_gone
from posthog_wizard.bridge.threads import DaemonThreads
from posthog_wizard.bridge.upstream import Upstream

SIGNALS = {"SIGTERM": 0, "SIGHUP": 0, "SIGBREAK": 0, "SIGINT": 130}  # name -> exit code; not every system has all


def run(settings: Settings) -> int:
    """Serve the client on stdin and stdout until it leaves, and give the exit code.

    Raises WrongUsage for an address to which no key may go, a proxy or a certificate file of no use, a log file that
    cannot be written.
    """
    if settings.ca_file:
        trusted(settings.ca_file)  # a bad one is said at once, not at the first connection
    start_logging(settings)
    address = parse_address(hosted_url(settings.url, settings.limits), allow_http=settings.allow_http)
    routed = settings._replace(proxy=proxy_for(address, os.environ))
    return asyncio.run(_until_signalled(routed, address))


async def _until_signalled(settings: Settings, address: Address) -> int:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()
    for name, code in SIGNALS.items():
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_, code=code: loop.call_soon_threadsafe(_set, stopped, code))
    return await serve(settings, address, 0, own_stdout(), stopped)


async def serve(settings: Settings, address: Address, stdin: int, stdout: int, stopped: asyncio.Future[int]) -> int:
    """Forward between two descriptors and an address until one side ends, or `stopped` gets an exit code."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonThreads())
    output = Output(stdout, lambda: loop.call_soon_threadsafe(_set, stopped, 0))
    context = loop.run_in_executor(None, trusted, settings.ca_file) if address.secure else None
    upstream = Upstream(address, settings.waits, context, settings.proxy)
    link = Link(settings, address, upstream, output.send, listen)
    lines, relay = Lines(stdin, loop), Relay(link)
    working = loop.create_task(relay.run(lines))
    ends: list[asyncio.Future[Any]] = [stopped, working]
    ends += [loop.create_task(lines.ended.wait()), loop.create_task(parent_gone(settings.waits.parent))]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if lines.ended.is_set():
        await asyncio.wait([working], timeout=settings.waits.farewell)
    await relay.close()
    link.stop_listening()
    if link.session.id:
        await end_session(link, link.session_headers)
    await upstream.aclose()
    output.close(settings.waits.farewell)
    if working.done():
        working.result()  # a bug is not to be swallowed
    return stopped.result() if stopped.done() else 0


def _set(future: asyncio.Future[int], code: int) -> None:
    if not future.done():
        future.set_result(code)
