"""A network on loopback: an authority that signs certificates for any name, and a proxy that leads names to servers.

With both, a whole process reaches `https://us.posthog.com` through `HTTPS_PROXY` and `--ca-file`, by the same code and
the same settings that a user behind a company's proxy has, and no byte leaves the computer.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

import trustme


@dataclass(frozen=True)
class Authority:
    """Signs certificates. `name` is what a client that does not trust it can tell its user."""

    name: str = "Corporate Proxy Inc"
    _root: trustme.CA = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_root", trustme.CA(organization_name=self.name))

    def server(self, *names: str) -> ssl.SSLContext:
        """What a server needs that is called `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._root.issue_cert(*names).configure_cert(context)
        return context

    def write(self, path: Path) -> Path:
        """The file for `--ca-file`."""
        self._root.cert_pem.write_to_path(str(path))
        return path


class Proxy:
    """An HTTP proxy that knows CONNECT. `servers` maps names to ports on loopback; other names are refused."""

    def __init__(self, servers: Mapping[str, int], refusal: str = "403 Forbidden") -> None:
        self.seen: list[str] = []
        self._servers, self._refusal = servers, refusal
        self._listener = _Listener(("127.0.0.1", 0), _tunnel_of(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def port_of(self, head: str) -> int | None:
        """Where a request that begins with `head` leads; it is remembered."""
        self.seen.append(head)
        return self._servers.get(head.split()[1].rpartition(":")[0])

    @property
    def refusal(self) -> bytes:
        return f"HTTP/1.1 {self._refusal}\r\nContent-Length: 0\r\n\r\n".encode()


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _tunnel_of(proxy: Proxy) -> type[StreamRequestHandler]:
    class Tunnel(StreamRequestHandler):
        def handle(self) -> None:
            head = b"".join(iter(self.rfile.readline, b"\r\n")).decode()
            port = proxy.port_of(head)
            if port is None:
                self.wfile.write(proxy.refusal)
                return
            with socket.create_connection(("127.0.0.1", port)) as server:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, self.connection), daemon=True)
                back.start()
                _pump(self.connection, server)
                back.join()

    return Tunnel


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        """The other side is gone, which ends the tunnel."""
