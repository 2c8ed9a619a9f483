"""Mistral Vibe: `~/.vibe/config.toml`, with a table for each server in the array `mcp_servers`; in a trusted project `.vibe`.

Seen with 3.0.2: a byte-order mark is fatal, of two entries of a name the last counts, a key beside `[auth]` is an
error, and what looks like a variable in a header is sent as it stands. https://docs.mistral.ai/mistral-vibe
"""

from posthog_wizard.clients.entries import HEADERS, NAME, PLAIN_STDIO, URL, VARIABLE
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import RELAXED, Client, EntrySchema, Trust

_SCHEMA = EntrySchema(
    remote={"name": NAME, "transport": "streamable-http", "url": URL, "headers": HEADERS, "auth.api_key_env": VARIABLE},
    stdio={"name": NAME, "transport": "stdio", **PLAIN_STDIO},
    with_variable={"auth.type": "static"},
    signing_in={"auth": {"type": "oauth", "scopes": []}},
    required={"transport": ("streamable-http", "http")},
    user_keys=("prompt", "startup_timeout_sec", "tool_timeout_sec", "disabled", "disabled_tools"),
)
_FILE = ("$VIBE_HOME/config.toml", "~/.vibe/config.toml")
_USER = in_home(_SCHEMA, RELAXED, *_FILE, container=("mcp_servers",), format="toml", item="name")

CLIENT = Client(
    id="mistral-vibe",
    title="Mistral Vibe",
    places=(_USER, in_project(_USER, ".vibe/config.toml")),
    binaries=("vibe",),
    inherits_environment_of="shell",
    hands_over=r"HOME|LOGNAME|PATH|SHELL|TERM|USER",
    byte_order_mark="refused",
    trust=Trust(("$VIBE_HOME/trusted_folders.toml", "~/.vibe/trusted_folders.toml"), ("trusted",), format="toml"),
    after_adding="start a new Vibe session, in a project with `vibe --trust`",
    after_removing="start a new Vibe session",
    unread_locations=unread(
        "~/.vibe/mcp.json, ~/.vibe/config.json, {project}/.vibe/mcp.json",
        "Vibe reads `config.toml`, in TOML",
    ),
)
