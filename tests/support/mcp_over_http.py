"""`mcp serve` behind HTTP, for judges that speak nothing else: each session of the earlier era is a connection, and so is each request of the later."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from posthog_wizard.net.mcp_eras import MODERN
from posthog_wizard.server.run import serve_lines
from posthog_wizard.server.service import Service
from tests.support.dialogues import Wire, connected

_SESSION = "Mcp-Session-Id"


class _Sessions(ThreadingHTTPServer):
    """Passes messages to connections that live in a loop of their own."""

    daemon_threads = True

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._service, self._wires, self._open = service, dict[str, Wire](), AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._running = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._running.start()

    def exchange(self, message: Any, session: str | None) -> tuple[Any, str]:
        """The answer to a message, None to a notification, and the session that it belongs to."""
        return asyncio.run_coroutine_threadsafe(self._exchanged(message, session), self._loop).result(30)

    def close(self) -> None:
        """End every connection."""
        asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._running.join()
        self._loop.close()

    async def _ended(self) -> None:
        await self._open.aclose()
        await self._service.workspace.close()

    async def _exchanged(self, message: Any, session: str | None) -> tuple[Any, str]:
        name = session or f"s{len(self._wires)}"
        if name not in self._wires:
            self._wires[name] = await self._open.enter_async_context(connected(self._service, serve_lines))
        self._wires[name].say(**message)
        return (await self._wires[name].hear() if "id" in message else None), name


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer, session = cast("_Sessions", self.server).exchange(message, self.headers.get(_SESSION))
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(200 if body else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.headers.get("MCP-Protocol-Version") != MODERN:
            self.send_header(_SESSION, session)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_error(405)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def over_http(service: Service) -> Iterator[str]:
    """The address of the server's endpoint."""
    with _Sessions(service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/mcp"
        finally:
            server.shutdown()
            server.close()
