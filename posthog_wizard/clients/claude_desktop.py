"""Claude Desktop: `claude_desktop_config.json`, programs only.

The app does not connect to remote servers of this file (https://support.claude.com/en/articles/11503834), so its
entry starts our bridge. On Windows the store package reads a private copy of %APPDATA% instead of the real one
(https://github.com/anthropics/claude-code/issues/26073). The Linux path is unofficial.
"""

from posthog_wizard.clients.entries import PLAIN_STDIO
from posthog_wizard.clients.paths import below_settings, unread
from posthog_wizard.clients.posthog_docs import mcp_remote_block
from posthog_wizard.model import STRICT, Client, EntrySchema, Place

_SCHEMA = EntrySchema(stdio=PLAIN_STDIO, oauth=False, user_keys=("disabled",), switch={"disabled": True})
_FILE = "Claude/claude_desktop_config.json"
_PACKAGE = "$LOCALAPPDATA/Packages/Claude_*"
_USER = Place("user", below_settings(_FILE), ("mcpServers",), STRICT, _SCHEMA)
_IN_PACKAGE = _USER._replace(
    paths={"windows": (f"{_PACKAGE}/LocalCache/Roaming/{_FILE}",)}, directories={"windows": (_PACKAGE,)}, exclusive=True
)

CLIENT = Client(
    id="claude-desktop",
    title="Claude Desktop",
    places=(_IN_PACKAGE, _USER),
    applications=("Claude.app",),
    after_adding="quit Claude Desktop completely and start it again",
    no_oauth="sign in from the app instead: https://claude.ai/directory/connectors/posthog",
    documented={"mcpServers": {"posthog": mcp_remote_block()}},
    byte_order_mark="refused",  # and the servers are gone from the file afterwards: tradesdontlie/tradingview-mcp#406
    unread_locations=unread(
        "~/.config/claude/claude_desktop_config.json, ~/.config/Claude/config.json, "
        "~/.config/Claude/mcp.json, ~/.claude/claude_desktop_config.json, "
        "~/Library/Application Support/Claude/config.json, ~/Library/Application Support/Claude/mcp.json, "
        "$APPDATA/Claude/config.json, $APPDATA/Claude/mcp.json",
        "Claude Desktop reads `claude_desktop_config.json`",
    ),
)
