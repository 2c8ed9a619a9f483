"""VS Code: `mcp.json` in the user directory, and `.vscode/mcp.json` in a project.

https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import RELAXED, Client, EntrySchema, Place, UnreadLocation

_STYLE = EntrySchema(
    remote={"type": "http", "url": URL, "headers": HEADERS},
    stdio={"type": "stdio", **PLAIN_STDIO},
    environment_reference="${{env:{name}}}",
    prompt_reference="${{input:{id}}}",
    prompts=("inputs",),
    user_keys=("disabled", "timeout", "gallery", "version", "dev", "sandbox", "sandboxEnabled"),
    restricting={"disabled": True, "sandboxEnabled": True},
)
_PORTABLE = "$VSCODE_PORTABLE/user-data/User/mcp.json"
_PROJECT_FILE = ("{project}/.vscode/mcp.json",)

CLIENT = Client(
    id="vscode",
    title="VS Code",
    places=(
        Place(
            scope="user",
            paths={
                "mac": (_PORTABLE, "~/Library/Application Support/Code/User/mcp.json"),
                "linux": (_PORTABLE, "$XDG_CONFIG_HOME/Code/User/mcp.json", "~/.config/Code/User/mcp.json"),
                "windows": (_PORTABLE, "$APPDATA/Code/User/mcp.json"),
            },
            container=("servers",),
            dialect=RELAXED,
            schema=_STYLE,
        ),
        Place(
            scope="user",
            paths={"linux": ("~/.var/app/com.visualstudio.code/config/Code/User/mcp.json",)},
            directories={"linux": ("~/.var/app/com.visualstudio.code",)},
            container=("servers",),
            dialect=RELAXED,
            schema=_STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("servers",),
            dialect=RELAXED,
            schema=_STYLE,
        ),
    ),
    binaries=("code",),
    applications=("Visual Studio Code.app",),
    evidence={
        "mac": ("~/Library/Application Support/Code",),
        "linux": ("$XDG_CONFIG_HOME/Code", "~/.config/Code"),
        "windows": ("$APPDATA/Code",),
    },
    after_adding="start the server in VS Code when it asks whether you trust it (command: MCP: List Servers)",
    after_removing="nothing to do, VS Code sees the change by itself",
    deeplink="vscode:mcp/install?{json}",
    documented={"servers": {"posthog": remote_block(type="http")}},
    inherits_environment_of="shell",  # it asks the login shell; the same for `${env:...}` (ConfigurationResolverService)
    byte_order_mark="accepted",
    unread_locations=(
        UnreadLocation(
            "~/Library/Application Support/Code/User/settings.json, $XDG_CONFIG_HOME/Code/User/settings.json, "
            "~/.config/Code/User/settings.json, $APPDATA/Code/User/settings.json, ~/.vscode/mcp.json, "
            "~/.vscode/settings.json, ~/.config/Code/mcp.json, {project}/.vscode/settings.json",
            "VS Code reads `mcp.json` beside its settings, or `.vscode/mcp.json`",
        ),
    ),
)
