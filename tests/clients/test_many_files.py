"""Clients that have several files: each that is there is a place, and one of those that are read as one gets the entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.detect import detect
from posthog_wizard.model import Scope
from posthog_wizard.plan import PlanOptions, plan_add, plan_remove
from tests.support.golden import WISHES
from tests.support.machines import lay, machine

CODE = "home/.config/Code/User"
OPENCODE = "home/.config/opencode"
ENTRY = json.dumps({"mcp": {"posthog": {"type": "remote", "url": "https://mcp.posthog.com/mcp"}}})
OTHER = json.dumps({"mcp": {"docs": {"type": "remote", "url": "https://docs.example"}}})

# what is on the disk, environment, client, scope -> its places, those that `add` works on
PLACES: list[tuple[tuple[str, ...], dict[str, str], str, Scope, tuple[str, ...], tuple[str, ...]]] = [
    ((f"{CODE}/",), {}, "vscode", "user", (f"{CODE}/mcp.json",), (f"{CODE}/mcp.json",)),
    (
        (f"{CODE}/profiles/a1/", f"{CODE}/profiles/b2/mcp.json={{}}"),
        {},
        "vscode",
        "user",
        (f"{CODE}/mcp.json", f"{CODE}/profiles/a1/mcp.json", f"{CODE}/profiles/b2/mcp.json"),
        (f"{CODE}/mcp.json", f"{CODE}/profiles/a1/mcp.json", f"{CODE}/profiles/b2/mcp.json"),
    ),
    *(
        ((f"home/{folder}/User/",), {}, client, "user", (f"home/{folder}/User/mcp.json",), (f"home/{folder}/User/mcp.json",))
        for client, folder in (
            ("vscode", ".vscode-server/data"),
            ("vscode", ".vscode-remote/data"),
            ("vscode", ".local/share/code-server"),
            ("vscode-insiders", ".vscode-server-insiders/data"),
            ("vscodium", ".vscodium-server/data"),
            ("vscodium", ".config/VSCodium"),
        )
    ),
    *(
        (
            (f"home/{folder}/User/mcp.json={{}}", f"home/{folder}/User/profiles/a1/mcp.json={{}}", f"home/{folder}/User/profiles/.DS_Store=x"),
            {},
            "vscode",
            "user",
            files,
            files,
        )
        for folder in (".config/Code", ".var/app/com.visualstudio.code/config/Code", ".vscode-server/data")
        for files in [(f"home/{folder}/User/mcp.json", f"home/{folder}/User/profiles/a1/mcp.json")]
    ),
    (
        ("home/.config/devin/config.json={}", "home/.codeium/mcp_config.json={}"),
        {},
        "windsurf",
        "user",
        ("home/.config/devin/mcp_config.json", "home/.config/devin/config.json", "home/.codeium/mcp_config.json"),
        ("home/.config/devin/mcp_config.json", "home/.config/devin/config.json", "home/.codeium/mcp_config.json"),
    ),
    ((f"{OPENCODE}/",), {}, "opencode", "user", (f"{OPENCODE}/opencode.json",), (f"{OPENCODE}/opencode.json",)),
    (
        (f"{OPENCODE}/opencode.jsonc={OTHER}",),
        {},
        "opencode",
        "user",
        (f"{OPENCODE}/opencode.json", f"{OPENCODE}/opencode.jsonc"),
        (f"{OPENCODE}/opencode.jsonc",),
    ),
    (
        (f"{OPENCODE}/opencode.json={OTHER}", f"{OPENCODE}/config.json={ENTRY}"),
        {},
        "opencode",
        "user",
        (f"{OPENCODE}/opencode.json", f"{OPENCODE}/config.json"),
        (f"{OPENCODE}/config.json",),
    ),
    (
        (f"{OPENCODE}/opencode.json={ENTRY}", f"{OPENCODE}/opencode.jsonc={ENTRY}"),
        {},
        "opencode",
        "user",
        (f"{OPENCODE}/opencode.json", f"{OPENCODE}/opencode.jsonc"),
        (f"{OPENCODE}/opencode.json", f"{OPENCODE}/opencode.jsonc"),
    ),
    (
        (f"x/mine.json={ENTRY}", f"{OPENCODE}/opencode.json={OTHER}"),
        {"OPENCODE_CONFIG": "{root}/x/mine.json"},
        "opencode",
        "user",
        (f"{OPENCODE}/opencode.json", "x/mine.json"),
        ("x/mine.json",),
    ),
    (
        (f"home/.opencode/opencode.json={OTHER}", "home/p/.git/"),
        {},
        "opencode",
        "project",
        ("home/p/opencode.json",),
        ("home/p/opencode.json",),
    ),
    (
        (f"home/p/.opencode/opencode.json={ENTRY}", "home/p/.git/"),
        {},
        "opencode",
        "project",
        ("home/p/opencode.json", "home/p/.opencode/opencode.json"),
        ("home/p/.opencode/opencode.json",),
    ),
    (
        ("home/.config/kilo/", f"home/.kilocode/kilo.json={OTHER}"),
        {},
        "kilo-code",
        "user",
        ("home/.config/kilo/kilo.jsonc", "home/.kilocode/kilo.json"),
        ("home/.kilocode/kilo.json",),
    ),
    (
        ("home/.gemini/config/", "home/.gemini/antigravity/"),
        {},
        "antigravity",
        "user",
        ("home/.gemini/config/mcp_config.json",),
        ("home/.gemini/config/mcp_config.json",),
    ),
    (
        ("home/.gemini/antigravity/",),
        {},
        "antigravity",
        "user",
        ("home/.gemini/antigravity/mcp_config.json",),
        ("home/.gemini/antigravity/mcp_config.json",),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("disk", "environment", "client", "scope", "places", "written"), PLACES)
def test_every_real_file_is_a_place(
    disk: tuple[str, ...],
    environment: dict[str, str],
    client: str,
    scope: Scope,
    places: tuple[str, ...],
    written: tuple[str, ...],
    tmp_path: Path,
) -> None:
    lay(tmp_path, *disk, "home/p/")
    here = machine(tmp_path, folder="home/p", environment=environment)
    found = detect((CLIENTS[client],), here, scope)
    assert tuple(str(one.path.relative_to(tmp_path)) for one in found) == places
    plan = plan_add(found, WISHES["hosted-oauth"], PlanOptions())
    assert tuple(str(step.found.path.relative_to(tmp_path)) for step in plan.steps) == written
    gone = [step.found.path for step in plan_remove(found, "posthog", PlanOptions()).steps if step.due]
    assert len(gone) == sum(text.endswith(ENTRY) for text in disk)


# client, variables -> the user's file that they move it to; `~` is home
MOVED = [
    ("amp", {}, "~/.config/amp/settings.json"),
    ("auggie", {}, "~/.augment/settings.json"),
    ("cline", {}, "~/.cline/data/settings/cline_mcp_settings.json"),
    ("cline", {"CLINE_DIR": "/c"}, "/c/data/settings/cline_mcp_settings.json"),
    ("cline", {"CLINE_DATA_DIR": "/d", "CLINE_DIR": "/c"}, "/d/settings/cline_mcp_settings.json"),
    ("cline", {"CLINE_MCP_SETTINGS_PATH": "/f.json", "CLINE_DIR": "/c"}, "/f.json"),
    ("codex", {"CODEX_HOME": "/c"}, "/c/config.toml"),
    ("continue", {}, "~/.continue/config.yaml"),
    ("copilot-cli", {"XDG_CONFIG_HOME": "/x"}, "~/.copilot/mcp-config.json"),
    ("copilot-cli", {"COPILOT_HOME": "/c"}, "/c/mcp-config.json"),
    ("factory-droid", {}, "~/.factory/mcp.json"),
    ("goose", {"XDG_CONFIG_HOME": "/x"}, "/x/goose/config.yaml"),
    ("hermes", {"HERMES_HOME": "/h"}, "/h/config.yaml"),
    ("kilo-code", {"XDG_CONFIG_HOME": "/x"}, "/x/kilo/kilo.jsonc"),
    ("kimi-code", {"KIMI_CODE_HOME": "/k"}, "/k/mcp.json"),
    ("kiro", {}, "~/.kiro/settings/mcp.json"),
    ("mistral-vibe", {"VIBE_HOME": "/v"}, "/v/config.toml"),
    ("openclaw", {"OPENCLAW_HOME": "/o"}, "/o/.openclaw/openclaw.json"),
    ("openclaw", {"OPENCLAW_STATE_DIR": "/s", "OPENCLAW_HOME": "/o"}, "/s/openclaw.json"),
    ("openclaw", {"OPENCLAW_CONFIG_PATH": "/f/o.json", "OPENCLAW_STATE_DIR": "/s"}, "/f/o.json"),
    ("opencode", {"XDG_CONFIG_HOME": "/x"}, "/x/opencode/opencode.json"),
    ("qoder", {}, "~/.qoder/settings.json"),
    ("qwen-code", {}, "~/.qwen/settings.json"),
    ("vscode-insiders", {}, "~/.config/Code - Insiders/User/mcp.json"),
    ("warp", {}, "~/.warp/.mcp.json"),
]


@pytest.mark.parametrize(("client", "environment", "file"), MOVED)
def test_the_file_is_where_the_client_looks(
    client: str, environment: dict[str, str], file: str, tmp_path: Path
) -> None:
    here = machine(tmp_path, environment=environment)
    found = detect((CLIENTS[client],), here, "user")[0]
    assert (str(found.path), found.detected) == (file.replace("~", str(here.home)), False)
