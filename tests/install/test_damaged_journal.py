"""A journal that was cut, or in which a byte is another: undo takes the right run back, or refuses and says which file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Unreadable
from posthog_wizard.install import journal
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import read_history
from posthog_wizard.install.key_purge import purge_key
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Machine, Secret, Stored
from tests.support.disks import TimelessDisk
from tests.support.machines import KEY
from tests.support.plans import add, remove, together
from tests.support.undoing import do, undo

pytestmark = pytest.mark.unfollowed
_Runs = Callable[[Machine, Path], bytes]  # two runs, and what the file shall hold when the right one is taken back


def two_runs(here: Machine, path: Path) -> bytes:
    do(here, add(path, "one"))
    before = path.read_bytes()
    do(here, add(path, "two"))
    return before


def one_that_was_taken_back(here: Machine, path: Path) -> bytes:
    before = path.read_bytes()
    do(here, add(path, "one"))
    do(here, add(path, "two"))
    undo(here)
    return before


def several_steps(here: Machine, path: Path) -> bytes:
    do(here, add(path, "one"))
    do(here, add(path, "two"))
    before = path.read_bytes()
    do(here, together(add(path.with_name("other.json")), remove(path, "one")))
    return before


def a_key_taken_out(here: Machine, path: Path) -> bytes:
    do(here, add(path))
    before = path.read_bytes()
    do(here, add(path, key=Stored()))
    purge_key(here, Secret(KEY), "keyring:default", "https://us.posthog.com")
    return before


class DamagedDisk(TimelessDisk):
    """One file reads as another text."""

    def __init__(self, file: Path, text: bytes) -> None:
        super().__init__()
        self.file, self.text, self.opened = file, text, -1

    def open(self, path: Path, flags: int, mode: int) -> int:
        descriptor = super().open(path, flags, mode)
        self.opened = descriptor if path == self.file else -1
        return descriptor

    def read(self, descriptor: int, start: int | None = None) -> bytes:
        return self.text if descriptor == self.opened else super().read(descriptor, start)


def taken_back(here: Machine, path: Path, disk: Disk) -> bytes | None:
    """What the file would hold afterwards; None where undo refuses."""
    try:
        history = read_history(here, disk)
        plan = plan_undo(Undo(history.last(), here, disk, CLIENTS, save=False), history)
    except Unreadable:
        return None
    if any(one.outcome == "failed" for one in plan.resolved):
        return None
    return next((step.change.after for step in plan.steps if step.change.path == path), b"nothing was done to it")


def damaged(data: bytes) -> Iterator[bytes]:
    """The text cut at every byte, and with every byte replaced: by one with another bit, or by the end of a line."""
    for at in range(len(data)):
        yield data[:at]
        yield (
            data[:at] + (b"\n" if at % 9 == 8 and data[at] != 10 else bytes([data[at] ^ 1 << at % 8])) + data[at + 1 :]
        )


def afterwards(here: Machine, path: Path, file: Path) -> set[bytes | None]:
    """What undo does with each damage to one of the runs."""
    return {taken_back(here, path, DamagedDisk(file, text)) for text in damaged(file.read_bytes())}


@pytest.mark.parametrize("age", [-1, -2])
@pytest.mark.parametrize("runs", [two_runs, one_that_was_taken_back, several_steps, a_key_taken_out])
def test_undo_takes_the_right_run_back_or_refuses(here: Machine, path: Path, runs: _Runs, age: int) -> None:
    path.write_bytes(b'{"mcpServers": {"mine": {"command": "x"}}}\n')
    right = runs(here, path)
    (file,) = sorted(journal.folder(here).glob("*.jsonl"))[age:][:1]
    assert taken_back(here, path, TimelessDisk()) == (right if runs is not a_key_taken_out else None)
    assert afterwards(here, path, file) <= {right, None}
