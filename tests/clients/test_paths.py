"""Where each client keeps its file, on each system, and what moves it."""

from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.paths import usual_path
from posthog_wizard.install.detect import detect, evidence_of, looked_for
from posthog_wizard.model import OperatingSystem, Scope
from tests.support.machines import lay, machine

MSIX = "home/AppData/Local/Packages/Claude_pzs8sxrjxfjjc"

# system, what is on the disk, environment, client, scope -> the files that are used
FOUND: tuple[tuple[OperatingSystem, tuple[str, ...], dict[str, str], str, Scope, tuple[str, ...]], ...] = (
    # what must not count as evidence comes first
    ("linux", (), {}, "cursor", "user", ()),
    ("linux", ("home/.codeium/",), {}, "windsurf", "user", ()),
    ("linux", ("home/.config/",), {}, "vscode", "user", ()),
    ("linux", ("home/.var/app/other/",), {}, "zed", "user", ()),
    ("linux", ("home/Library/Application Support/Claude/",), {}, "claude-desktop", "user", ()),
    ("windows", ("home/AppData/Local/Packages/ClaudeOther_x/",), {}, "claude-desktop", "user", ()),
    ("linux", ("bin/code",), {"PATH": "{root}/bin"}, "vscode", "user", ()),  # not executable
    ("linux", ("Applications/Cursor.app/",), {}, "cursor", "user", ()),
    # Cursor
    ("linux", ("home/.cursor/",), {}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("mac", ("home/.cursor/",), {}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("windows", ("home/.cursor/",), {}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("mac", ("Applications/Cursor.app/",), {}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("mac", ("home/Applications/Cursor.app/",), {}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("linux", ("bin/cursor-agent!",), {"PATH": "{root}/none:{root}/bin"}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("windows", ("home/AppData/Roaming/Cursor/",), {}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("linux", ("home/.cursor/",), {"PATH": f"{{root}}/{'x' * 300}"}, "cursor", "user", ("home/.cursor/mcp.json",)),
    ("linux", ("home/.cursor/", "home/code/.git/"), {}, "cursor", "project", ("home/code/.cursor/mcp.json",)),
    # Gemini CLI shares its folder with another program
    ("linux", ("home/.gemini/antigravity/",), {}, "gemini-cli", "user", ()),
    ("linux", ("home/.gemini/settings.json={}",), {}, "gemini-cli", "user", ("home/.gemini/settings.json",)),
    ("mac", ("home/.gemini/projects.json={}",), {}, "gemini-cli", "user", ("home/.gemini/settings.json",)),
    ("windows", ("home/.gemini/history/",), {}, "gemini-cli", "user", ("home/.gemini/settings.json",)),
    ("linux", ("bin/gemini!",), {"PATH": "{root}/bin"}, "gemini-cli", "user", ("home/.gemini/settings.json",)),
    (
        "linux",
        ("gem/.gemini/settings.json={}",),
        {"GEMINI_CLI_HOME": "{root}/gem"},
        "gemini-cli",
        "user",
        ("gem/.gemini/settings.json",),
    ),
    (
        "linux",
        ("bin/gemini!", "home/code/.git/"),
        {"PATH": "{root}/bin"},
        "gemini-cli",
        "project",
        ("home/code/.gemini/settings.json",),
    ),
    # Claude Code
    ("linux", ("home/.claude/",), {}, "claude-code", "user", ("home/.claude.json",)),
    ("linux", ("home/.claude.json={}",), {}, "claude-code", "user", ("home/.claude.json",)),
    ("linux", ("home/.claude/local/claude!",), {}, "claude-code", "user", ("home/.claude.json",)),
    ("linux", ("bin/claude!",), {"PATH": "{root}/bin"}, "claude-code", "user", ("home/.claude.json",)),
    ("windows", ("bin/claude.cmd",), {"PATH": "{root}/bin"}, "claude-code", "user", ("home/.claude.json",)),
    ("mac", ("cc/",), {"CLAUDE_CONFIG_DIR": "{root}/cc"}, "claude-code", "user", ("cc/.claude.json",)),
    (
        "linux",
        ("home/code/deep/cc/",),
        {"CLAUDE_CONFIG_DIR": "cc"},
        "claude-code",
        "user",
        ("home/code/deep/cc/.claude.json",),
    ),
    ("linux", ("home/.cursor/",), {"CLAUDE_CONFIG_DIR": "x" * 300}, "claude-code", "user", ()),
    ("mac", ("home/.claude/",), {"CLAUDE_CONFIG_DIR": ""}, "claude-code", "user", ("home/.claude.json",)),
    ("linux", ("home/.claude/", "home/code/.git/"), {}, "claude-code", "project", ("home/code/.mcp.json",)),
    ("linux", ("home/.claude/", "home/code/.git=gitdir: x"), {}, "claude-code", "project", ("home/code/.mcp.json",)),
    # Claude Desktop
    (
        "mac",
        ("Applications/Claude.app/",),
        {},
        "claude-desktop",
        "user",
        ("home/Library/Application Support/Claude/claude_desktop_config.json",),
    ),
    (
        "linux",
        ("home/.config/Claude/",),
        {},
        "claude-desktop",
        "user",
        ("home/.config/Claude/claude_desktop_config.json",),
    ),
    (
        "linux",
        ("xdg/Claude/",),
        {"XDG_CONFIG_HOME": "{root}/xdg"},
        "claude-desktop",
        "user",
        ("xdg/Claude/claude_desktop_config.json",),
    ),
    (
        "linux",
        ("home/.config/Claude/",),
        {"XDG_CONFIG_HOME": "relative"},
        "claude-desktop",
        "user",
        ("home/.config/Claude/claude_desktop_config.json",),
    ),
    (
        "windows",
        ("home/AppData/Roaming/Claude/",),
        {},
        "claude-desktop",
        "user",
        ("home/AppData/Roaming/Claude/claude_desktop_config.json",),
    ),
    (
        "windows",
        ("roam/Claude/",),
        {"APPDATA": "{root}/roam"},
        "claude-desktop",
        "user",
        ("roam/Claude/claude_desktop_config.json",),
    ),
    (
        "windows",
        (
            "home/AppData/Local/Packages/Claude_aaaaaaaaaaaaa/",
            f"{MSIX}/LocalCache/Roaming/Claude/claude_desktop_config.json={{}}",
        ),
        {},
        "claude-desktop",
        "user",
        (f"{MSIX}/LocalCache/Roaming/Claude/claude_desktop_config.json",),
    ),
    (
        "windows",
        (f"{MSIX}/",),
        {},
        "claude-desktop",
        "user",
        (f"{MSIX}/LocalCache/Roaming/Claude/claude_desktop_config.json",),
    ),
    (
        "windows",
        (f"{MSIX}/", "home/AppData/Roaming/Claude/"),
        {},
        "claude-desktop",
        "user",
        (f"{MSIX}/LocalCache/Roaming/Claude/claude_desktop_config.json",),
    ),
    (
        "windows",
        ("loc/Packages/Claude_abc/",),
        {"LOCALAPPDATA": "{root}/loc"},
        "claude-desktop",
        "user",
        ("loc/Packages/Claude_abc/LocalCache/Roaming/Claude/claude_desktop_config.json",),
    ),
    ("linux", ("home/.config/Claude/",), {}, "claude-desktop", "project", ()),
    # VS Code
    (
        "mac",
        ("home/Library/Application Support/Code/User/",),
        {},
        "vscode",
        "user",
        ("home/Library/Application Support/Code/User/mcp.json",),
    ),
    ("linux", ("home/.config/Code/User/",), {}, "vscode", "user", ("home/.config/Code/User/mcp.json",)),
    ("linux", ("x/Code/",), {"XDG_CONFIG_HOME": "{root}/x"}, "vscode", "user", ("x/Code/User/mcp.json",)),
    (
        "windows",
        ("home/AppData/Roaming/Code/User/",),
        {},
        "vscode",
        "user",
        ("home/AppData/Roaming/Code/User/mcp.json",),
    ),
    (
        "windows",
        ("port/user-data/User/",),
        {"VSCODE_PORTABLE": "{root}/port"},
        "vscode",
        "user",
        ("port/user-data/User/mcp.json",),
    ),
    (
        "linux",
        ("home/.var/app/com.visualstudio.code/",),
        {},
        "vscode",
        "user",
        ("home/.var/app/com.visualstudio.code/config/Code/User/mcp.json",),
    ),
    ("linux", ("home/.config/Code/User/", "home/code/.git/"), {}, "vscode", "project", ("home/code/.vscode/mcp.json",)),
    # Windsurf and Devin Desktop
    ("linux", ("home/.codeium/windsurf/",), {}, "windsurf", "user", ("home/.codeium/windsurf/mcp_config.json",)),
    (
        "windows",
        ("home/.codeium/windsurf-next/",),
        {},
        "windsurf",
        "user",
        ("home/.codeium/windsurf-next/mcp_config.json",),
    ),
    ("mac", ("home/.config/devin/",), {}, "windsurf", "user", ("home/.config/devin/mcp_config.json",)),
    (
        "windows",
        ("home/AppData/Roaming/devin/",),
        {},
        "windsurf",
        "user",
        ("home/AppData/Roaming/devin/mcp_config.json",),
    ),
    (
        "linux",
        ("home/.codeium/windsurf/", "home/.config/devin/"),
        {},
        "windsurf",
        "user",
        ("home/.codeium/windsurf/mcp_config.json", "home/.config/devin/mcp_config.json"),
    ),
    ("mac", ("Applications/Windsurf.app/",), {}, "windsurf", "user", ("home/.codeium/windsurf/mcp_config.json",)),
    # Zed
    ("mac", ("home/.config/zed/",), {}, "zed", "user", ("home/.config/zed/settings.json",)),
    (
        "mac",
        ("home/Library/Application Support/Zed/",),
        {"XDG_CONFIG_HOME": "{root}/x"},
        "zed",
        "user",
        ("home/.config/zed/settings.json",),
    ),
    ("linux", ("x/zed/",), {"XDG_CONFIG_HOME": "{root}/x"}, "zed", "user", ("x/zed/settings.json",)),
    (
        "linux",
        ("f/zed/",),
        {"XDG_CONFIG_HOME": "{root}/x", "FLATPAK_XDG_CONFIG_HOME": "{root}/f"},
        "zed",
        "user",
        ("f/zed/settings.json",),
    ),
    (
        "linux",
        ("home/.var/app/dev.zed.Zed/",),
        {},
        "zed",
        "user",
        ("home/.var/app/dev.zed.Zed/config/zed/settings.json",),
    ),
    ("linux", ("bin/zeditor!",), {"PATH": "{root}/bin"}, "zed", "user", ("home/.config/zed/settings.json",)),
    ("windows", ("home/AppData/Roaming/Zed/",), {}, "zed", "user", ("home/AppData/Roaming/Zed/settings.json",)),
    ("linux", ("home/.config/zed/", "home/code/.git/"), {}, "zed", "project", ("home/code/.zed/settings.json",)),
    ("linux", ("home/.config/zed/", "home/code/deep/"), {}, "zed", "project", ("home/code/deep/.zed/settings.json",)),
)


@pytest.mark.parametrize(("system", "disk", "environment", "client", "scope", "files"), FOUND)
def test_a_detected_client_s_files(
    tmp_path: Path,
    system: OperatingSystem,
    disk: tuple[str, ...],
    environment: dict[str, str],
    client: str,
    scope: Scope,
    files: tuple[str, ...],
) -> None:
    lay(tmp_path, *disk, "home/code/deep/")
    here = machine(tmp_path, system, folder="home/code/deep", environment=environment)
    found = detect((CLIENTS[client],), here, scope)
    assert tuple(str(one.path.relative_to(tmp_path)) for one in found if one.detected) == files


@pytest.mark.parametrize(
    ("client", "system", "path"),
    [
        ("claude-code", "mac", "~/.claude.json"),
        ("claude-code", "windows", r"%USERPROFILE%\.claude.json"),
        ("claude-desktop", "mac", "~/Library/Application Support/Claude/claude_desktop_config.json"),
        ("cursor", "windows", r"%USERPROFILE%\.cursor\mcp.json"),
        ("vscode", "windows", r"%APPDATA%\Code\User\mcp.json"),
        ("vscode", "linux", "~/.config/Code/User/mcp.json"),
        ("windsurf", "windows", r"%USERPROFILE%\.codeium\windsurf\mcp_config.json"),
        ("zed", "windows", r"%APPDATA%\Zed\settings.json"),
        ("zed", "linux", "~/.config/zed/settings.json"),
    ],
)
def test_the_path_on_another_machine(client: str, system: OperatingSystem, path: str) -> None:
    assert usual_path(CLIENTS[client].places[0 if client != "claude-desktop" else 1], system) == path


def test_a_client_that_is_not_there_says_what_was_looked_for(tmp_path: Path) -> None:
    here = machine(tmp_path)
    assert evidence_of(CLIENTS["zed"], here) == ()
    assert looked_for(CLIENTS["zed"], here) == (
        f"`{tmp_path}/home/.config/zed`, `{tmp_path}/home/.var/app/dev.zed.Zed`, `zed` on the PATH, `zeditor` on the PATH"
    )


def test_an_unreadable_file_is_found_with_its_problem(tmp_path: Path) -> None:
    lay(tmp_path, "home/.cursor/mcp.json/")
    (found,) = detect((CLIENTS["cursor"],), machine(tmp_path), "user")
    assert found.content is None
    assert "directory" in str(found.problem)


def test_what_one_client_reads_is_no_mistake_of_another() -> None:
    """A file that some client reads may hold PostHog for that client."""
    read = {
        (client.id, path)
        for client in CLIENTS.values()
        for place in client.places
        for paths in place.paths.values()
        for path in paths
    }
    strays = {
        (client.id, path)
        for client in CLIENTS.values()
        for stray in client.unread_locations
        for path in stray.paths.split(", ")
    }
    doubly = {(mine, path, other) for mine, path in strays for other, known in read if known == path and other != mine}
    assert doubly == set()
    assert {client for client, _ in strays} == set(CLIENTS)
