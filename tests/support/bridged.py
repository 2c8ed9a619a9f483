"""A client of the bridge in the same process: it writes lines into one pipe and reads them from another."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from posthog_wizard.bridge.run import forward
from posthog_wizard.bridge.run_settings import BridgeSettings, Waits
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import parse_address

KEY = "phx_bridge0123456789abcdefghijklmnop"
SHORT = Waits(
    connect=2, answer=1, patience=0.4, throttled=1.5, first_pause=0.02, longest_pause=0.2, resume=0.05,
    notification=0.5, drain=0.1, finish=0.3, farewell=0.3, parent=0.1,
)  # fmt: skip
PATIENCE = 15.0  # seconds in which anything here must have happened
HELLO: Json = {
    "jsonrpc": "2.0", "id": 0, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip
READY: Json = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def settings(url: str = "http://127.0.0.1:1/mcp", **changes: Json) -> BridgeSettings:
    """Settings with short waits."""
    usual = BridgeSettings(url, Secret(KEY), "the environment variable `POSTHOG_AUTH_HEADER`", waits=SHORT)
    return usual._replace(**changes)


def request(identifier: Json, method: str, **parameters: Json) -> Json:
    """A request as a client sends it."""
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": parameters}


def modern(identifier: Json, method: str, **parameters: Json) -> Json:
    """A request of the revision of 2026-07-28, which says itself which revision it speaks."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    return request(identifier, method, _meta=meta, **parameters)


def call(identifier: Json = 1, tool: str = "change", **arguments: Json) -> Json:
    """A tool call, which must never happen twice."""
    return request(identifier, "tools/call", name=tool, arguments=arguments)


@dataclass
class Client:
    """What a client does: say, and hear."""

    _write: int
    _reader: asyncio.StreamReader
    running: asyncio.Task[None]
    stopped: asyncio.Event
    heard: list[Json] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def say(self, *messages: Json) -> None:
        """Write messages, one a line; bytes go as they are."""
        lines = (each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in messages)
        os.write(self._write, b"".join(lines))

    async def hear(self, count: int = 1) -> list[Json]:
        """The next lines."""
        return [await self._line() for _ in range(count)]

    async def ask(self, *messages: Json) -> list[Json]:
        """Write requests and give their answers, sorted by id; what else is heard meanwhile stays in `heard`."""
        self.say(*messages)
        answers: list[Json] = []
        while len(answers) < len(messages):
            line = await self._line()
            answers += [line] if "method" not in line else []
        return sorted(answers, key=lambda each: str(each["id"]))

    async def begin(self) -> None:
        """The handshake of the revisions until 2025-11-25."""
        await self.ask(HELLO)
        self.say(READY)

    def leave(self) -> None:
        """Close the bridge's stdin."""
        os.close(self._write)
        self._write = -1

    async def gone(self) -> None:
        """Wait for the bridge's end."""
        await asyncio.wait_for(asyncio.shield(self.running), PATIENCE)

    async def close(self) -> None:
        """Leave, if not done, and wait for the end."""
        if self._write >= 0:
            self.leave()
        await self.gone()

    async def _line(self) -> Json:
        line = await asyncio.wait_for(self._reader.readline(), PATIENCE)
        self.raw.append(line)
        self.heard.append(json.loads(line))
        return self.heard[-1]


@asynccontextmanager
async def bridged(to: BridgeSettings) -> AsyncIterator[Client]:
    """A client whose bridge runs with these settings; the bridge has ended when the block is left."""
    loop = asyncio.get_running_loop()
    (stdin, write), (read, stdout) = os.pipe(), os.pipe()
    reader = asyncio.StreamReader(limit=1 << 28)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb"))
    stopped = asyncio.Event()
    address = parse_address(to.url, allow_http=to.allow_http)
    client = Client(write, reader, loop.create_task(forward(to, address, stdin, stdout, stopped)), stopped)
    await asyncio.sleep(0)  # the bridge reads from now on, so that a long line can be written
    try:
        yield client
    finally:
        await client.close()
        transport.close()
        os.close(stdin)
        os.close(stdout)


async def eventually(true: Callable[[], bool]) -> None:
    """Wait until it is so; fails when it never is."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
