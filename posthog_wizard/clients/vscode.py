"""VS Code, its Insiders and VSCodium: `mcp.json` in the user directory, and `.vscode/mcp.json` in a project.

Each profile has a file of its own, and so has each server that a remote window (ssh, WSL, containers) runs.
https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
"""

from collections.abc import Mapping
from typing import Any

from posthog_wizard.clients.entries import TYPED
from posthog_wizard.clients.paths import below_settings, in_project, on_every_system, unread
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import RELAXED, Client, OperatingSystem, Place, UnreadLocation

_SCHEMA = TYPED._replace(
    environment_reference="${{env:{name}}}",
    prompt_reference="${{input:{id}}}",
    prompts=("inputs",),
    user_keys=("disabled", "timeout", "gallery", "version", "dev", "sandbox", "sandboxEnabled"),
    restricting={"disabled": True, "sandboxEnabled": True},
)
_PORTABLE = "$VSCODE_PORTABLE/user-data/User/mcp.json"


def _place(paths: Mapping[OperatingSystem, tuple[str, ...]], **more: Any) -> Place:
    return Place("user", paths, ("servers",), RELAXED, _SCHEMA, **more)


def _places(folder: str, flatpak: str, *remotes: str) -> tuple[Place, ...]:
    """The user's own file, that of the Flatpak, of each kind of remote window, those of their profiles, and the project's."""
    boxed, users = f"~/.var/app/{flatpak}", (on_every_system(f"~/{remote}/User") for remote in remotes)
    flat: Mapping[OperatingSystem, tuple[str, ...]] = {"linux": (f"{boxed}/config/{folder}/User",)}
    folders = (below_settings(f"{folder}/User"), flat, *users)
    own, contained, *others = (
        {system: tuple(f"{path}/{file}" for path in paths) for system, paths in user.items()}
        for file in ("mcp.json", "profiles/*/mcp.json")
        for user in folders
    )
    flatpak_place = _place(contained, directories={"linux": (boxed,)})
    return (_place(own), flatpak_place, *map(_place, others), in_project(_place({}), ".vscode/mcp.json"))


def _mistakes(title: str, folder: str, extensions: str) -> tuple[UnreadLocation, ...]:
    """Its settings, which had servers in them once, and the folder of its extensions."""
    files = (
        *(path for paths in below_settings(f"{folder}/User/settings.json").values() for path in paths),
        f"~/.config/{folder}/mcp.json",
        f"~/{extensions}/mcp.json",
        f"~/{extensions}/settings.json",
        "{project}/.vscode/settings.json",
    )
    return unread(", ".join(files), f"{title} reads `mcp.json` beside its settings, or `.vscode/mcp.json`")


_USER, *_OTHERS = _places(
    "Code", "com.visualstudio.code", ".vscode-server/data", ".vscode-remote/data", ".local/share/code-server"
)
VSCODE = Client(
    id="vscode",
    title="VS Code",
    places=(_USER._replace(paths={system: (_PORTABLE, *files) for system, files in _USER.paths.items()}), *_OTHERS),
    binaries=("code",),
    applications=("Visual Studio Code.app",),
    evidence=below_settings("Code"),
    after_adding="start the server in VS Code when it asks whether you trust it (command: MCP: List Servers)",
    after_removing="nothing to do, VS Code sees the change by itself",
    deeplink="vscode:mcp/install?{json}",
    deeplink_web="https://insiders.vscode.dev/redirect?url={link}",  # `/redirect/mcp/install` fails for Insiders: github/github-mcp-server#2626
    documented={"servers": {"posthog": remote_block(type="http")}},
    inherits_environment_of="shell",  # it asks the login shell; the same for `${env:...}` (ConfigurationResolverService)
    byte_order_mark="accepted",
    unread_locations=_mistakes("VS Code", "Code", ".vscode"),
)
INSIDERS = VSCODE._replace(
    id="vscode-insiders",
    title="VS Code Insiders",
    places=_places("Code - Insiders", "com.visualstudio.code.insiders", ".vscode-server-insiders/data"),
    binaries=("code-insiders",),
    applications=("Visual Studio Code - Insiders.app",),
    evidence=below_settings("Code - Insiders"),
    deeplink="vscode-insiders:mcp/install?{json}",
    documented=None,
    unread_locations=_mistakes("VS Code Insiders", "Code - Insiders", ".vscode-insiders"),
)
VSCODIUM = INSIDERS._replace(
    id="vscodium",
    title="VSCodium",
    places=_places("VSCodium", "com.vscodium.codium", ".vscodium-server/data"),
    binaries=("codium",),
    applications=("VSCodium.app",),
    evidence=below_settings("VSCodium"),
    after_adding="start the server in VSCodium when it asks whether you trust it (command: MCP: List Servers)",
    after_removing="nothing to do, VSCodium sees the change by itself",
    deeplink="vscodium:mcp/install?{json}",
    deeplink_web=None,
    unread_locations=_mistakes("VSCodium", "VSCodium", ".vscode-oss"),
)
