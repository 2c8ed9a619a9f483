"""What differs on Windows, seen from POSIX."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from posthog_wizard.install import disk as disks
from posthog_wizard.install.compare_and_swap import compare_and_swap
from posthog_wizard.install.disk import APPEND, CREATE, LOCK, PATIENCE, READ, Disk, WindowsDisk, this_disk
from posthog_wizard.model import Change
from tests.support.disks import BusyWindowsDisk, FakeLocking, OpenElsewhereDisk, SharingViolationError

OLD, NEW = b"old", b"new"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mcp.json"
    path.write_bytes(OLD)
    path.chmod(0o644)
    return path


def test_this_system_is_posix() -> None:
    assert type(this_disk()) is Disk


@pytest.mark.parametrize("winerror", [5, 32, 33, None])
@pytest.mark.parametrize("times", [1, 3, 20])
def test_windows_waits_until_others_close_the_file(path: Path, winerror: int | None, times: int) -> None:
    disk = BusyWindowsDisk(winerror, times)
    compare_and_swap(Change(path, OLD, NEW), disk)
    assert (path.read_bytes(), len(disk.pauses)) == (NEW, times)


@pytest.mark.parametrize(
    "act",
    [
        lambda disk, path: disk.open(path, READ, 0),
        lambda disk, path: disk.replace(path, path.with_name("other")),
        lambda disk, path: disk.remove(path),
    ],
)
def test_windows_gives_up_after_two_seconds(path: Path, act: Callable[[Disk, Path], object]) -> None:
    disk = BusyWindowsDisk(32, 10_000)
    with pytest.raises(SharingViolationError):
        act(disk, path)
    assert PATIENCE <= disk.now < PATIENCE + 0.1
    assert path.read_bytes() == OLD


@pytest.mark.parametrize(("disk", "error"), [(BusyWindowsDisk(19, 1), 19), (OpenElsewhereDisk(32, 1), 32)])
def test_other_refusals_and_other_systems_do_not_wait(path: Path, disk: OpenElsewhereDisk, error: int) -> None:
    with pytest.raises(SharingViolationError) as refusal:
        disk.replace(path, path.with_name("other"))
    assert (refusal.value.winerror, disk.pauses) == (error, [])


def test_windows_keeps_its_hands_off_modes_owners_and_directories(path: Path) -> None:
    disk = WindowsDisk()
    descriptor = os.open(path, os.O_RDWR)
    disk.fchmod(descriptor, 0o600)
    disk.fchown(descriptor, 4242, 4242)
    disk.chmod(path, 0o600)
    disk.fsync_directory(path.parent)
    disk.close(descriptor)
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid) == (0o644, os.getuid())


@pytest.mark.parametrize(
    ("disk", "bits", "is_folder", "allowed"),
    [
        (WindowsDisk(), 0o444, False, False),
        (WindowsDisk(), 0o555, True, True),  # the attribute only marks a folder as customised
        (WindowsDisk(), 0o644, False, True),
        (Disk(), 0o444, False, False),
        (Disk(), 0o555, True, False),
        (Disk(), 0o755, True, True),
    ],
)
def test_what_read_only_means(path: Path, disk: Disk, bits: int, is_folder: bool, allowed: bool) -> None:
    target = path.parent if is_folder else path
    target.chmod(bits)
    assert disk.may_write(target, target.stat()) is allowed


@pytest.mark.parametrize(("taken", "locked"), [(False, True), (True, False)])
def test_windows_locks_a_byte_behind_the_text(path: Path, taken: bool, locked: bool) -> None:
    """So that who waits can read who holds it."""
    locking = FakeLocking(taken=taken)
    disk = WindowsDisk(locking)
    descriptor = disk.open(path, LOCK, 0)
    assert disk.lock(descriptor) is locked
    assert (locking.calls, disk.read(descriptor)) == ([(disks.LOCKED_BYTE, 1)], OLD)
    disk.close(descriptor)


def test_windows_has_its_own_module_for_locks(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    with pytest.raises(ModuleNotFoundError, match="msvcrt"):
        WindowsDisk().lock(descriptor)
    os.close(descriptor)


def test_a_file_can_be_given_to_whom_it_belongs(path: Path) -> None:
    """To others only root can give it."""
    disk = Disk()
    descriptor = disk.open(path, READ, 0)
    status = disk.fstat(descriptor)
    disk.fchown(descriptor, status.st_uid, status.st_gid)
    assert (disk.fstat(descriptor).st_uid, disk.fstat(descriptor).st_gid) == (status.st_uid, status.st_gid)
    disk.close(descriptor)


def test_a_directory_that_cannot_be_flushed_is_no_failure(path: Path) -> None:
    Disk().fsync_directory(path.parent)
    Disk().fsync_directory(path / "not even a directory")
    assert path.read_bytes() == OLD


def test_a_lock_is_had_once_and_given_back_on_closing(path: Path) -> None:
    disk = Disk()
    one, other = disk.open(path, LOCK, 0), disk.open(path, LOCK, 0)
    assert (disk.lock(one), disk.lock(other)) == (True, False)
    disk.close(one)
    assert disk.lock(other)
    disk.close(other)


def test_a_descriptor_that_is_none_cannot_be_locked(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        Disk().lock(descriptor)


@pytest.mark.parametrize("size", [0, 1, 1 << 24, (1 << 24) + 1])
def test_reads_all_of_it(path: Path, size: int) -> None:
    path.write_bytes(b"x" * size)
    disk = Disk()
    descriptor = disk.open(path, READ, 0)
    assert len(disk.read(descriptor)) == size
    disk.close(descriptor)


def test_writes_all_of_it_however_small_the_pieces() -> None:
    """A pipe holds 64 KiB, so the writer is interrupted many times."""
    reading, writing = os.pipe()
    data = bytes(range(256)) * 4096

    def write() -> None:
        Disk().write(writing, data)
        os.close(writing)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(write)
        assert Disk().read(reading) == data
        done.result(timeout=10)
    os.close(reading)


def test_a_new_file_is_really_new_and_an_old_one_only_grows(path: Path) -> None:
    disk = Disk()
    with pytest.raises(FileExistsError):
        disk.open(path, CREATE, 0o600)
    descriptor = disk.open(path, APPEND, 0)
    disk.write(descriptor, b"er")
    disk.close(descriptor)
    assert path.read_bytes() == b"older"


def test_the_clock_goes_on(path: Path) -> None:
    disk = Disk()
    start = disk.monotonic()
    disk.sleep(0.001)
    assert disk.monotonic() > start
    assert disk.age(path.stat()) < 60
