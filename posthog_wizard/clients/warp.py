"""Warp: `~/.warp/.mcp.json`, and `.warp/.mcp.json` in a project.

https://docs.warp.dev/knowledge-and-collaboration/mcp
"""

from posthog_wizard.clients.entries import PLAIN
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import UNPROVEN, Client

_USER = in_home(PLAIN, UNPROVEN, "~/.warp/.mcp.json")

CLIENT = Client(
    id="warp",
    title="Warp",
    places=(_USER, in_project(_USER, ".warp/.mcp.json")),
    binaries=("warp", "warp-terminal"),
    applications=("Warp.app",),
    after_adding="switch the server on under Settings > AI > Manage MCP servers in Warp",
    after_removing="nothing to do, Warp sees the change by itself",
    unread_locations=unread(
        "~/.warp/mcp.json, ~/.warp/mcp_config.json, ~/.warp/mcp_servers.json, ~/.warp/mcp_settings.json, "
        "{project}/.warp/mcp.json",
        "Warp reads `.mcp.json`, with a dot, in `~/.warp` and in a project's `.warp`",
    ),
)
