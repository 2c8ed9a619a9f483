"""Antigravity, as editor and as `agy`: `~/.gemini/config/mcp_config.json`, in older ones `~/.gemini/antigravity`.

Gemini CLI has its own file beside that folder, so only these folders and the program prove it. A syntax error stops
it, and of an entry that it does not understand it says nothing. https://antigravity.google/docs/mcp
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import ANY, UNPROVEN, Client, EntrySchema

_SCHEMA = EntrySchema(
    remote={"serverUrl": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    user_keys=("disabled", "disabledTools"),
    switch={"disabled": True},
    restricting={"disabledTools": ANY},
)
_USER = in_home(_SCHEMA, UNPROVEN, "~/.gemini/config/mcp_config.json", exclusive=True)
_OLD = in_home(_SCHEMA, UNPROVEN, "~/.gemini/antigravity/mcp_config.json")

CLIENT = Client(
    id="antigravity",
    title="Antigravity",
    places=(_USER, _OLD, in_project(_OLD, ".agents/mcp_config.json")),
    binaries=("agy", "antigravity"),
    applications=("Antigravity.app",),
    after_adding="press Refresh under Manage MCP Servers in Antigravity (a session of `agy`: start a new one)",
    unread_locations=unread(
        "~/.antigravity/mcp_config.json, ~/.antigravity/mcp.json, ~/.antigravity/settings.json, "
        "{project}/.antigravity/mcp_config.json, {project}/.antigravity/mcp.json",
        "Antigravity reads `~/.gemini/config/mcp_config.json`, and `.agents/mcp_config.json` in a project",
    ),
)
