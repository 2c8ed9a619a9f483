"""Cursor: `~/.cursor/mcp.json`, and `.cursor/mcp.json` in a project.

https://cursor.com/docs/mcp
"""

from posthog_wizard.clients.entries import PLAIN
from posthog_wizard.clients.paths import below_settings, in_home, in_project, unread
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import ANY, UNPROVEN, Client

_SCHEMA = PLAIN._replace(
    environment_reference="${{env:{name}}}",
    user_keys=("disabled", "alwaysAllow", "autoApprove", "disabledTools", "timeout"),
    switch={"disabled": True},
    restricting={"disabledTools": ANY},
)
_USER = in_home(_SCHEMA, UNPROVEN, "~/.cursor/mcp.json")

CLIENT = Client(
    id="cursor",
    title="Cursor",
    places=(_USER, in_project(_USER, ".cursor/mcp.json")),
    binaries=("cursor", "cursor-agent"),
    applications=("Cursor.app",),
    evidence=below_settings("Cursor"),
    after_adding="reload the Cursor window (or restart Cursor)",
    deeplink="cursor://anysphere.cursor-deeplink/mcp/install?name={name}&config={base64}",
    deeplink_web="https://cursor.com/en/install-mcp?name={name}&config={base64}",
    documented={"mcpServers": {"posthog": remote_block()}},
    unread_locations=unread(
        "~/.cursor/settings.json, ~/.cursor/config.json, ~/.cursor/mcp_config.json, ~/.cursor/mcp/mcp.json, "
        "$XDG_CONFIG_HOME/Cursor/User/settings.json, ~/.config/Cursor/User/settings.json, "
        "~/.config/Cursor/User/mcp.json, ~/.config/cursor/mcp.json, "
        "~/Library/Application Support/Cursor/User/settings.json, "
        "~/Library/Application Support/Cursor/User/mcp.json, $APPDATA/Cursor/User/settings.json, "
        "$APPDATA/Cursor/User/mcp.json, {project}/.cursor/settings.json, {project}/.cursor/mcp_config.json",
        "Cursor reads `~/.cursor/mcp.json`, and `.cursor/mcp.json` in a project",
    ),
)
