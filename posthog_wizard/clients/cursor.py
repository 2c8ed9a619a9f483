"""Cursor: `~/.cursor/mcp.json`, and `.cursor/mcp.json` in a project.

https://cursor.com/docs/mcp
"""

from posthog_wizard.clients.documented import remote_block
from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.model import ANY, UNPROVEN, Client, Place, Style

STYLE = Style(
    remote={"url": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{env:{name}}}",
    user_keys=("disabled", "alwaysAllow", "autoApprove", "disabledTools", "timeout"),
    switch={"disabled": True},
    restricting={"disabled": True, "disabledTools": ANY},
)
USER_FILE = ("~/.cursor/mcp.json",)
PROJECT_FILE = ("{project}/.cursor/mcp.json",)

CLIENT = Client(
    id="cursor",
    title="Cursor",
    places=(
        Place(
            scope="user",
            paths={"mac": USER_FILE, "linux": USER_FILE, "windows": USER_FILE},
            container=("mcpServers",),
            dialect=UNPROVEN,
            style=STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": PROJECT_FILE, "linux": PROJECT_FILE, "windows": PROJECT_FILE},
            container=("mcpServers",),
            dialect=UNPROVEN,
            style=STYLE,
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
    after_removing="reload the Cursor window (or restart Cursor)",
    deeplink="cursor://anysphere.cursor-deeplink/mcp/install?name={name}&config={base64}",
    documented={"mcpServers": {"posthog": remote_block()}},
)
