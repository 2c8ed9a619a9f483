"""Continue, as extension and as `cn`: `~/.continue/config.yaml`, whose list `mcpServers` has a server an item.

Seen with cn 1.5.47; a variable is a secret to it, `${{ secrets.NAME }}`, which it takes from the environment.
https://docs.continue.dev/customize/deep-dives/mcp
"""

from posthog_wizard.clients.entries import HEADERS, NAME, PLAIN_STDIO, URL
from posthog_wizard.clients.paths import in_home, unread
from posthog_wizard.model import RELAXED, Client, EntrySchema

_SCHEMA = EntrySchema(
    remote={"name": NAME, "type": "streamable-http", "url": URL, "requestOptions.headers": HEADERS},
    stdio={"name": NAME, **PLAIN_STDIO},
    environment_reference="${{{{ secrets.{name} }}}}",
    environment_pattern=r"\$\{\{\s*secrets\.(?P<name>\w+)\s*\}\}",
    user_keys=("connectionTimeout", "faviconUrl"),
)
_FILE = ("$CONTINUE_GLOBAL_DIR/config.yaml", "~/.continue/config.yaml")

CLIENT = Client(
    id="continue",
    title="Continue",
    places=(in_home(_SCHEMA, RELAXED, *_FILE, format="yaml", item="name"),),
    proofs={"linux": "run"},
    binaries=("cn",),
    inherits_environment_of="shell",
    after_adding="reload the window of your editor (a session of `cn`: start a new one)",
    no_project="in projects Continue reads a file a server, `.continue/mcpServers/NAME.yaml`: paste what `mcp print` says",
    unread_locations=unread(
        "~/.continue/mcp.json, ~/.continue/mcp_servers.json, ~/.continue/settings.json",
        "Continue reads `~/.continue/config.yaml`",
    ),
)
