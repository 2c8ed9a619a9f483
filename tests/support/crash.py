"""Kill a wizard at every one of its calls to the disk, and tell what it left: `python -m tests.support.crash SCENARIO ROOT`.

Every kill point is a child process of its own that ends itself with SIGKILL right before its n-th call, or in the
middle of a write. There are two copies of each: in one the journal takes the run back, in the other it is run again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import NothingFound
from posthog_wizard.install.apply import apply
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import History, Run, read_history
from posthog_wizard.install.undo import Undo, plan_undo
from tests.support.disks import MeddledDisk, TimelessDisk
from tests.support.machines import machine
from tests.support.plans import add

OLD = b'{\n  // mine\n  "mcpServers": {"other": {"url": "https://example.com"}}\n}\n'
LARGE = OLD + b" " * 1_100_000


class DeadlyDisk(MeddledDisk):
    """The process dies before its n-th call. A write counts twice: before it, and when half of it is there."""

    def __init__(self, deadly: int = 0) -> None:
        super().__init__(self.count)
        self.deadly = deadly
        self.points: list[str] = []

    def count(self, name: str, arguments: tuple[Any, ...]) -> None:
        self._point(name)
        if name == "write":
            self._point("half a write", lambda: os.write(arguments[0], arguments[1][: len(arguments[1]) // 2]))

    def _point(self, name: str, last_deed: Callable[[], object] = lambda: None) -> None:
        self.points.append(name)
        if len(self.points) == self.deadly:
            last_deed()
            os.kill(os.getpid(), signal.SIGKILL)


class Scenario(NamedTuple):
    """A file, and what is done to it."""

    file: str
    prepare: Callable[[Path], object]
    act: Callable[[Path, Disk], object]


def put(root: Path, disk: Disk) -> None:
    """`mcp add`."""
    apply(add(next(root.glob("*.json"), root / "a/b/mcp.json")), machine(root), command="mcp add", disk=disk)


def take_back_the_last(root: Path, disk: Disk) -> None:
    """`mcp undo`."""
    with suppress(NothingFound):
        take_back(root, history(root), history(root).last(), disk)


def take_back(root: Path, past: History, run: Run, disk: Disk) -> None:
    here = machine(root)
    with suppress(NothingFound):  # killed while it wrote its first line
        plan = plan_undo(Undo(run, here, disk, CLIENTS), past)
        apply(plan, here, command="mcp undo", disk=disk, undoes=run.change_id)


def history(root: Path) -> History:
    return read_history(machine(root), Disk())


def text(content: bytes) -> Callable[[Path], object]:
    return lambda root: (root / "mcp.json").write_bytes(content)


def link(root: Path) -> None:
    (root / "dotfiles").mkdir()
    (root / "dotfiles/real").write_bytes(OLD)
    (root / "mcp.json").symlink_to("dotfiles/real")


def added(root: Path) -> None:
    put(root, TimelessDisk())


SCENARIOS = {
    "change": Scenario("mcp.json", text(OLD), put),
    "create": Scenario("a/b/mcp.json", lambda _root: None, put),
    "link": Scenario("mcp.json", link, put),
    "large": Scenario("mcp.json", text(LARGE), put),
    "undo": Scenario("a/b/mcp.json", added, take_back_the_last),
}


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def killed(scenario: Scenario, root: Path, point: int) -> bool:
    """Whether the wizard died at that point; False: there are not that many."""
    root.mkdir()
    scenario.prepare(root)
    child = os.fork()
    if child == 0:
        scenario.act(root, DeadlyDisk(point))
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def leftovers(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*.posthog-wizard")]


def side(now: bytes | None, old: bytes | None, new: bytes | None) -> str:
    return {old: "old", new: "new"}.get(now, "torn")


def story(scenario: Scenario, root: Path) -> list[dict[str, Any]]:
    """What was found at every kill point."""
    (root / "whole").mkdir()
    scenario.prepare(root / "whole")
    old = content(root / "whole" / scenario.file)
    disk = DeadlyDisk()
    scenario.act(root / "whole", disk)
    new = content(root / "whole" / scenario.file)
    return [_point(scenario, root, number, name, old, new) for number, name in enumerate(disk.points, 1)]


def _point(
    scenario: Scenario, root: Path, number: int, name: str, old: bytes | None, new: bytes | None
) -> dict[str, Any]:
    one, other = root / f"{number}-back", root / f"{number}-again"
    told: dict[str, Any] = {"point": name, "killed": killed(scenario, one, number)}
    before = len(history(one).runs) - (scenario.act is take_back_the_last)
    told["found"] = side(content(one / scenario.file), old, new)
    told["remembered"], told["left"] = before, leftovers(one)
    for run in history(one).runs[-1:] if before else ():
        take_back(one, history(one), run, TimelessDisk())
    told["after undo"], told["left after undo"] = side(content(one / scenario.file), old, new), leftovers(one)
    killed(scenario, other, number)
    scenario.act(other, TimelessDisk())
    told["after another run"], told["left after that"] = (
        side(content(other / scenario.file), old, new),
        leftovers(other),
    )
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(story(SCENARIOS[sys.argv[1]], Path(sys.argv[2]))))
