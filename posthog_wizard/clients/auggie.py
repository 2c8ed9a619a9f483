"""Auggie, Augment's command line: `~/.augment/settings.json`, and `.augment/settings.json` in a project.

Seen with 0.36.0, as far as it goes without an account: comments and trailing commas are taken; of a byte-order mark it
says nothing and has no servers. Whether it expands variables is not known. https://docs.augmentcode.com/cli/integrations
"""

from posthog_wizard.clients.entries import PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import RELAXED, Client, EntrySchema

_SCHEMA = EntrySchema(remote={"type": "http", **PLAIN_REMOTE}, stdio=PLAIN_STDIO, user_keys=("disabled", "timeout"))
_USER = in_home(_SCHEMA, RELAXED, "~/.augment/settings.json")

CLIENT = Client(
    id="auggie",
    title="Auggie",
    places=(_USER, in_project(_USER, ".augment/settings.json")),
    binaries=("auggie",),
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="start a new Auggie session",
    unread_locations=unread(
        "~/.augment/mcp.json, ~/.auggie/settings.json, {project}/.augment/mcp.json",
        "Auggie reads `~/.augment/settings.json`, and `.augment/settings.json` in a project",
    ),
)
