"""Cursor: `~/.cursor/mcp.json`, and `.cursor/mcp.json` in a project.

https://cursor.com/docs/mcp
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import ANY, UNPROVEN, Client, EntrySchema, Place, UnreadLocation

_STYLE = EntrySchema(
    remote={"url": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{env:{name}}}",
    user_keys=("disabled", "alwaysAllow", "autoApprove", "disabledTools", "timeout"),
    switch={"disabled": True},
    restricting={"disabled": True, "disabledTools": ANY},
)
_USER_FILE = ("~/.cursor/mcp.json",)
_PROJECT_FILE = ("{project}/.cursor/mcp.json",)

CLIENT = Client(
    id="cursor",
    title="Cursor",
    places=(
        Place(
            scope="user",
            paths={"mac": _USER_FILE, "linux": _USER_FILE, "windows": _USER_FILE},
            container=("mcpServers",),
            dialect=UNPROVEN,
            schema=_STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("mcpServers",),
            dialect=UNPROVEN,
            schema=_STYLE,
        ),
    ),
    binaries=("cursor", "cursor-agent"),
    applications=("Cursor.app",),
    evidence={
        "mac": ("~/Library/Application Support/Cursor",),
        "linux": ("$XDG_CONFIG_HOME/Cursor", "~/.config/Cursor"),
        "windows": ("$APPDATA/Cursor",),
    },
    after_adding="reload the Cursor window (or restart Cursor)",
    deeplink="cursor://anysphere.cursor-deeplink/mcp/install?name={name}&config={base64}",
    deeplink_web="https://cursor.com/en/install-mcp?name={name}&config={base64}",
    documented={"mcpServers": {"posthog": remote_block()}},
    unread_locations=(
        UnreadLocation(
            "~/.cursor/settings.json, ~/.cursor/config.json, ~/.cursor/mcp_config.json, ~/.cursor/mcp/mcp.json, "
            "$XDG_CONFIG_HOME/Cursor/User/settings.json, ~/.config/Cursor/User/settings.json, "
            "~/.config/Cursor/User/mcp.json, ~/.config/cursor/mcp.json, "
            "~/Library/Application Support/Cursor/User/settings.json, "
            "~/Library/Application Support/Cursor/User/mcp.json, $APPDATA/Cursor/User/settings.json, "
            "$APPDATA/Cursor/User/mcp.json, {project}/.cursor/settings.json, {project}/.cursor/mcp_config.json",
            "Cursor reads `~/.cursor/mcp.json`, and `.cursor/mcp.json` in a project",
        ),
    ),
)
