"""LM Studio: `mcp.json` in its home folder, in Cursor's notation. It has no file in projects.

Installations of old keep that folder below `~/.cache` (lmstudio-ai/lmstudio-bug-tracker#1371).
https://lmstudio.ai/docs/app/mcp
"""

from posthog_wizard.clients.entries import PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import on_every_system
from posthog_wizard.model import UNPROVEN, Client, EntrySchema, Place, UnreadLocation

_SCHEMA = EntrySchema(remote=PLAIN_REMOTE, stdio=PLAIN_STDIO)


def _place(folder: str) -> Place:
    """The file in one of the folders that LM Studio may have."""
    return Place("user", on_every_system(f"{folder}/mcp.json"), ("mcpServers",), UNPROVEN, _SCHEMA)


CLIENT = Client(
    id="lm-studio",
    title="LM Studio",
    places=(_place("~/.lmstudio"), _place("~/.cache/lm-studio")),
    binaries=("lms",),
    applications=("LM Studio.app",),
    after_adding="switch the server on under Program > Integrations in LM Studio (or restart it)",
    after_removing="restart LM Studio, if it still shows the server",
    deeplink="lmstudio://add_mcp?name={name}&config={base64}",
    deeplink_web="https://lmstudio.ai/install-mcp?name={name}&config={base64}",
    unread_locations=(
        UnreadLocation(
            "~/.lmstudio/config.json, ~/.lmstudio/mcp_config.json",
            "LM Studio reads `~/.lmstudio/mcp.json`",
        ),
    ),
)
