"""The SDK's own streamable-HTTP server on loopback, with one tool for each thing that must pass a bridge.

`python -m tests.support.sdk_server [json] [stateless] [PORT]` prints its URL and serves until its stdin ends. It keeps
events, so that broken streams can be taken up again; with `json` it answers without streams, with `stdio` it speaks on
stdin and stdout.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp_types import JSONRPCMessage
from pydantic import BaseModel, Field

ROOT = Path(__file__).parents[2]


class Answer(BaseModel):
    """What the user is asked for."""

    name: str


class Kept(EventStore):
    """Every event, for ever."""

    def __init__(self) -> None:
        self._events: list[tuple[str, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        """Keep it; its number is its id."""
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        """Send what came later on the same stream."""
        stream, _ = self._events[int(last_event_id) - 1]
        for number, (other, message) in enumerate(self._events, 1):
            if other == stream and number > int(last_event_id) and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


def demo() -> MCPServer:
    """The server."""
    server = MCPServer("demo")

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @server.tool()
    def where(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
        """Say where. The argument must come as a header too."""
        return region

    @server.tool()
    async def steps(context: Context) -> str:
        """Report progress three times."""
        for number in range(3):
            await context.report_progress(number, 3)
        return "done"

    @server.tool()
    async def ask(context: Context) -> str:
        """Ask the user."""
        answer = await context.elicit("Who?", Answer)
        return f"{answer.action} {answer.data.name if answer.action == 'accept' else ''}"

    @server.tool()
    async def broken(context: Context) -> str:
        """Cut the stream before the answer, which must then be fetched."""
        close = context.request_context.close_sse_stream
        if close:
            await close()
        await asyncio.sleep(0.1)
        return "taken up"

    @server.tool()
    async def change(context: Context) -> str:
        """Say that the tools have changed."""
        await context.notify_tools_changed()
        return "changed"

    return server


@contextmanager
def sdk_server(*words: str) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.sdk_server", *words],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def main(as_json: bool, stateless: bool, port: int) -> None:
    """Serve until stdin ends."""
    kept = None if stateless else Kept()
    app = demo().streamable_http_app(
        json_response=as_json, stateless_http=stateless, event_store=kept, retry_interval=50
    )
    listener = socket.create_server(("127.0.0.1", port))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: setattr(server, "should_exit", True))
        await server.serve([listener])

    asyncio.run(serve())


if __name__ == "__main__":
    if "stdio" in sys.argv:
        demo().run()
    else:
        main("json" in sys.argv, "stateless" in sys.argv, next((int(each) for each in sys.argv if each.isdigit()), 0))
