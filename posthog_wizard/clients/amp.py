"""Amp: `~/.config/amp/settings.json`, and `.amp/settings.json` in a project, whose servers wait for an approval.

Seen with 0.0.1790142911: the key `amp.mcpServers` has a dot in it, `settings.jsonc` is read where it is there, a
byte-order mark is fatal, and `disabled` switches nothing off. https://ampcode.com/manual
"""

from posthog_wizard.clients.entries import BRACED, PLAIN
from posthog_wizard.clients.paths import in_home, in_project, on_every_system, unread
from posthog_wizard.model import ANY, RELAXED, Client

_SCHEMA = PLAIN._replace(
    environment_reference=BRACED,
    user_keys=("includeTools", "timeout"),
    restricting={"includeTools": ANY},
)
_USER = in_home(_SCHEMA, RELAXED, "~/.config/amp/settings.json", container=("amp.mcpServers",))
_WITH_COMMENTS = _USER._replace(
    paths=on_every_system("~/.config/amp/settings.jsonc"), directories=on_every_system(), merged=True
)

CLIENT = Client(
    id="amp",
    title="Amp",
    places=(_USER, _WITH_COMMENTS, in_project(_USER, ".amp/settings.json")),
    binaries=("amp",),
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="start a new Amp session; in a project, approve the server first: `amp mcp approve {name}`",
    after_removing="start a new Amp session",
    sign_in="amp mcp oauth login {name}",
    unread_locations=unread(
        "~/.amp/mcp.json, ~/.amp/settings.json, ~/.config/amp/mcp.json, {project}/.amp/mcp.json",
        "Amp reads `~/.config/amp/settings.json`, and `.amp/settings.json` in a project",
    ),
)
