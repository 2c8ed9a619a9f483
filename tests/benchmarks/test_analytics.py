"""What analytics cost a server: calls per second with and without, side by side. Run it with `-m benchmark -s`.

A low-level server and a client of the MCP SDK in one process, so that nothing hides the cost; medians of alternating
rounds. The sink is another thread of the same process, which makes the figures worse than they are.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import pytest
from mcp.client import Client
from mcp.server.lowlevel import Server
from posthog import Posthog

from posthog_wizard.analytics import instrument
from tests.support.sink import Sink
from tests.support.watched import low_level

pytestmark = pytest.mark.benchmark
ROUNDS, CALLS = 15, 100
TOOL = {"name": "echo", "description": "Echo.", "inputSchema": {"type": "object", "properties": {"text": {}}}}
SIZES = {"short": "hello", "4 kB": "some words " * 400, "100 kB": "some words " * 10_000}


def echo() -> Server[Any]:
    """The server."""
    return low_level(TOOL, lambda arguments: str(arguments["text"]))


async def one_round(client: Client, text: str) -> list[float]:
    """Milliseconds of each call."""
    took = []
    for _ in range(CALLS):
        start = time.perf_counter()
        await client.call_tool("echo", {"text": text, "context": "Measure."})
        took.append((time.perf_counter() - start) * 1000)
    return took


async def side_by_side(text: str, sink: Sink) -> tuple[list[float], list[float]]:
    """Milliseconds of every call, without and with."""
    without, watched = echo(), echo()
    client = Posthog("phc_test", host=sink.url, max_queue_size=100_000)
    handle = instrument(watched, client, logger=lambda _: None)  # more calls than anybody makes: some events drop
    took: tuple[list[float], list[float]] = ([], [])
    async with Client(without) as plain, Client(watched) as measured:
        for each in (plain, measured):
            await each.list_tools()
            await one_round(each, text)
        for _ in range(ROUNDS):
            took[0].extend(await one_round(plain, text))
            took[1].extend(await one_round(measured, text))
    await handle.flush(30)
    return took


@pytest.mark.parametrize("size", SIZES)
def test_a_call_takes_less_than_a_millisecond_more(size: str) -> None:
    with Sink() as sink:
        without, watched = asyncio.run(side_by_side(SIZES[size], sink))
        assert len(sink.named("$mcp_tool_call")) > 0
    plain, measured = statistics.median(without), statistics.median(watched)
    print(
        f"\n{size:>7}: {plain:6.3f} ms without, {measured:6.3f} ms with: {measured - plain:+.3f} ms at the median;"
        f" calls a second {1000 * len(without) / sum(without):6.0f} and {1000 * len(watched) / sum(watched):6.0f}"
    )
    assert measured - plain < 1
