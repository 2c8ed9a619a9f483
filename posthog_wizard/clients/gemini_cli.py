"""Gemini CLI: `~/.gemini/settings.json`, which holds all of the user's settings, and `.gemini/settings.json` in a project.

Seen with 0.61.0: comments are taken, a trailing comma and a byte-order mark are not (the file then counts as broken).
`~/.gemini` belongs to other programs too, so only what Gemini CLI itself makes there proves that it is in use.
https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import ANY, Client, Dialect, EntrySchema, Place, UnreadLocation

_STYLE = EntrySchema(
    remote={"type": "http", "url": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{{name}}}",
    environment_pattern=r"\$(?:(?P<name>\w+)|\{(?P<braced>[^}](?:(?!:-)[^}])*)(?::-(?P<default>[^}]*))?\})",
    addresses=("httpUrl",),
    user_keys=("timeout", "trust", "includeTools", "excludeTools", "description"),
    restricting={"includeTools": ANY, "excludeTools": ANY},  # both leave fewer tools
)
_DIALECT = Dialect(comments=True, trailing_commas=False)
_USER_FILE = ("$GEMINI_CLI_HOME/.gemini/settings.json", "~/.gemini/settings.json")
_OWN_FILES = ("~/.gemini/projects.json", "~/.gemini/history", "~/.gemini/trustedFolders.json")
_PROJECT_FILE = ("{project}/.gemini/settings.json",)
CLIENT = Client(
    id="gemini-cli",
    title="Gemini CLI",
    places=(
        Place(
            scope="user",
            paths={"mac": _USER_FILE, "linux": _USER_FILE, "windows": _USER_FILE},
            directories={"mac": (), "linux": (), "windows": ()},
            container=("mcpServers",),
            dialect=_DIALECT,
            schema=_STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("mcpServers",),
            dialect=_DIALECT,
            schema=_STYLE,
        ),
    ),
    proofs={"linux": "run"},
    binaries=("gemini",),
    evidence={"mac": _OWN_FILES, "linux": _OWN_FILES, "windows": _OWN_FILES},
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="start a new Gemini CLI session, in a folder that it trusts",
    after_removing="start a new Gemini CLI session",
    documented={"mcpServers": {"posthog": remote_block()}},
    unread_locations=(
        UnreadLocation(
            "~/.gemini/mcp.json, ~/.gemini/mcp_config.json, ~/.gemini/config.json, "
            "~/.config/gemini/settings.json, ~/.config/gemini-cli/settings.json, {project}/.gemini/mcp.json, "
            "{project}/.gemini/config.json",
            "Gemini CLI reads `~/.gemini/settings.json`, and `.gemini/settings.json` in a project",
        ),
    ),
)
