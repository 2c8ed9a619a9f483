"""LM Studio: `mcp.json` in its home folder, in Cursor's notation. It has no file in projects.

Installations of old keep that folder below `~/.cache` (lmstudio-ai/lmstudio-bug-tracker#1371).
https://lmstudio.ai/docs/app/mcp
"""

from posthog_wizard.clients.entries import PLAIN
from posthog_wizard.clients.paths import in_home, unread
from posthog_wizard.model import UNPROVEN, Client

_FILES = ("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json")

CLIENT = Client(
    id="lm-studio",
    title="LM Studio",
    places=tuple(in_home(PLAIN, UNPROVEN, file) for file in _FILES),
    binaries=("lms",),
    applications=("LM Studio.app",),
    after_adding="switch the server on under Program > Integrations in LM Studio (or restart it)",
    after_removing="restart LM Studio, if it still shows the server",
    deeplink="lmstudio://add_mcp?name={name}&config={base64}",
    deeplink_web="https://lmstudio.ai/install-mcp?name={name}&config={base64}",
    unread_locations=unread(
        "~/.lmstudio/config.json, ~/.lmstudio/mcp_config.json",
        "LM Studio reads `~/.lmstudio/mcp.json`",
    ),
)
