"""One wizard at a time."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from posthog_wizard.errors import WriteRefused
from posthog_wizard.install.disk import LOCK, Disk
from posthog_wizard.install.lock import WAIT, hold, jittered
from tests.support.disks import TimelessDisk, before_call, failing
from tests.support.machines import machine


def held(path: Path, text: bytes) -> int:
    """The lock, in somebody else's hands."""
    path.parent.mkdir()
    descriptor = os.open(path, LOCK, 0o600)
    os.write(descriptor, text)
    assert Disk().lock(descriptor)
    return descriptor


def test_is_private_and_names_its_holder(tmp_path: Path) -> None:
    with hold(machine(tmp_path), Disk(), "mcp add"):
        lock = tmp_path / "state/lock"
        assert lock.read_text().strip() == f"process {os.getpid()} (`mcp add`)"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (lock.parent, lock)] == [0o700, 0o600]


def test_can_be_had_again_and_again(tmp_path: Path) -> None:
    disk = TimelessDisk()
    with hold(machine(tmp_path), disk, "one"):
        pass
    with hold(machine(tmp_path), disk, "another"):
        pass
    assert disk.pauses == []


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"process 12 (`mcp add`)" + b" " * 100, r"process 12 \(`mcp add`\) has had"), (b"", "does not say its name")],
)
def test_gives_up_after_ten_seconds_and_names_the_other(tmp_path: Path, text: bytes, said: str) -> None:
    other = held(tmp_path / "state/lock", text)
    disk = TimelessDisk()
    with pytest.raises(WriteRefused, match=said) as error, hold(machine(tmp_path), disk, "mcp add"):
        pytest.fail("the lock was had twice")
    os.close(other)
    assert error.value.path == str(tmp_path / "state/lock")
    assert WAIT <= disk.now < WAIT + 1


def test_waits_until_the_other_is_done(tmp_path: Path) -> None:
    other = held(tmp_path / "state/lock", b"")
    disk = before_call("sleep", lambda: os.close(other), nth=5)
    with hold(machine(tmp_path), disk, "mcp add"):
        assert len(disk.pauses) == 5


@pytest.mark.parametrize(
    ("operation", "number", "said"),
    [
        ("make_directory", errno.EROFS, "cannot write the file: read-only file system"),
        ("open", errno.EACCES, "cannot write the file: permission denied"),
        ("lock", errno.EIO, "cannot lock the file: input/output error"),
    ],
)
def test_says_why_there_is_no_lock(tmp_path: Path, operation: str, number: int, said: str) -> None:
    with (
        pytest.raises(WriteRefused, match=said),
        hold(machine(tmp_path), failing(operation, number), "mcp add"),
    ):
        pytest.fail("the lock was had")


def test_is_given_back_when_something_goes_wrong(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold(machine(tmp_path), Disk(), "mcp add"):
        raise KeyError
    with hold(machine(tmp_path), TimelessDisk(), "mcp add"):
        pass


def test_goes_on_where_the_file_system_has_no_locks(tmp_path: Path) -> None:
    with hold(machine(tmp_path), failing("lock", errno.ENOLCK), "mcp add"):
        assert (tmp_path / "state/lock").exists()


def test_waiting_times_differ() -> None:
    waits = [jittered(1.0) for _ in range(50)]
    assert len(set(waits)) > 10
    assert (min(waits) >= 0.5, max(waits) <= 1.5) == (True, True)
