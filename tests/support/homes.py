"""Homes in which clients are installed, and what stands in their files."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.model import RELAXED

FILES = {
    "claude-code": ".claude.json",
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "codex": ".codex/config.toml",
    "cursor": ".cursor/mcp.json",
    "gemini-cli": ".gemini/settings.json",
    "lm-studio": ".lmstudio/mcp.json",
    "vscode": ".config/Code/User/mcp.json",
    "windsurf": ".codeium/windsurf/mcp_config.json",
    "zed": ".config/zed/settings.json",
}
PROJECT_FILES = {
    "claude-code": ".mcp.json",
    "codex": ".codex/config.toml",
    "cursor": ".cursor/mcp.json",
    "gemini-cli": ".gemini/settings.json",
    "vscode": ".vscode/mcp.json",
    "zed": ".zed/settings.json",
}
SIGNS = {"claude-code": ".claude", "gemini-cli": ".gemini/history"}  # folders that prove a client, beside its file's
CONTAINERS = {"codex": "mcp_servers", "vscode": "servers", "zed": "context_servers"}  # all others: mcpServers
ALL = tuple(FILES)


def home(root: Path, *clients: str, **texts: str) -> Path:
    """`root/home` with those clients installed; `texts` are files by client, `_` standing for `-`."""
    place = root / "home"
    place.mkdir(exist_ok=True)
    for client in (*clients, *(name.replace("_", "-") for name in texts)):
        (place / FILES[client]).parent.mkdir(parents=True, exist_ok=True)
        (place / SIGNS.get(client, ".")).mkdir(exist_ok=True)
    for name, text in texts.items():
        (place / FILES[name.replace("_", "-")]).write_bytes(text.encode())
    return place


def entry(place: Path, client: str, name: str = "posthog") -> Any:
    """The entry in the client's file, read as strict JSON (or TOML); None where there is none."""
    return entries(place / FILES[client], client).get(name)


def entries(path: Path, client: str) -> Any:
    """All entries of a file; empty where there is none."""
    if not path.exists():
        return {}
    return parsed(client, path.read_text(encoding="utf-8-sig")).get(container(client), {})


def parsed(client: str, text: str) -> Any:
    """A text of the client's format, read strictly."""
    return (tomllib.loads if client == "codex" else json.loads)(text)


def spelled(client: str, entries: Any) -> str:
    """A file of the client's with these entries, as far as its format can say them."""
    if client != "codex":
        return json.dumps({container(client): entries})
    return FORMATS["toml"].parse(None, RELAXED).put((container(client),), sayable(client, entries)).decode()


def sayable(client: str, value: Any) -> Any:
    """The value without what the client's format cannot say: TOML has no null."""
    if client != "codex":
        return value
    if isinstance(value, dict):
        return {name: sayable(client, item) for name, item in value.items() if item is not None}
    return [sayable(client, item) for item in value if item is not None] if isinstance(value, list) else value


def container(client: str) -> str:
    """The key that holds the entries."""
    return CONTAINERS.get(client, "mcpServers")


def contents(place: Path) -> dict[str, bytes]:
    """Every file of the home, by its path in it; our own state and what a test leaves aside."""
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and not path.is_relative_to(place / ".local/state")
    }
