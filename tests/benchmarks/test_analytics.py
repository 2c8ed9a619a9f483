"""What analytics cost a server: a call with and without, side by side. Run it with `-m benchmark -s`.

A low-level server and a client of the MCP SDK in one process, so that nothing hides the cost; medians of alternating
rounds, and beside them those of the posthog SDK's own `posthog.mcp.instrument`. The sink is another thread of the same
process, which makes the figures worse than they are; asserted is what the thread of the calls is busy.
"""

from __future__ import annotations

import asyncio
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import posthog.mcp
import pytest
from mcp.client import Client
from mcp.server.lowlevel import Server
from posthog import Posthog

from posthog_wizard.analytics import instrument
from posthog_wizard.analytics.event_queue import EventQueue
from posthog_wizard.analytics.options import Options
from tests.benchmarks.figures import figure, rounds
from tests.benchmarks.side_by_side import Took
from tests.support.sink import Sink
from tests.support.watched import NOON, Keeping, low_level

pytestmark = pytest.mark.benchmark
ROUNDS = 10
NAMES = {"ours": "posthog-wizard's", "without": "none", "posthog.mcp": "posthog SDK's"}  # in the table
TOOL = {"name": "echo", "description": "Echo.", "inputSchema": {"type": "object", "properties": {"text": {}}}}
SIZES = {
    "short": ("hello", 100),
    "4 kB": ("some words " * 400, 30),
    "100 kB": ("some words " * 10_000, 3),
}  # calls a round


def echo() -> Server[Any]:
    """The server."""
    return low_level(TOOL, lambda arguments: str(arguments["text"]))


async def one_round(client: Client, text: str, calls: int) -> list[Took]:
    """Of each call."""
    took = []
    for _ in range(calls):
        busy, start = time.thread_time(), time.perf_counter()
        await client.call_tool("echo", {"text": text, "context": "Measure."})
        took.append(Took((time.thread_time() - busy) * 1000, (time.perf_counter() - start) * 1000))
    return took


async def side_by_side(text: str, calls: int, ours: Sink, theirs: Sink) -> dict[str, list[Took]]:
    """Of every call: without analytics, with ours, and with the posthog SDK's own."""
    servers = {name: echo() for name in NAMES}
    handle = instrument(servers["ours"], Posthog("phc_test", host=ours.url))
    official = posthog.mcp.instrument(servers["posthog.mcp"], Posthog("phc_test", host=theirs.url))
    took: dict[str, list[Took]] = {name: [] for name in servers}
    async with AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(Client(server)) for name, server in servers.items()}
        for client in clients.values():
            await client.list_tools()
            await one_round(client, text, calls)
        for _ in range(rounds(ROUNDS)):
            for name, client in clients.items():
                await handle.flush(30)  # what one round has left to do must not slow the next one
                await official.flush()
                took[name].extend(await one_round(client, text, calls))
        await handle.flush(30)
    return took


@pytest.mark.parametrize("size", SIZES)
def test_a_call_takes_less_than_a_millisecond_more(size: str) -> None:
    text, calls = SIZES[size]
    with Sink() as ours, Sink() as theirs:
        took = asyncio.run(side_by_side(text, calls, ours, theirs))
        assert len(ours.named("$mcp_tool_call")) == (1 + rounds(ROUNDS)) * calls
    cpu = {NAMES[name]: [one.cpu for one in each] for name, each in took.items()}
    figure(
        "a call of a server with analytics",
        "ms",
        {NAMES[name]: [one.wall for one in each] for name, each in took.items()},
        of=size,
    )
    medians = figure("a call of a server with analytics", "ms of CPU", cpu, of=size)
    assert medians[NAMES["ours"]] - medians[NAMES["without"]] < 1.5  # 1, and half of it for noise


EVENTS = 20_000
TEXT = "some words " * 90


def test_waiting_events_take_less_memory_than_the_sdk_s_own() -> None:
    """Both keep so many and drop the rest: ours 1,000, the SDK 10,000."""
    held = threading.Event()
    ours = EventQueue(Keeping(), Options(before_send=lambda _: held.wait(60)), list[str]().append)
    event = {"event_type": "posthog:custom", "event_name": "e", "timestamp": NOON, "session_id": "ses_1"}
    with Sink(hangs=True) as sink:
        theirs = Posthog("phc_test", host=sink.url, max_retries=0, timeout=1)
        took = {
            "ours": grown(lambda number: ours.put({**event, "properties": {"text": f"{number} {TEXT}"}})),
            "posthog.mcp": grown(lambda number: theirs.capture("e", properties={"text": f"{number} {TEXT}"})),
        }
    held.set()
    kept = {NAMES[name]: [size / 2**20] for name, size in took.items()}
    figure("memory of 20,000 events that cannot be sent", "MB", kept)
    assert took["ours"] < took["posthog.mcp"]


def grown(put: Callable[[int], object]) -> int:
    """Bytes that are more in use after so many events."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(EVENTS):
        put(number)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before
