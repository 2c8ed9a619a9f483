"""Codex, as command line, app and IDE extension: `~/.codex/config.toml`, and `.codex/config.toml` in a trusted project.

Seen with 0.171.0: an unknown key is ignored, a table twice or `url` beside `command` is fatal, and a server whose name
has other characters is not started, without a word. A variable with the key has a field of its own; text that looks
like a reference is sent as it stands. https://developers.openai.com/codex/mcp
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL, VARIABLE
from posthog_wizard.model import ANY, RELAXED, Client, EntrySchema, Place, UnreadLocation

_SCHEMA = EntrySchema(
    remote={"url": URL, "bearer_token_env_var": VARIABLE, "http_headers": HEADERS},
    stdio=PLAIN_STDIO,
    names=r"[A-Za-z0-9_-]+",
    user_keys=("enabled", "required", "startup_timeout_sec", "tool_timeout_sec", "enabled_tools", "disabled_tools"),
    switch={"enabled": False},
    restricting={"enabled": False, "enabled_tools": ANY, "disabled_tools": ANY},
)
_USER_FILE = ("$CODEX_HOME/config.toml", "~/.codex/config.toml")
_PROJECT_FILE = ("{project}/.codex/config.toml",)
_NEW_SESSION = "start a new Codex session"

CLIENT = Client(
    id="codex",
    title="Codex",
    places=(
        Place(
            scope="user",
            paths={"mac": _USER_FILE, "linux": _USER_FILE, "windows": _USER_FILE},
            container=("mcp_servers",),
            dialect=RELAXED,
            schema=_SCHEMA,
            format="toml",
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("mcp_servers",),
            dialect=RELAXED,
            schema=_SCHEMA,
            format="toml",
        ),
    ),
    proofs={"linux": "run"},
    binaries=("codex",),
    inherits_environment_of="shell",
    byte_order_mark="accepted",
    auth_header_blocks_oauth=True,
    after_adding=f"{_NEW_SESSION}; without a key, sign in first: `codex mcp login posthog`",
    after_removing=_NEW_SESSION,
    unread_locations=(
        UnreadLocation(
            "~/.codex/config.json, ~/.codex/mcp.json, ~/.codex/mcp_servers.json, ~/.codex/settings.json, "
            "{project}/.codex/config.json, {project}/.codex/mcp.json",
            "Codex reads `config.toml`, in TOML",
        ),
    ),
)
