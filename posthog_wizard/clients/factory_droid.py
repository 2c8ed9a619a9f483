"""Factory Droid: `~/.factory/mcp.json`, and `.factory/mcp.json` in a project, read without a question.

Seen with 0.225.2: comments are taken; of a trailing comma or a byte-order mark it says nothing and has no servers.
Without `type` an address is never asked. With `oauth` false it sends the header at once.
https://docs.factory.ai/cli/configuration/mcp
"""

from posthog_wizard.clients.entries import BRACED, BRACED_OR_DEFAULT, PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import ANY, Client, Dialect, EntrySchema

_SCHEMA = EntrySchema(
    remote={"type": "http", **PLAIN_REMOTE, "disabled": False},
    stdio={"type": "stdio", "disabled": False, **PLAIN_STDIO},
    with_key={"oauth": False},
    environment_reference=BRACED,
    environment_pattern=BRACED_OR_DEFAULT,
    required={"type": ("http",)},
    user_keys=("disabled", "timeout", "disabledTools"),
    switch={"disabled": True},
    restricting={"disabledTools": ANY},
)
_USER = in_home(_SCHEMA, Dialect(comments=True, trailing_commas=False), "~/.factory/mcp.json")

CLIENT = Client(
    id="factory-droid",
    title="Factory Droid",
    places=(_USER, in_project(_USER, ".factory/mcp.json")),
    proofs={"linux": "run"},
    binaries=("droid",),
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="start a new Droid session",
    unread_locations=unread(
        "~/.factory/settings.json, ~/.factory/config.json, ~/.config/factory/mcp.json, ~/.droid/mcp.json, "
        "{project}/.factory/settings.json",
        "Droid reads `~/.factory/mcp.json`, and `.factory/mcp.json` in a project",
    ),
)
