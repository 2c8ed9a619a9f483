"""Gemini CLI: `~/.gemini/settings.json`, which holds all of the user's settings, and `.gemini/settings.json` in a project.

Seen with 0.61.0: comments are taken, a trailing comma and a byte-order mark are not (the file then counts as broken).
`~/.gemini` belongs to other programs too, so only what Gemini CLI itself makes there proves that it is in use.
https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md
"""

from posthog_wizard.clients.documented import remote_block
from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.model import ANY, Client, Dialect, Place, Style

STYLE = Style(
    remote={"type": "http", "url": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{{name}}}",
    environment_pattern=r"\$(?:(?P<name>\w+)|\{(?P<braced>[^}](?:(?!:-)[^}])*)(?::-(?P<default>[^}]*))?\})",
    addresses=("httpUrl",),
    user_keys=("timeout", "trust", "includeTools", "excludeTools", "description"),
    restricting={"includeTools": ANY, "excludeTools": ANY},  # both leave fewer tools
)
DIALECT = Dialect(comments=True, trailing_commas=False)
USER_FILE = ("$GEMINI_CLI_HOME/.gemini/settings.json", "~/.gemini/settings.json")
OWN_FILES = ("~/.gemini/projects.json", "~/.gemini/history", "~/.gemini/trustedFolders.json")
PROJECT_FILE = ("{project}/.gemini/settings.json",)
CLIENT = Client(
    id="gemini-cli",
    title="Gemini CLI",
    places=(
        Place(
            scope="user",
            paths={"mac": USER_FILE, "linux": USER_FILE, "windows": USER_FILE},
            directories={"mac": (), "linux": (), "windows": ()},
            container=("mcpServers",),
            dialect=DIALECT,
            style=STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": PROJECT_FILE, "linux": PROJECT_FILE, "windows": PROJECT_FILE},
            container=("mcpServers",),
            dialect=DIALECT,
            style=STYLE,
        ),
    ),
    proofs={"linux": "run"},
    binaries=("gemini",),
    evidence={"mac": OWN_FILES, "linux": OWN_FILES, "windows": OWN_FILES},
    surroundings="shell",
    byte_order_mark="refused",
    after_adding="start a new Gemini CLI session, in a folder that it trusts",
    after_removing="start a new Gemini CLI session",
    documented={"mcpServers": {"posthog": remote_block()}},
)
