"""Goose: `config.yaml`, whose `extensions` are its servers and its own parts. It has no file in projects.

A header's variables come from the entry's `env_keys`, which Goose looks up in its secrets, then in its environment; an
entry without `description` is refused, and any 401 begins to sign in.
https://github.com/block/goose/blob/main/crates/goose/src/agents/extension_manager.rs
"""

from posthog_wizard.clients.entries import (
    ARGUMENTS,
    BRACED,
    COMMAND,
    ENVIRONMENT,
    HEADERS,
    NAME,
    SHELL_LIKE,
    URL,
    VARIABLES,
)
from posthog_wizard.model import RELAXED, Client, EntrySchema, Place, UnreadLocation

_FIRST = {"name": NAME, "description": ""}
_LAST = {"env_keys": VARIABLES, "enabled": True, "timeout": 300}
_LINK = "extension?url={url}&type=streamable_http&timeout=300&id={name}&name={name}&description=PostHog"
_SCHEMA = EntrySchema(
    remote={**_FIRST, "type": "streamable_http", "uri": URL, "headers": HEADERS, **_LAST},
    stdio={**_FIRST, "type": "stdio", "cmd": COMMAND, "args": ARGUMENTS, "envs": ENVIRONMENT, **_LAST},
    signing_in={"headers": {}},
    environment_reference=BRACED,
    environment_pattern=SHELL_LIKE,
    required={"type": ("streamable_http",)},
    user_keys=("enabled", "timeout", "description", "bundled", "available_tools"),
    switch={"enabled": False},
    restricting={"enabled": False},
)

CLIENT = Client(
    id="goose",
    title="Goose",
    places=(
        Place(
            "user",
            {
                "mac": ("~/.config/goose/config.yaml",),
                "linux": ("$XDG_CONFIG_HOME/goose/config.yaml", "~/.config/goose/config.yaml"),
                "windows": ("$APPDATA/Block/goose/config/config.yaml",),
            },
            ("extensions",),
            RELAXED,
            _SCHEMA,
            format="yaml",
        ),
    ),
    proofs={"mac": "source", "linux": "source", "windows": "source"},
    binaries=("goose",),
    applications=("Goose.app",),
    after_adding="start a new Goose session",
    deeplink=f"goose://{_LINK}",  # of programs it takes npx, uvx and docker alone: ui/desktop/src/components/settings/extensions/deeplink.ts
    deeplink_web=f"https://goose-docs.ai/{_LINK}",
    unread_locations=(
        UnreadLocation(
            "~/.config/goose/mcp.json, ~/.config/goose/config.json, ~/.goose/mcp.json, ~/.goose/config.json",
            "Goose reads `config.yaml`, in YAML",
        ),
        UnreadLocation(
            "~/.goose/config.yaml, ~/.config/goose/config.yaml",
            "Goose reads `config.yaml` in its own folder",
            "yaml",
        ),
    ),
)
