"""A server over streamable HTTP on loopback, in this process, and a client of the MCP SDK that talks with it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer


@contextmanager
def over_http(server: MCPServer | Server[Any], *, stateless: bool = False) -> Iterator[str]:
    """The URL of the server while it serves."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = server.streamable_http_app(stateless_http=stateless)
    serving = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, ws="none"))
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        serving.should_exit = True
        thread.join()
        listener.close()
