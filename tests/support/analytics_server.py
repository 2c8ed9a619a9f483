"""A demonstration server with one tool for each way to end, watched by our analytics.

`python -m tests.support.analytics_server` serves it over stdio; the environment variable SINK is where events go,
if anywhere.
tests/support/node/analytics_server.mjs is the same server with PostHog's own package for Node.
"""

from __future__ import annotations

import asyncio
import os

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent
from posthog import Posthog

from posthog_wizard.analytics import Analytics, Identity, instrument


class Broken(Exception):
    """What the tool `throws` throws."""


def demo() -> tuple[MCPServer, list[Analytics]]:
    """The server, and where to put the handle that its tool `tells` tells an event with."""
    server, handles = MCPServer("demo", version="1.2.3"), list[Analytics]()

    @server.tool(structured_output=False)
    def add(a: float, b: float) -> str:
        """Add two numbers."""
        return f"{a + b:g}"

    @server.tool(structured_output=False)
    def fails() -> CallToolResult:
        """Say that it failed."""
        return CallToolResult(content=[TextContent(type="text", text="no such thing")], is_error=True)

    @server.tool(structured_output=False)
    def throws() -> str:
        """Throw."""
        raise Broken("out of order") from TypeError("a part is missing")

    @server.tool(structured_output=False)
    async def tells() -> str:
        """Tell an event of its own."""
        await handles[0].capture("report_exported", {"rows": 3})
        return "told"

    @server.resource("demo://readme", description="Read me.", mime_type="text/plain")
    def readme() -> str:
        return "the body"

    @server.prompt(description="Greet.")
    def greet(name: str) -> str:
        return f"Greet {name}."

    return server, handles


async def main() -> None:
    """Serve until stdin ends."""
    server, handles = demo()
    sink = os.environ.get("SINK")
    client = Posthog("phc_test", host=sink, flush_interval=0.05) if sink else None
    ann = Identity("user-1", {"name": "Ann"}, {"company": "acme"})
    handles.append(instrument(server, client, report_missing=True, identify=lambda *_: ann))
    await server.run_stdio_async()
    await handles[0].flush()  # not needed, but a server's author may think so


if __name__ == "__main__":
    asyncio.run(main())
