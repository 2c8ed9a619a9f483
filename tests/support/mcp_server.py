"""A streamable-HTTP MCP server on loopback that demands a key and remembers who came with what."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROTOCOL = "2025-06-18"
TOOLS = [{"name": "say-hello", "description": "Says hello.", "inputSchema": {"type": "object", "properties": {}}}]


@dataclass(frozen=True)
class Message:
    """One JSON-RPC message that was let in, with its headers (lower-case names) and the path that it was sent to."""

    method: str
    headers: Mapping[str, str]
    path: str = "/mcp"


@dataclass
class McpServer:
    """What the server is told, and what it saw. `refused` are the headers of requests without the right key."""

    key: str
    url: str = ""
    messages: list[Message] = field(default_factory=list)
    refused: list[Mapping[str, str]] = field(default_factory=list)

    def saw(self, method: str) -> list[Message]:
        """The messages of that method."""
        return [message for message in self.messages if message.method == method]


@contextmanager
def mcp_server(key: str) -> Iterator[McpServer]:
    """Serve until the block is left; `url` ends in /mcp."""
    state = McpServer(key)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{http.server_port}/mcp"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    results: dict[str, Any] = {
        "initialize": {
            "protocolVersion": PROTOCOL,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "loopback", "version": "1"},
        },
        "tools/list": {"tools": TOOLS},
        "tools/call": {"content": [{"type": "text", "text": "hello"}]},
        "ping": {},
    }
    if message["method"] not in results:
        error = {"code": -32601, "message": "Method not found"}
        return {"jsonrpc": "2.0", "id": message["id"], "error": error}
    return {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}


def _handler(state: McpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            if headers.get("authorization") != f"Bearer {state.key}":
                state.refused.append(headers)
                self.reply(401, {"error": "unauthorized"})
                return
            message = json.loads(body)
            state.messages.append(Message(message.get("method", ""), headers, self.path))
            self.reply(200, _answer(message)) if "id" in message else self.reply(202, None)

        def do_GET(self) -> None:
            self.reply(405 if self.path == "/mcp" else 404, None)

        def do_DELETE(self) -> None:
            self.reply(200, None)

        def reply(self, status: int, body: dict[str, Any] | None) -> None:
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
