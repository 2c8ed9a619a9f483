"""Hermes Agent: `~/.hermes/config.yaml`, which holds all of the user's settings. It has no file in projects.

Seen with 0.19.0: it signs in only where `auth` says so. What it starts gets the folders and the language, and neither
proxies nor certificates. https://github.com/NousResearch/hermes-agent
"""

from posthog_wizard.clients.entries import BRACED, PLAIN
from posthog_wizard.clients.paths import in_home, unread
from posthog_wizard.model import RELAXED, Client

_SCHEMA = PLAIN._replace(
    signing_in={"auth": "oauth"},
    environment_reference=BRACED,
    user_keys=("enabled", "timeout", "connect_timeout", "tools", "sampling"),
    switch={"enabled": False},
)
_FILE = ("$HERMES_HOME/config.yaml", "~/.hermes/config.yaml")

CLIENT = Client(
    id="hermes",
    title="Hermes Agent",
    places=(in_home(_SCHEMA, RELAXED, *_FILE, container=("mcp_servers",), format="yaml"),),
    proofs={"linux": "run"},
    binaries=("hermes",),
    inherits_environment_of="shell",
    hands_over=r"HOME|LANG|LC_ALL|LOGNAME|PATH|SHELL|TERM|TMPDIR|USER|XDG_\w+",
    byte_order_mark="accepted",
    after_adding="start a new Hermes session",
    sign_in="hermes mcp login {name}",
    unread_locations=unread(
        "~/.hermes/mcp.json, ~/.hermes/mcp_servers.json, ~/.hermes/config.json",
        "Hermes reads `~/.hermes/config.yaml`",
    ),
)
