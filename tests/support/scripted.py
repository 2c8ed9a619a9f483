"""An HTTP server on loopback that does what it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from posthog_wizard.model import Json


@dataclass(frozen=True)
class Asked:
    """One request, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    moment: float  # of the loop's clock

    @property
    def message(self) -> Json:
        """The JSON-RPC message in the body, `{}` when there is none."""
        return json.loads(self.body or b"{}")

    @property
    def kind(self) -> str:
        """What a script calls it: the message's method, else the verb."""
        return str(self.message.get("method") or self.method) if isinstance(self.message, dict) else "batch"


@dataclass(frozen=True)
class Reply:
    """What to send: `pieces` one after the other, numbers being seconds to wait; then how to part.

    `keep` ends the answer in order, `cut` closes without an end, `reset` as a crash would, `hang` does nothing more.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[bytes | float, ...] = ()
    ending: Literal["keep", "cut", "reset", "hang"] = "keep"
    silent: bool = False  # not even a status


Step = Callable[[Asked], Reply]
Script = Mapping[str, Sequence[Step]]  # by kind; the last step stands for all that follow


class Server:
    """A running script. `asked` grows with every request."""

    def __init__(self, script: Script, url: str) -> None:
        self.script = {kind: deque(steps) for kind, steps in script.items()}
        self.url = url
        self.asked: list[Asked] = []
        self.connections = 0
        self.hung_up = 0  # connections that the other side closed while it was owed something
        self.writers: set[asyncio.StreamWriter] = set()

    def kinds(self) -> list[str]:
        """What was asked, in order."""
        return [asked.kind for asked in self.asked]

    def of(self, kind: str) -> list[Asked]:
        """The requests of one kind."""
        return [asked for asked in self.asked if asked.kind == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                pass
        self.writers.discard(writer)
        writer.close()

    def cut_all(self) -> None:
        """Close every connection, as a server that ends."""
        for writer in self.writers:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, target, headers, body, asyncio.get_running_loop().time())
        self.asked.append(asked)
        steps = self.script.get(asked.kind) or USUAL[asked.kind if asked.kind in USUAL else "result"]
        step = steps.popleft() if isinstance(steps, deque) and len(steps) > 1 else steps[0]
        return await self._send(step(asked), reader, writer)

    async def _send(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if not reply.silent:
            lines = [
                f"HTTP/1.1 {reply.status} Scripted",
                *(f"{name}: {value}" for name, value in reply.headers.items()),
            ]
            writer.write("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode("latin-1"))
        for piece in reply.pieces:
            if isinstance(piece, bytes):
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
            else:
                await asyncio.sleep(piece)
        if reply.ending == "keep":
            writer.write(b"0\r\n\r\n")
        if reply.ending == "hang":
            await reader.read()
            self.hung_up += 1
        if reply.ending == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        return reply.ending == "keep"


@asynccontextmanager
async def scripted(
    script: Script | None = None, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """A server on a free port of loopback."""
    server = Server(script or {}, "")
    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.writers.add(writer)  # a task that is cancelled at once does not even begin
        task = asyncio.ensure_future(server.serve(reader, writer))
        tasks.add(task)

    listener = await asyncio.start_server(begin, "127.0.0.1", port, ssl=tls, limit=1 << 27)
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{listener.sockets[0].getsockname()[1]}/mcp"
    try:
        yield server
    finally:
        listener.close()
        server.cut_all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.cut_all()


# ------------------------------------------------------------------ steps


def document(content: Json, status: int = 200, **headers: str) -> Step:
    """A JSON body."""
    return lambda _: Reply(status, {"Content-Type": "application/json"} | _named(headers), (_encode(content),))


def result(content: Json = None, **headers: str) -> Step:
    """The answer to a request, as JSON."""
    return lambda asked: document(_result(asked, {} if content is None else content), 200, **headers)(asked)


def stream(*events: Json, ending: Literal["keep", "cut", "reset", "hang"] = "keep", **headers: str) -> Step:
    """Server-sent events: messages, bytes as they are, numbers to wait; `...` is the answer to the request."""

    def step(asked: Asked) -> Reply:
        return Reply(
            200,
            {"Content-Type": "text/event-stream"} | _named(headers),
            tuple(_event(asked, each) for each in events),
            ending,
        )

    return step


def event(content: Json, **fields: str) -> bytes:
    """One event with its fields, for `stream`."""
    lines = [*(f"{name}: {value}" for name, value in fields.items()), f"data: {_text(content)}", "", ""]
    return "\n".join(lines).encode()


def answer(content: Json = None, **fields: str) -> Callable[[Asked], bytes]:
    """The event that answers the request, with its fields, for `stream`."""
    return lambda asked: event(_result(asked, {} if content is None else content), **fields)


def refuse(status: int, body: bytes = b"", kind: str = "text/plain", **headers: str) -> Step:
    """A status, and whatever body."""
    return lambda _: Reply(status, {"Content-Type": kind} | _named(headers), (body,) if body else ())


def page(title: str, status: int = 200) -> Step:
    """A web page, as a captive portal gives it."""
    return refuse(status, f"<!doctype html><title>{title}</title><p>Hello".encode(), "text/html; charset=utf-8")


def redirect(where: str, status: int = 307) -> Step:
    """Another address; `{origin}` in it is the server's own."""
    return lambda asked: Reply(status, {"Location": where.format(origin=f"http://{asked.headers['host']}")})


def begun(*pieces: bytes) -> Step:
    """A JSON body that never ends."""
    return lambda _: Reply(200, {"Content-Type": "application/json"}, pieces, "hang")


def accepted(_asked: Asked) -> Reply:
    """What a notification gets."""
    return Reply(202)


def dropped(_asked: Asked) -> Reply:
    """The connection closed without a word."""
    return Reply(silent=True, ending="cut")


def hung(_asked: Asked) -> Reply:
    """Nothing, for a long time."""
    return Reply(silent=True, ending="hang")


HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "scripted", "version": "1"}}
USUAL: Script = {
    "initialize": [result(HELLO, mcp_session_id="session-1")],
    "notifications/initialized": [accepted],
    "notifications/cancelled": [accepted],
    "notifications/progress": [accepted],
    "POST": [accepted],  # the client's answer to a question of the server
    "GET": [refuse(405)],
    "DELETE": [refuse(200)],
    "result": [result()],
}


def _event(asked: Asked, each: Json) -> bytes | float:
    if each is ...:
        return answer()(asked)
    if callable(each):
        return each(asked)  # type: ignore[no-any-return]
    return each if isinstance(each, bytes | float | int) else event(each)


def _result(asked: Asked, content: Json) -> Json:
    return {"jsonrpc": "2.0", "id": asked.message["id"], "result": content}


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _encode(content: Json) -> bytes:
    return _text(content).encode()


def _text(content: Json) -> str:
    return content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
