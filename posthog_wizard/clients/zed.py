"""Zed: `settings.json`, which holds all of the user's settings, and `.zed/settings.json` in a project.

The directories are those of https://github.com/zed-industries/zed/blob/main/crates/paths/src/paths.rs; the Flatpak
keeps its own below `~/.var/app`. https://zed.dev/docs/ai/mcp
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import RELAXED, Client, EntrySchema, Place, UnreadLocation

_STYLE = EntrySchema(
    remote={"enabled": True, "url": URL, "headers": HEADERS},
    stdio={"enabled": True, **PLAIN_STDIO},
    user_keys=("enabled", "timeout", "tools", "oauth"),
    switch={"enabled": False},
    restricting={"enabled": False},
    remote_only=("oauth",),
)
_PROJECT_FILE = ("{project}/.zed/settings.json",)

CLIENT = Client(
    id="zed",
    title="Zed",
    places=(
        Place(
            scope="user",
            paths={
                "mac": ("~/.config/zed/settings.json",),
                "linux": (
                    "$FLATPAK_XDG_CONFIG_HOME/zed/settings.json",
                    "$XDG_CONFIG_HOME/zed/settings.json",
                    "~/.config/zed/settings.json",
                ),
                "windows": ("$APPDATA/Zed/settings.json",),
            },
            container=("context_servers",),
            dialect=RELAXED,
            schema=_STYLE,
        ),
        Place(
            scope="user",
            paths={"linux": ("~/.var/app/dev.zed.Zed/config/zed/settings.json",)},
            directories={"linux": ("~/.var/app/dev.zed.Zed",)},
            container=("context_servers",),
            dialect=RELAXED,
            schema=_STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("context_servers",),
            dialect=RELAXED,
            schema=_STYLE,
        ),
    ),
    proofs={"mac": "source", "linux": "source", "windows": "source"},
    binaries=("zed", "zeditor"),
    applications=("Zed.app",),
    after_adding="nothing to do, Zed sees the change by itself",
    evidence={"mac": ("~/Library/Application Support/Zed",), "linux": ("~/.local/share/zed",)},
    documented={"context_servers": {"posthog": remote_block(enabled=True)}},
    auth_header_blocks_oauth=True,
    unread_locations=(
        UnreadLocation(
            "~/.zed/settings.json, ~/.config/zed/mcp.json, {project}/.zed/mcp.json, "
            "~/Library/Application Support/Zed/settings.json, ~/.config/zed/settings.json",
            "Zed reads `settings.json` in its own folder, and `.zed/settings.json` in a project",
        ),
    ),
)
