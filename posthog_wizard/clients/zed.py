"""Zed: `settings.json`, which holds all of the user's settings, and `.zed/settings.json` in a project.

The directories are those of https://github.com/zed-industries/zed/blob/main/crates/paths/src/paths.rs; the Flatpak
keeps its own below `~/.var/app`. https://zed.dev/docs/ai/mcp
"""

from posthog_wizard.clients.entries import PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import in_project, unread
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import RELAXED, Client, EntrySchema, OperatingSystem, Place

_SCHEMA = EntrySchema(
    remote={"enabled": True, **PLAIN_REMOTE},
    stdio={"enabled": True, **PLAIN_STDIO},
    user_keys=("enabled", "timeout", "tools", "oauth"),
    switch={"enabled": False},
    remote_only=("oauth",),
)
_ON_LINUX = ("$FLATPAK_XDG_CONFIG_HOME", "$XDG_CONFIG_HOME", "~/.config")
_FILE: dict[OperatingSystem, tuple[str, ...]] = {
    "mac": ("~/.config/zed/settings.json",),
    "linux": tuple(f"{folder}/zed/settings.json" for folder in _ON_LINUX),
    "windows": ("$APPDATA/Zed/settings.json",),
}
_FLATPAK = "~/.var/app/dev.zed.Zed"
_USER = Place("user", _FILE, ("context_servers",), RELAXED, _SCHEMA)
_IN_FLATPAK = _USER._replace(
    paths={"linux": (f"{_FLATPAK}/config/zed/settings.json",)}, directories={"linux": (_FLATPAK,)}
)

CLIENT = Client(
    id="zed",
    title="Zed",
    places=(_USER, _IN_FLATPAK, in_project(_USER, ".zed/settings.json")),
    proofs={"mac": "source", "linux": "source", "windows": "source"},
    binaries=("zed", "zeditor"),
    applications=("Zed.app",),
    after_adding="nothing to do, Zed sees the change by itself",
    evidence={"mac": ("~/Library/Application Support/Zed",), "linux": ("~/.local/share/zed",)},
    documented={"context_servers": {"posthog": remote_block(enabled=True)}},
    auth_header_blocks_oauth=True,
    unread_locations=unread(
        "~/.zed/settings.json, ~/.config/zed/mcp.json, {project}/.zed/mcp.json, "
        "~/Library/Application Support/Zed/settings.json, ~/.config/zed/settings.json",
        "Zed reads `settings.json` in its own folder, and `.zed/settings.json` in a project",
    ),
)
