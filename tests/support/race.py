"""Programs for the race for one file.

`python -m tests.support.race wizard ROOT FILE CLIENT NAME`: add one entry, when told to on stdin; says what became of
it. `... app FILE [LOCK]`: rewrite the file over and over, as an app does that keeps its own state in memory and takes
the rest from the file, until stdin ends; says how often.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path

from posthog_wizard.install.apply import apply
from tests.support.machines import machine
from tests.support.plans import add

READING_TO_WRITING = 0.003  # seconds for which the app holds what it has read
PAUSE = 0.05  # seconds between two turns


def wizard(root: Path, file: Path, client: str, name: str) -> None:
    """The plan is made before the start, so that all but the first find the file changed."""
    root.mkdir(exist_ok=True)
    plan = add(file, name, client)
    print("ready", flush=True)  # noqa: T201 - the program's answer
    sys.stdin.readline()
    applied = apply(plan, machine(root), command=f"mcp add {name}")
    print(json.dumps([[outcome.outcome, outcome.reason] for outcome in applied.outcomes]))  # noqa: T201


def app(file: Path, *, locks: bool) -> None:
    """Its own entries are `app-0`, `app-1`, ...: one more each time. Other people's are what stands in the file."""
    mine: dict[str, object] = {}
    print("ready", flush=True)  # noqa: T201
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        mine[f"app-{len(mine)}"] = {"url": "https://example.com"}
        rewrite(file, mine, locks=locks)
    print(len(mine))  # noqa: T201


def rewrite(file: Path, mine: dict[str, object], *, locks: bool) -> None:
    """In the manner of Claude Code: a lock directory beside the file, a temporary file, a rename."""
    lock = file.with_name(file.name + ".lock")
    if locks:
        lock.mkdir()
    content = json.loads(file.read_text())
    content["mcpServers"] = {**content.get("mcpServers", {}), **mine}
    time.sleep(READING_TO_WRITING)
    temporary = file.with_name(f"{file.name}.tmp.{os.getpid()}")
    temporary.write_text(json.dumps(content))
    temporary.replace(file)
    if locks:
        lock.rmdir()


if __name__ == "__main__":
    if sys.argv[1] == "app":
        app(Path(sys.argv[-1]), locks="LOCK" in sys.argv)
    else:
        wizard(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5])
