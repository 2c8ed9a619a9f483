"""OpenClaw: `~/.openclaw/openclaw.json`, JSON5 with all of the user's settings. It has no file in projects.

Seen with 2026.9.6: without `transport` an address is SSE (`"type": "http"` does as well); it signs in only where
`auth` says so. What it starts gets five variables of its environment. https://docs.openclaw.ai
"""

from posthog_wizard.clients.entries import BRACED, HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.paths import in_home, unread
from posthog_wizard.model import JSON5, Client, EntrySchema

_SCHEMA = EntrySchema(
    remote={"url": URL, "transport": "streamable-http", "headers": HEADERS},
    stdio=PLAIN_STDIO,
    signing_in={"auth": "oauth"},
    environment_reference=BRACED,
    required={"transport": ("streamable-http",), "type": ("http", "streamable-http")},
    user_keys=("enabled", "timeout", "connectTimeout"),
    switch={"enabled": False},
)
_FOLDERS = ("$OPENCLAW_STATE_DIR", "$OPENCLAW_HOME/.openclaw", "~/.openclaw")
_FILE = ("$OPENCLAW_CONFIG_PATH", *(f"{folder}/openclaw.json" for folder in _FOLDERS))

CLIENT = Client(
    id="openclaw",
    title="OpenClaw",
    places=(in_home(_SCHEMA, JSON5, *_FILE, container=("mcp", "servers")),),
    proofs={"linux": "run"},
    binaries=("openclaw",),
    inherits_environment_of="shell",
    hands_over=r"HOME|LOGNAME|PATH|SHELL|TERM|USER",
    byte_order_mark="accepted",
    after_adding="run `openclaw mcp reload` (or restart its gateway)",
    sign_in="openclaw mcp login {name}",
    unread_locations=unread(
        "~/.openclaw/mcp.json, ~/.openclaw/config.json, ~/.openclaw/settings.json",
        "OpenClaw reads `~/.openclaw/openclaw.json`",
    ),
)
