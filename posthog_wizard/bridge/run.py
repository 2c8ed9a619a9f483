"""One run of the bridge, from the first line to the last."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import Any

from posthog_wizard.api.certificates import trusted
from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.bridge.address import Address, parse_address
from posthog_wizard.bridge.link import Link
from posthog_wizard.bridge.listening import listen
from posthog_wizard.bridge.relay import Relay
from posthog_wizard.bridge.settings import Settings
from posthog_wizard.bridge.stdio import Lines, Output, own_stdout, parent_gone
from posthog_wizard.bridge.streams import BROKEN
from posthog_wizard.bridge.threads import DaemonThreads
from posthog_wizard.bridge.upstream import Upstream

SIGNALS = {"SIGTERM": 0, "SIGHUP": 0, "SIGBREAK": 0, "SIGINT": 130}  # name -> exit code; not every system has all


def run(settings: Settings) -> int:
    """Serve the client on stdin and stdout until it leaves, and give the exit code.

    Raises WrongUsage for an address to which no key may go, and for an unusable certificate file.
    """
    address = parse_address(hosted_url(settings.url, settings.limits), allow_http=settings.allow_http)
    return asyncio.run(_until_signalled(settings, address))


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
    link = Link(settings, address, Upstream(address, settings.waits, context), output.send, listen)
    lines, relay = Lines(stdin, loop), Relay(link)
    working = loop.create_task(relay.run(lines))
    ends: list[asyncio.Future[Any]] = [stopped, working]
    ends += [loop.create_task(lines.ended.wait()), loop.create_task(parent_gone(settings.waits.parent))]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if lines.ended.is_set():
        await asyncio.wait([working], timeout=settings.waits.farewell)
    await relay.close()
    await _take_leave(link)
    output.close(settings.waits.farewell)
    if working.done():
        working.result()  # a bug is not to be swallowed
    return stopped.result() if stopped.done() else 0


async def _take_leave(link: Link) -> None:
    """End the session, if the server is quick about it."""
    link.stop_listening()
    if link.session.id:
        with suppress(TimeoutError, *BROKEN):
            async with (
                asyncio.timeout(link.settings.waits.farewell),
                link.upstream.exchange("DELETE", link.own_headers + link.session_headers),
            ):
                pass
    await link.upstream.aclose()


def _set(future: asyncio.Future[int], code: int) -> None:
    if not future.done():
        future.set_result(code)
