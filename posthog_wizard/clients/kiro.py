"""Kiro, as editor and as command line: `~/.kiro/settings/mcp.json`, and `.kiro/settings/mcp.json` in a project.

https://kiro.dev/docs/mcp/configuration
"""

from posthog_wizard.clients.entries import BRACED, PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import in_home, in_project, on_every_system, unread
from posthog_wizard.model import ANY, UNPROVEN, Client, EntrySchema

_SCHEMA = EntrySchema(
    remote={**PLAIN_REMOTE, "disabled": False},
    stdio={**PLAIN_STDIO, "disabled": False},
    environment_reference=BRACED,
    user_keys=("disabled", "autoApprove", "disabledTools", "timeout"),
    switch={"disabled": True},
    restricting={"disabledTools": ANY},
)
_USER = in_home(_SCHEMA, UNPROVEN, "~/.kiro/settings/mcp.json", directories=on_every_system("~/.kiro"))

CLIENT = Client(
    id="kiro",
    title="Kiro",
    places=(_USER, in_project(_USER, ".kiro/settings/mcp.json")),
    binaries=("kiro", "kiro-cli"),
    applications=("Kiro.app",),
    after_adding="nothing to do, Kiro connects when the file is saved",
    after_removing="nothing to do, Kiro sees the change by itself",
    deeplink="https://kiro.dev/launch/mcp/add?name={name}&config={config}",
    unread_locations=unread(
        "~/.kiro/mcp.json, ~/.kiro/settings.json, {project}/.kiro/mcp.json",
        "Kiro reads `mcp.json` in the folder `.kiro/settings`",
    ),
)
