"""A hosted MCP server on loopback that demands a key, over TLS if need be, with one fault at a time."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tests.support.wire import Reply, Request, Server, connection_to

SESSION = "session-1"
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "hosted", "version": "1"}}
TOOL = {"name": "say-hello", "description": "Says hello.", "inputSchema": {"type": "object"}}
REFUSED = Reply(401, {"error": "invalid_token"}, (("WWW-Authenticate", 'Bearer resource_metadata="x"'),))


@dataclass
class Hosted:
    """Listens when it is entered. `faults`: a method of MCP (or of HTTP) -> the reply in place of the right one."""

    key: str
    faults: Mapping[str, Reply] = field(default_factory=dict)
    streams: bool = False  # answers are events
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    named: tuple[Any, ...] = (TOOL,)  # the tools in the mode `tools`
    usual: tuple[Any, ...] | None = None  # those without a mode; None: the same
    data: Any = None  # the result of every call

    def __post_init__(self) -> None:
        self.hung_up_on = threading.Event()
        self._server = Server(("127.0.0.1", 0), connection_to(self))
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    @property
    def asked(self) -> list[str]:
        """What was asked, in order: methods of MCP, else of HTTP."""
        return [_method(request) for request in self.requests]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Reply:
        """What the server says."""
        self.requests.append(request)
        method = _method(request)
        if method in self.faults:
            return self.faults[method]
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return REFUSED
        if method != "initialize" and request.headers.get("mcp-session-id") != SESSION:
            return Reply(400, {"error": "no session"})
        by_name = self.usual is None or request.headers.get("x-posthog-mcp-mode") == "tools"
        listed = {"tools": self.named if by_name else self.usual}
        results = {"initialize": HELLO, "tools/list": listed, "tools/call": self.data}
        return self._result(request.body, results.get(method))

    def _result(self, message: Any, result: Any) -> Reply:
        if result is None:
            return Reply(202, b"")
        content = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        named = (("Mcp-Session-Id", SESSION),)
        if not self.streams:
            return Reply(body=content, headers=named)
        events = f": hello\n\nevent: message\ndata: {json.dumps(content)}\n\n".encode()
        return Reply(body=events, headers=(("Content-Type", "text/event-stream"), *named), stall=30)


def _method(request: Request) -> str:
    return str(request.body.get("method", "")) if request.raw else request.method
