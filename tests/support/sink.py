"""A loopback PostHog that only takes events, from any SDK, or one that never answers."""

from __future__ import annotations

import gzip
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

Event = dict[str, Any]

SOON = 10  # seconds for the end of a server that is watched: two are promised, a busy machine adds to them, and the SDK by itself waits a minute


class Sink:
    """Takes what is posted to `/batch/`, and what posthog-js posts. With `hangs`, it reads requests and never answers them.

    `tls` makes it https. `static` has the scripts that posthog-js loads from its host.
    """

    def __init__(self, *, hangs: bool = False, tls: ssl.SSLContext | None = None, static: Path | None = None) -> None:
        self.static = static
        self.events: list[Event] = []
        self.keys: list[str] = []
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, self._ending if hangs else None))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def names(self) -> list[str]:
        """The events' names, in the order in which they came."""
        return [event["event"] for event in self.events]

    def named(self, name: str) -> list[Event]:
        """The events of that name."""
        return [event for event in self.events if event["event"] == name]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take nothing more: connections are refused."""
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: Any) -> None:
        """Keep the events of a request: a batch with its key, or posthog-js's, each with its token."""
        batch = body["batch"] if "batch" in body else body if isinstance(body, list) else [body]
        self.keys += [body["api_key"]] if "batch" in body else [event["properties"]["token"] for event in batch]
        self.events += batch


def _handler(sink: Sink, hanging: threading.Event | None) -> type[BaseHTTPRequestHandler]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = body[:2] == b"\x1f\x8b"
            if hanging is not None:
                hanging.wait(30)
                return
            if re.match(r"/(batch|e|i/v0/e)/", self.path):
                sink.take(json.loads(gzip.decompress(body) if zipped else body))
            self._answer()

        def do_GET(self) -> None:
            script = sink.static / Path(urlsplit(self.path).path).name if sink.static else None
            if script is not None and script.suffix == ".js" and script.is_file():
                self._answer(script.read_bytes() + b"\n", "text/javascript")
            else:
                self._answer(*((b"", "text/javascript") if script and script.suffix == ".js" else ()))

        def do_OPTIONS(self) -> None:
            self._answer()

        def _answer(self, content: bytes = b'{"status": 1}', kind: str = "application/json") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "*")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Taking
