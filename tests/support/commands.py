"""The commands as tests write them: `mcp ... --json` in a home, without asking PostHog."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.support.machines import KEY
from tests.support.program import Result, run

HOSTED = "https://mcp.posthog.com/mcp"
BEARER = {"Authorization": f"Bearer {KEY}"}
ADD = ("mcp", "add", "--no-verify", "--api-key-stdin")
FOREIGN = '{"mcpServers": {"posthog": {"command": "node", "args": ["x.js"]}}}'
MINE = '{\n\t"mcpServers": {\n\t\t"mine": {"command": "x"}\n\t},\n\t"ü": 1.0\n}'
LAUNCHER = [sys.executable, "-I", "-m", "posthog_wizard"]


def launcher() -> list[str]:
    """The words that start this program: the console program where it is installed beside Python."""
    console = Path(sys.executable).with_name("posthog-wizard")
    return [str(console)] if console.is_file() else LAUNCHER


def add(place: Path, *arguments: str, key: str = KEY, holds: tuple[Path, ...] = (), **environment: Any) -> Result:
    """`mcp add ARGUMENTS --json` without asking PostHog."""
    return run([*ADD, "--json", *arguments], place, key, holds=holds, **environment)


def mcp(place: Path, *arguments: str, folder: Path | None = None) -> Result:
    """`mcp ARGUMENTS --json`."""
    return run(["mcp", *arguments, "--json"], place, folder=folder)


def states(place: Path) -> dict[str, tuple[bool, str]]:
    """What list says: client -> detected, entry."""
    return {client: (row["detected"], row["entry"]) for client, row in mcp(place, "list").rows.items()}
