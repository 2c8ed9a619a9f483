"""Hermes Agent: `~/.hermes/config.yaml`, which holds all of the user's settings. It has no file in projects.

Seen with 0.19.0: it signs in only where `auth` says so. What it starts gets the folders and the language, and neither
proxies nor certificates. https://github.com/NousResearch/hermes-agent
"""

from posthog_wizard.clients.entries import BRACED, PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import on_every_system
from posthog_wizard.model import RELAXED, Client, EntrySchema, Place, UnreadLocation

_SCHEMA = EntrySchema(
    remote=PLAIN_REMOTE,
    stdio=PLAIN_STDIO,
    signing_in={"auth": "oauth"},
    environment_reference=BRACED,
    user_keys=("enabled", "timeout", "connect_timeout", "tools", "sampling"),
    switch={"enabled": False},
    restricting={"enabled": False},
)

CLIENT = Client(
    id="hermes",
    title="Hermes Agent",
    places=(
        Place(
            "user",
            on_every_system("$HERMES_HOME/config.yaml", "~/.hermes/config.yaml"),
            ("mcp_servers",),
            RELAXED,
            _SCHEMA,
            format="yaml",
        ),
    ),
    proofs={"linux": "run"},
    binaries=("hermes",),
    inherits_environment_of="shell",
    hands_over=r"HOME|LANG|LC_ALL|LOGNAME|PATH|SHELL|TERM|TMPDIR|USER|XDG_\w+",
    byte_order_mark="accepted",
    after_adding="start a new Hermes session",
    sign_in="hermes mcp login {name}",
    unread_locations=(
        UnreadLocation(
            "~/.hermes/mcp.json, ~/.hermes/mcp_servers.json, ~/.hermes/config.json",
            "Hermes reads `~/.hermes/config.yaml`",
        ),
    ),
)
