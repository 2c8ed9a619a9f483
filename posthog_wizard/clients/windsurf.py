"""Windsurf and its successor Devin Desktop, each with a file of its own.

https://docs.windsurf.com/windsurf/cascade/mcp (key `serverUrl`); Devin Desktop reads `~/.config/devin` with `url`.
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.paths import on_every_system
from posthog_wizard.clients.posthog_docs import mcp_remote_block
from posthog_wizard.model import ANY, UNPROVEN, Client, EntrySchema, Place, UnreadLocation

_USER_KEYS = ("disabled", "disabledTools", "alwaysAllow", "autoApprove", "timeout")
_RESTRICTING = {"disabled": True, "disabledTools": ANY}
_CASCADE = EntrySchema(
    remote={"serverUrl": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{env:{name}}}",
    user_keys=_USER_KEYS,
    switch={"disabled": True},
    restricting=_RESTRICTING,
)
_DEVIN = EntrySchema(
    remote={"url": URL, "transport": "http", "headers": HEADERS},
    stdio=PLAIN_STDIO,
    user_keys=_USER_KEYS,
    switch={"disabled": True},
    restricting=_RESTRICTING,
)


def _cascade(channel: str) -> Place:
    """The file of one release channel of Windsurf."""
    file = (f"~/.codeium/{channel}/mcp_config.json",)
    return Place(
        scope="user",
        paths={"mac": file, "linux": file, "windows": file},
        container=("mcpServers",),
        dialect=UNPROVEN,
        schema=_CASCADE,
    )


def _where_it_is(path: str, windows: str, schema: EntrySchema) -> Place:
    """A file that other parts of the product have: a place where it is there."""
    paths = {**on_every_system(path), "windows": (windows,)}
    return Place("user", paths, ("mcpServers",), UNPROVEN, schema, directories=on_every_system())


CLIENT = Client(
    id="windsurf",
    title="Windsurf / Devin Desktop",
    places=(
        _cascade("windsurf"),
        _cascade("windsurf-next"),
        _cascade("windsurf-insiders"),
        Place(
            scope="user",
            paths={
                "mac": ("~/.config/devin/mcp_config.json",),
                "linux": ("~/.config/devin/mcp_config.json",),
                "windows": ("$APPDATA/devin/mcp_config.json",),
            },
            container=("mcpServers",),
            dialect=UNPROVEN,
            schema=_DEVIN,
        ),
        _where_it_is("~/.config/devin/config.json", "$APPDATA/devin/config.json", _DEVIN),  # as its command line says
        _where_it_is("~/.codeium/mcp_config.json", "~/.codeium/mcp_config.json", _CASCADE),  # the plugin for JetBrains
    ),
    binaries=("windsurf", "devin"),
    applications=("Windsurf.app",),
    after_adding="press Refresh under MCP Servers in Windsurf's settings (or restart it)",
    documented={"mcpServers": {"posthog": mcp_remote_block()}},
    unread_locations=(
        UnreadLocation(
            "~/.codeium/windsurf/mcp.json, ~/.codeium/windsurf/settings.json, ~/.windsurf/mcp.json, "
            "~/.windsurf/mcp_config.json, ~/.config/Windsurf/User/mcp.json, "
            "~/.config/Windsurf/User/settings.json, ~/Library/Application Support/Windsurf/User/mcp.json, "
            "~/Library/Application Support/Windsurf/User/settings.json, $APPDATA/Windsurf/User/mcp.json, "
            "$APPDATA/Windsurf/User/settings.json",
            "Windsurf reads `~/.codeium/windsurf/mcp_config.json`",
        ),
    ),
)
