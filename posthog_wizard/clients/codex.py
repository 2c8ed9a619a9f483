"""Codex, as command line, app and IDE extension: `~/.codex/config.toml`, and `.codex/config.toml` in a trusted project.

Seen with 0.171.0: an unknown key is ignored, a table twice or `url` beside `command` is fatal, and a server whose name
has other characters is not started, without a word. A variable with the key has a field of its own; text that looks
like a reference is sent as it stands. https://developers.openai.com/codex/mcp
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL, VARIABLE, VARIABLES
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import ANY, RELAXED, Client, EntrySchema, Trust

_SCHEMA = EntrySchema(
    remote={"url": URL, "bearer_token_env_var": VARIABLE, "http_headers": HEADERS},
    stdio={**PLAIN_STDIO, "env_vars": VARIABLES},
    names=r"[A-Za-z0-9_-]+",
    user_keys=("enabled", "required", "startup_timeout_sec", "tool_timeout_sec", "enabled_tools", "disabled_tools"),
    switch={"enabled": False},
    restricting={"enabled_tools": ANY, "disabled_tools": ANY},
)
_USER_FILE = ("$CODEX_HOME/config.toml", "~/.codex/config.toml")
_USER = in_home(_SCHEMA, RELAXED, *_USER_FILE, container=("mcp_servers",), format="toml")

CLIENT = Client(
    id="codex",
    title="Codex",
    places=(_USER, in_project(_USER, ".codex/config.toml")),
    proofs={"linux": "run"},
    binaries=("codex",),
    inherits_environment_of="shell",
    byte_order_mark="accepted",
    auth_header_blocks_oauth=True,
    after_adding="start a new Codex session",
    sign_in="codex mcp login {name}",
    hands_over=r"HOME|LANG|LC_ALL|LOGNAME|PATH|SHELL|SSL_CERT_FILE|TERM|TMPDIR|TZ|USER|__CF_USER_TEXT_ENCODING",
    trust=Trust(_USER_FILE, ("projects",), ("trusted",), field="trust_level", format="toml"),
    unread_locations=unread(
        "~/.codex/config.json, ~/.codex/mcp.json, ~/.codex/mcp_servers.json, ~/.codex/settings.json, "
        "{project}/.codex/config.json, {project}/.codex/mcp.json",
        "Codex reads `config.toml`, in TOML",
    ),
)
