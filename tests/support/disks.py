"""Disks on which things go wrong, or on which time passes as told."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from posthog_wizard.install.disk import Disk, WindowsDisk


class TimelessDisk(Disk):
    """Waiting costs nothing; files are old. `pauses` tells how long was waited, all together in `now`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.old = 3600.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def age(self, status: os.stat_result) -> float:
        return self.old


class MeddledDisk(TimelessDisk):
    """Before every call, `meddle(name, arguments)` happens: it may raise, write a file, count, or kill."""

    def __init__(self, meddle: Callable[[str, tuple[Any, ...]], None]) -> None:
        super().__init__()
        self.meddle = meddle
        self.acted = 0

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name in vars(Disk) and not name.startswith("_"):

            def call(*arguments: Any) -> Any:
                self.meddle(name, arguments)
                return value(*arguments)

            return call
        return value


def failing(name: str, number: int, *, on: str = "") -> MeddledDisk:
    """A disk whose operation `name` always fails with that errno, for paths that contain `on`."""
    assert name in vars(Disk)  # or nothing would ever fail

    def meddle(operation: str, arguments: tuple[Any, ...]) -> None:
        if operation == name and on in str(arguments[0] if arguments else ""):
            raise OSError(number, os.strerror(number))

    return MeddledDisk(meddle)


def before_call(name: str, act: Callable[[], object], *, nth: int = 1, times: int = 1) -> MeddledDisk:
    """A disk on which `act` happens right before the n-th call of `name` and `times - 1` more; `acted` counts."""
    assert name in vars(Disk)  # or it would never happen
    calls = 0

    def meddle(operation: str, _arguments: tuple[Any, ...]) -> None:
        nonlocal calls
        if operation == name:
            calls += 1
            if nth <= calls < nth + times:
                disk.acted += 1
                act()

    disk = MeddledDisk(meddle)
    return disk


def after_replacing(path: Path, act: Callable[[], object]) -> MeddledDisk:
    """A disk on which `act` happens once, right after a file has taken this name."""
    replaced = False

    def meddle(operation: str, arguments: tuple[Any, ...]) -> None:
        nonlocal replaced
        if replaced and not disk.acted:
            disk.acted += 1
            act()
        replaced = replaced or (operation == "replace" and arguments[1] == path)

    disk = MeddledDisk(meddle)
    return disk


class SharingViolationError(PermissionError):
    """What Windows answers while another program has the file open."""

    def __init__(self, winerror: int | None) -> None:
        super().__init__(errno.EACCES, "the process cannot access the file because it is being used")
        self.winerror = winerror


class OpenElsewhereDisk(TimelessDisk):
    """Another program has every file open, for the next `times` calls."""

    def __init__(self, winerror: int | None, times: int) -> None:
        super().__init__()
        self.error, self.left = winerror, times

    def _refuse(self) -> None:
        self.left -= 1
        if self.left >= 0:
            raise SharingViolationError(self.error)

    def replace(self, source: Path, target: Path) -> None:
        self._refuse()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._refuse()
        super().remove(path)

    def open(self, path: Path, flags: int, mode: int) -> int:
        self._refuse()
        return super().open(path, flags, mode)


class BusyWindowsDisk(WindowsDisk, OpenElsewhereDisk):
    """Windows, with another program that has every file open for the next `times` calls."""

    def __init__(self, winerror: int | None = 32, times: int = 0, locking: object = None) -> None:
        WindowsDisk.__init__(self, locking)
        OpenElsewhereDisk.__init__(self, winerror, times)


class FakeLocking:
    """The module `msvcrt` as far as we use it. `taken`: another process has the byte."""

    LK_NBLCK = 2

    def __init__(self, *, taken: bool = False) -> None:
        self.taken = taken
        self.calls: list[tuple[int, int]] = []

    def locking(self, descriptor: int, mode: int, length: int) -> None:
        self.calls.append((os.lseek(descriptor, 0, os.SEEK_CUR), length))
        if self.taken:
            raise OSError(errno.EACCES, "locked")
