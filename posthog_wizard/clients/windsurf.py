"""Windsurf and its successor Devin Desktop, each with a file of its own.

https://docs.windsurf.com/windsurf/cascade/mcp (key `serverUrl`); Devin Desktop reads `~/.config/devin` with `url`.
"""

from posthog_wizard.clients.documented import mcp_remote_block
from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.model import ANY, UNPROVEN, Client, Place, Style

USER_KEYS = ("disabled", "disabledTools", "alwaysAllow", "autoApprove", "timeout")
RESTRICTING = {"disabled": True, "disabledTools": ANY}
CASCADE = Style(
    remote={"serverUrl": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{env:{name}}}",
    user_keys=USER_KEYS,
    switch={"disabled": True},
    restricting=RESTRICTING,
)
DEVIN = Style(
    remote={"url": URL, "transport": "http", "headers": HEADERS},
    stdio=PLAIN_STDIO,
    user_keys=USER_KEYS,
    switch={"disabled": True},
    restricting=RESTRICTING,
)


def cascade(channel: str) -> Place:
    """The file of one release channel of Windsurf."""
    file = (f"~/.codeium/{channel}/mcp_config.json",)
    return Place(
        scope="user",
        paths={"mac": file, "linux": file, "windows": file},
        container=("mcpServers",),
        dialect=UNPROVEN,
        style=CASCADE,
    )


CLIENT = Client(
    id="windsurf",
    title="Windsurf / Devin Desktop",
    places=(
        cascade("windsurf"),
        cascade("windsurf-next"),
        cascade("windsurf-insiders"),
        Place(
            scope="user",
            paths={
                "mac": ("~/.config/devin/mcp_config.json",),
                "linux": ("~/.config/devin/mcp_config.json",),
                "windows": ("$APPDATA/devin/mcp_config.json",),
            },
            container=("mcpServers",),
            dialect=UNPROVEN,
            style=DEVIN,
        ),
    ),
    binaries=("windsurf", "devin"),
    applications=("Windsurf.app",),
    after_adding="press Refresh under MCP Servers in Windsurf's settings (or restart it)",
    after_removing="press Refresh under MCP Servers in Windsurf's settings (or restart it)",
    no_project="Windsurf has no configuration file in projects",
    documented={"mcpServers": {"posthog": mcp_remote_block()}},
)
