"""Windsurf and its successor Devin Desktop, each with a file of its own.

https://docs.windsurf.com/windsurf/cascade/mcp (key `serverUrl`); Devin Desktop reads `~/.config/devin` with `url`.
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.paths import in_home, on_every_system, unread
from posthog_wizard.clients.posthog_docs import mcp_remote_block
from posthog_wizard.model import ANY, UNPROVEN, Client, EntrySchema, Place

_CASCADE = EntrySchema(
    remote={"serverUrl": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{env:{name}}}",
    user_keys=("disabled", "disabledTools", "alwaysAllow", "autoApprove", "timeout"),
    switch={"disabled": True},
    restricting={"disabledTools": ANY},
)
_DEVIN = _CASCADE._replace(remote={"url": URL, "transport": "http", "headers": HEADERS}, environment_reference=None)
_CHANNELS = ("windsurf", "windsurf-next", "windsurf-insiders")


def _devin(file: str) -> Place:
    """A file of Devin Desktop, in the folder for settings that it has on each system."""
    place = in_home(_DEVIN, UNPROVEN, f"~/.config/devin/{file}")
    return place._replace(paths={**place.paths, "windows": (f"$APPDATA/devin/{file}",)})


CLIENT = Client(
    id="windsurf",
    title="Windsurf / Devin Desktop",
    places=(
        *(in_home(_CASCADE, UNPROVEN, f"~/.codeium/{channel}/mcp_config.json") for channel in _CHANNELS),
        _devin("mcp_config.json"),
        _devin("config.json")._replace(directories=on_every_system()),  # as its command line says
        in_home(_CASCADE, UNPROVEN, "~/.codeium/mcp_config.json", directories=on_every_system()),  # JetBrains' plugin
    ),
    binaries=("windsurf", "devin"),
    applications=("Windsurf.app",),
    after_adding="press Refresh under MCP Servers in Windsurf's settings (or restart it)",
    documented={"mcpServers": {"posthog": mcp_remote_block()}},
    unread_locations=unread(
        "~/.codeium/windsurf/mcp.json, ~/.codeium/windsurf/settings.json, ~/.windsurf/mcp.json, "
        "~/.windsurf/mcp_config.json, ~/.config/Windsurf/User/mcp.json, "
        "~/.config/Windsurf/User/settings.json, ~/Library/Application Support/Windsurf/User/mcp.json, "
        "~/Library/Application Support/Windsurf/User/settings.json, $APPDATA/Windsurf/User/mcp.json, "
        "$APPDATA/Windsurf/User/settings.json",
        "Windsurf reads `~/.codeium/windsurf/mcp_config.json`",
    ),
)
