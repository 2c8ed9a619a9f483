"""Clients that the program does not know yet, as rows: what they take shows what a row can say."""

from __future__ import annotations

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import (
    ARGUMENTS,
    COMMAND,
    COMMAND_LINE,
    ENVIRONMENT,
    HEADERS,
    NAME,
    PLAIN_STDIO,
    URL,
)
from posthog_wizard.model import RELAXED, Client, EntrySchema, Place

_OPENCODE_FILE = ("~/.config/opencode/opencode.json",)
OPENCODE = Client(
    "opencode",
    "OpenCode",
    (
        Place(
            "user",
            {"mac": _OPENCODE_FILE, "linux": _OPENCODE_FILE, "windows": _OPENCODE_FILE},
            ("mcp",),
            RELAXED,
            EntrySchema(
                remote={"type": "remote", "url": URL, "headers": HEADERS},
                stdio={"type": "local", "command": COMMAND_LINE, "environment": ENVIRONMENT},
                environment_reference="{{env:{name}}}",
                user_keys=("enabled", "timeout"),
                switch={"enabled": False},
                required={"type": ("remote",)},
            ),
        ),
    ),
    after_adding="start a new OpenCode session",
    after_removing="start a new OpenCode session",
)
_GOOSE_FILE = ("~/.config/goose/config.yaml",)
_GOOSE_ENTRY = {"name": NAME, "description": ""}
_GOOSE_SWITCH = {"enabled": True, "timeout": 300}
GOOSE = Client(
    "goose",
    "Goose",
    (
        Place(
            "user",
            {"mac": _GOOSE_FILE, "linux": _GOOSE_FILE, "windows": ("$APPDATA/Block/goose/config/config.yaml",)},
            ("extensions",),
            RELAXED,
            EntrySchema(
                remote={**_GOOSE_ENTRY, "type": "streamable_http", "uri": URL, "headers": HEADERS, **_GOOSE_SWITCH},
                stdio={
                    **_GOOSE_ENTRY,
                    "type": "stdio",
                    "cmd": COMMAND,
                    "args": ARGUMENTS,
                    "envs": ENVIRONMENT,
                    **_GOOSE_SWITCH,
                },
                user_keys=("enabled", "timeout"),
                switch={"enabled": False},
            ),
            format="yaml",
        ),
    ),
    after_adding="start a new Goose session",
    after_removing="start a new Goose session",
)
_CONTINUE_FILE = ("~/.continue/config.yaml",)
LISTED = Client(  # as Continue has it
    "listed",
    "Listed",
    (
        Place(
            "user",
            {"mac": _CONTINUE_FILE, "linux": _CONTINUE_FILE, "windows": _CONTINUE_FILE},
            ("mcpServers",),
            RELAXED,
            EntrySchema(
                remote={"name": NAME, "type": "streamable-http", "url": URL, "requestOptions": HEADERS},
                stdio={"name": NAME, **PLAIN_STDIO},
                oauth=False,
            ),
            format="yaml",
            item="name",
        ),
    ),
    after_adding="nothing to do",
    after_removing="nothing to do",
)
TABLES = LISTED._replace(
    id="tables", places=(LISTED.places[0]._replace(format="toml", paths={"linux": ("~/.tables/config.toml",)}),)
)
ALL_CLIENTS = {**CLIENTS, **{client.id: client for client in (OPENCODE, GOOSE, LISTED, TABLES)}}
