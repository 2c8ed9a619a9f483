"""Servers whose process is ended in one way or another, and the events that are left then.

`python -m tests.support.ending_server` serves over stdio. `app` is for `uvicorn --workers`. SINK is where events go.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from mcp.server.mcpserver import MCPServer
from posthog import Posthog

from posthog_wizard.analytics import Identity, instrument


def watched_server() -> MCPServer:
    """A server whose events wait a minute for company."""
    server = MCPServer("ending", version="1")

    @server.tool(structured_output=False)
    def process() -> str:
        """Say which process this is."""
        return str(os.getpid())

    instrument(server, Posthog("phc_test", host=os.environ["SINK"], flush_interval=60), identify=who)
    return server


def who(_: Any, extra: Any) -> Identity | None:
    """The user that a header names."""
    user = (extra["headers"] or {}).get("x-user")
    return Identity(user) if user else None


def app() -> Any:
    """The server over HTTP without sessions."""
    return watched_server().streamable_http_app(stateless_http=True)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored
    if "own" in sys.argv:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    asyncio.run(watched_server().run_stdio_async())
