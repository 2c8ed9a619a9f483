"""The same requests to our server and to the SDK's over the same service, in this process."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from posthog_wizard.net.stdio import Lines, Output
from posthog_wizard.server.service import Service
from tests.support.sdk_judge import sdk_server, session_streams
from tests.support.serving import Bench

Serve = Callable[[Service, Lines, Output], Awaitable[None]]
Said = tuple[str, dict[str, Any] | None]


async def by_the_sdk(service: Service, lines: Lines, output: Output) -> None:
    """The SDK's server in the place of ours."""

    async def at_once() -> None:
        await asyncio.sleep(0.2)

    server = sdk_server(service)
    async with session_streams(lines, output, at_once) as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


@dataclass
class Wire:
    """A client's side of a connection."""

    descriptor: int
    lines: Lines

    def say(self, **message: Any) -> None:
        """Send a message."""
        os.write(self.descriptor, json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def hear(self) -> Any:
        """The next message."""
        async with asyncio.timeout(20):
            line = await self.lines.next()
        assert line is not None
        return json.loads(line)

    async def ask(self, number: int, method: str, params: dict[str, Any] | None) -> Any:
        """The next message after a request."""
        self.say(id=number, method=method, **({} if params is None else {"params": params}))
        return await self.hear()


@asynccontextmanager
async def connected(service: Service, serve: Serve) -> AsyncIterator[Wire]:
    """A server in this process, until its client has said all."""
    (ours, theirs), (heard, said) = os.pipe(), os.pipe()
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(serve(service, Lines(ours, loop), Output(said, lambda: None)))
    try:
        yield Wire(theirs, Lines(heard, loop))
    finally:
        os.close(theirs)
        await serving


def answers(bench: Bench, serve: Serve, requests: Sequence[Said]) -> list[Any]:
    """What is answered to requests that are made one after the other."""

    async def talk(service: Service) -> list[Any]:
        async with connected(service, serve) as wire:
            return [await wire.ask(number, *request) for number, request in enumerate(requests)]

    return bench.use(talk)
