"""HTTP as a server sees it: what came, what is sent, and the ways in which sending can go wrong."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True)
class Request:
    """What the server received."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]  # lower-case names
    raw: bytes
    port: int = 0  # the client's: one per connection

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def parameter(self, name: str, default: str = "") -> str:
        return dict(self.query).get(name, default)


@dataclass(frozen=True)
class Reply:
    """What the server sends: `body` as JSON unless it is bytes; the last `cut` bytes are promised, but not sent."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    cut: int = 0
    stall: float = 0.0  # seconds between what is sent and hanging up
    drip: float = 0.0  # seconds before each byte of the body
    hang_up: bool = False  # the connection is closed without an answer

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.status == 204 else json.dumps(self.body).encode()


class Answering(Protocol):
    """Who decides what is sent."""

    hung_up_on: threading.Event  # the client closed its connection while an answer stalled

    def answer(self, request: Request) -> Reply: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # the usual 5 make the sixth of many connections wait a second

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or does not trust our certificate, is part of a test."""


class _Connection(BaseHTTPRequestHandler):
    behind: Answering
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def _answer(self) -> None:
        address = urlsplit(self.path)
        query = tuple(parse_qsl(address.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        raw = self.rfile.read(int(headers.get("content-length", 0)))
        port = self.client_address[1]
        self._send(self.behind.answer(Request(self.command, address.path, query, headers, raw, port)))

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        self.close_connection = self.close_connection or bool(reply.hang_up or reply.cut)
        if reply.hang_up:
            return
        content = reply.encoded()
        self.send_response_only(reply.status)
        given = {name.lower() for name, _ in reply.headers}
        usual = (("Date", self.date_time_string()), ("Content-Type", "application/json"))
        for name, value in (*(one for one in usual if one[0].lower() not in given), *reply.headers):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self._write(content[: len(content) - reply.cut], reply.drip)
        if reply.stall:
            self._stall(reply.stall)

    def _write(self, content: bytes, drip: float) -> None:
        for part in [bytes([byte]) for byte in content] if drip else [content]:
            time.sleep(drip)
            self.wfile.write(part)

    def _stall(self, seconds: float) -> None:
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1):
            self.behind.hung_up_on.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


for _method in METHODS:
    setattr(_Connection, f"do_{_method}", _Connection._answer)


def connection_to(behind: Answering) -> type[BaseHTTPRequestHandler]:
    return type("Connection", (_Connection,), {"behind": behind})
