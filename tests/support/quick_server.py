"""A streamable-HTTP MCP server that does as little as possible, so that a benchmark measures what stands before it.

`python -m tests.support.quick_server [SECONDS]` prints its URL and serves until its stdin ends, each answer after so long.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DELAY = float(sys.argv[1]) if __name__ == "__main__" and sys.argv[1:] else 0.0  # seconds
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
            if answer := respond(head, body):
                self.answer(answer)

    def answer(self, answer: bytes) -> None:
        """Send it, after the delay where there is one."""
        if not DELAY:
            self.transport.write(answer)
            return
        asyncio.get_running_loop().call_later(DELAY, self.transport.write, answer)


def respond(head: bytes, body: bytes) -> bytes:
    """The HTTP response to a request; none to a call of `sleep`. JSON is not parsed but cut, as it is written here."""
    if head.startswith(b"delete"):
        sys.stdout.write("deleted\n")
    if not head.startswith(b"post"):
        return reply("405 Method Not Allowed", b"")
    if b"/wrong-key" in head[:100]:
        return reply("401 Unauthorized", b'{"error":"wrong key"}')
    if b'"sleep"' in body[:200]:
        return b""
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


@dataclass
class QuickServer:
    """The server as a child process. Its lines after the URL are what it did."""

    url: str
    process: subprocess.Popen[str]

    def pause(self) -> None:
        """Stop it where it stands: connections are made, and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def said(self, word: str) -> bool:
        """End it, and whether it said so."""
        out, _ = self.process.communicate("", timeout=10)
        return word in out.split()


@contextmanager
def quick_server(delay: float = 0) -> Iterator[QuickServer]:
    """A server in a process of its own; each of its answers takes `delay` seconds."""
    words = [sys.executable, "-m", "tests.support.quick_server", str(delay)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield QuickServer(process.stdout.readline().strip(), process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.communicate()


async def main() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
