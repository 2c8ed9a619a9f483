"""VS Code: `mcp.json` in the user directory, and `.vscode/mcp.json` in a project.

https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
"""

from posthog_wizard.clients.documented import remote_block
from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.model import RELAXED, Client, Place, Stray, Style

STYLE = Style(
    remote={"type": "http", "url": URL, "headers": HEADERS},
    stdio={"type": "stdio", **PLAIN_STDIO},
    environment_reference="${{env:{name}}}",
    prompt_reference="${{input:{id}}}",
    prompts=("inputs",),
    user_keys=("disabled", "timeout", "gallery", "version", "dev", "sandbox", "sandboxEnabled"),
    restricting={"disabled": True, "sandboxEnabled": True},
)
PORTABLE = "$VSCODE_PORTABLE/user-data/User/mcp.json"
PROJECT_FILE = ("{project}/.vscode/mcp.json",)

CLIENT = Client(
    id="vscode",
    title="VS Code",
    places=(
        Place(
            scope="user",
            paths={
                "mac": (PORTABLE, "~/Library/Application Support/Code/User/mcp.json"),
                "linux": (PORTABLE, "$XDG_CONFIG_HOME/Code/User/mcp.json", "~/.config/Code/User/mcp.json"),
                "windows": (PORTABLE, "$APPDATA/Code/User/mcp.json"),
            },
            container=("servers",),
            dialect=RELAXED,
            style=STYLE,
        ),
        Place(
            scope="user",
            paths={"linux": ("~/.var/app/com.visualstudio.code/config/Code/User/mcp.json",)},
            directories={"linux": ("~/.var/app/com.visualstudio.code",)},
            container=("servers",),
            dialect=RELAXED,
            style=STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": PROJECT_FILE, "linux": PROJECT_FILE, "windows": PROJECT_FILE},
            container=("servers",),
            dialect=RELAXED,
            style=STYLE,
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
    surroundings="shell",  # it asks the login shell; the same for `${env:...}` (ConfigurationResolverService)
    byte_order_mark="accepted",
    strays=(
        Stray(
            paths={
                "mac": ("~/Library/Application Support/Code/User/settings.json",),
                "linux": ("$XDG_CONFIG_HOME/Code/User/settings.json", "~/.config/Code/User/settings.json"),
                "windows": ("$APPDATA/Code/User/settings.json",),
            },
            container=("mcp", "servers"),
            why="VS Code reads `mcp.json`, no longer its settings",
        ),
    ),
)
