"""A streamable-HTTP MCP server that does as little as possible, so that a benchmark measures what stands before it.

`python -m tests.support.quick_server` prints its URL and serves until its stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "quick", "version": "1"},
}
TOOL = {
    "name": "echo",
    "description": "Give back a text.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
}

IDENTIFIER = re.compile(rb'"id": ?(\d+|"[^"]*")')
RESULTS = {b'"initialize"': json.dumps(HELLO).encode(), b'"tools/list"': json.dumps({"tools": [TOOL]}).encode()}


class Connection(asyncio.Protocol):
    """One connection; requests one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.received = bytearray()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.received[:end]).lower()
            size = int(head.partition(b"content-length:")[2].partition(b"\r")[0] or 0)
            if len(self.received) < end + 4 + size:
                return
            body = bytes(self.received[end + 4 : end + 4 + size])
            del self.received[: end + 4 + size]
            self.transport.write(respond(head, body))


def respond(head: bytes, body: bytes) -> bytes:
    """The HTTP response to a request. JSON is not parsed but cut, as its makers here write it."""
    if not head.startswith(b"post"):
        return reply("405 Method Not Allowed", b"")
    found = IDENTIFIER.search(body)
    if found is None:
        return reply("202 Accepted", b"")
    return reply("200 OK", b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (found[1], result(body)))


def result(body: bytes) -> bytes:
    """What a method gives; `tools/call` gives its text back."""
    if b'"tools/call"' in body[:200]:
        start = body.index(b'"', body.index(b'"text"') + len(b'"text"'))
        text = body[start : body.index(b'"', start + 1) + 1]
        return b'{"content":[{"type":"text","text":%b}],"isError":false}' % text
    return next((given for method, given in RESULTS.items() if method in body[:200]), b"{}")


def reply(status: str, body: bytes) -> bytes:
    """A response with that body."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nMcp-Session-Id: quick\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def main() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
