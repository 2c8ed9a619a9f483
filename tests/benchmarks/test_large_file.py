"""`mcp doctor` and `mcp list` on a `~/.claude.json` of 33 MB with 2,000 projects, beside parsing it once.

Counted is the processor's time (user and system) that the large file costs more than a small one, each command in
turn. Asserted: at most 1.6 times (1.1 to 1.4 were measured) what it costs a process that reads and parses it once.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.figures import figure, rounds
from tests.support.machines import KEY

pytestmark = pytest.mark.benchmark
ROUNDS = 5
PROJECTS = 2_000
LIMIT = 1.6
ENTRY = {"type": "http", "url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": f"Bearer {KEY}"}}
PARSE = (
    "import sys; from pathlib import Path; from posthog_wizard.documents.jsonc import parse;"
    "from posthog_wizard.model import STRICT; parse(Path(sys.argv[1]).read_bytes(), STRICT)"
)


def project(prompts: int) -> dict[str, Any]:
    prompt = {"display": 'fix "the" bug\nin module x, and say why it was there at all ' * 3, "pastedContents": {}}
    return {"allowedTools": [], "history": [prompt] * prompts, "mcpServers": {}, "lastCost": 0.123, "trusted": True}


def laid(root: Path, projects: int) -> Path:
    """A home with that many projects in Claude Code's file."""
    root.mkdir()
    found = {f"/home/user/src/{number}": project(62) for number in range(projects)}
    text = json.dumps({"numStartups": 5, "projects": found, "mcpServers": {"posthog": ENTRY}}, indent=2)
    (root / ".claude.json").write_text(text)
    (root / ".claude.json").chmod(0o600)
    return root


def spent(words: list[str], home: Path) -> float:
    """Seconds of processor time of one process."""
    environment = {"HOME": str(home), "PATH": os.defpath}
    actions = [
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    process = os.posix_spawn(words[0], words, environment, file_actions=actions)
    _, _, usage = os.wait4(process, 0)
    return usage.ru_utime + usage.ru_stime


def test_a_large_file_costs_little_more_than_parsing_it_once(tmp_path: Path) -> None:
    homes = {"large": laid(tmp_path / "large", PROJECTS), "small": laid(tmp_path / "small", 1)}
    program = [sys.executable, "-m", "posthog_wizard", "mcp"]
    commands = {
        "parse": [sys.executable, "-c", PARSE, "{home}/.claude.json"],
        "list": [*program, "list"],
        "doctor": [*program, "doctor", "--offline"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds(ROUNDS) + 1):
        for name, words in commands.items():
            large, small = (spent([word.format(home=home) for word in words], home) for home in homes.values())
            seconds[name].append(large - small)
    size = (homes["large"] / ".claude.json").stat().st_size / 1e6
    programs = {
        f"mcp {name}" if name != "parse" else "parsing it once": seconds[name][1:]
        for name in ("doctor", "list", "parse")
    }
    cost = figure("large: what a file of 33 MB costs more than a small one", "s of CPU", programs)
    assert 30 < size < 40
    assert max(cost["mcp list"], cost["mcp doctor"]) <= LIMIT * cost["parsing it once"]
