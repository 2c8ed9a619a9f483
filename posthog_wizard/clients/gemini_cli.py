"""Gemini CLI: `~/.gemini/settings.json`, which holds all of the user's settings, and `.gemini/settings.json` in a project.

Seen with 0.61.0: comments are taken, a trailing comma and a byte-order mark are not (the file then counts as broken).
`~/.gemini` belongs to other programs too, so only the settings file proves that it is in use.
https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md
"""

from posthog_wizard.clients.documented import remote_block
from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.model import Client, Dialect, Place, Style

STYLE = Style(
    remote={"type": "http", "url": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference="${{{name}}}",
    environment_pattern=r"\$(?:(?P<name>\w+)|\{(?P<braced>[^}]+?)(?::-(?P<default>[^}]*))?\})",
    user_keys=("timeout", "trust", "includeTools", "excludeTools", "description"),
)
DIALECT = Dialect(comments=True, trailing_commas=False)
USER_FILE = ("$GEMINI_CLI_HOME/.gemini/settings.json", "~/.gemini/settings.json")
PROJECT_FILE = ("{project}/.gemini/settings.json",)
