"""Read a config file, and say in our words why the system does not let us."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posthog_wizard.errors import ConfigError, Unreadable
from posthog_wizard.install.disk import CREATE, READ, Disk

PRIVATE = 0o600  # mode of a file that holds a key, and of all our own
OWN = 0o700  # mode of our own directories
ANYBODY = 0o777  # mode of other new directories, less the umask

KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
RIGHTS = "give yourself the right to that file and its folder, then run the command again"
HINTS = {
    errno.ENOSPC: "free some space on that disk, then run the command again",
    errno.EDQUOT: "free some of your disk quota, then run the command again",
    errno.EROFS: "make the file system writable, or name another file with `--config-path`",
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
}


def read(path: Path, disk: Disk) -> bytes | None:
    """What the file holds, links followed; None where there is no file.

    Raises Unreadable for what is no regular file, a dangling link, missing rights and I/O errors. Never waits.
    """
    with refusing(path, Unreadable, "read"):
        return read_with_status(path, disk)[0]


def read_with_status(path: Path, disk: Disk) -> tuple[bytes | None, os.stat_result | None]:
    """The same with the file's status from before reading. Raises OSError for the system's refusals."""
    status = status_of(path, disk)
    if status is None:
        if disk.is_link(path):
            raise dangling(path, disk, Unreadable)
        return None, None
    demand_regular(path, status, Unreadable)  # before opening it, which a device may notice
    descriptor = disk.open(path, READ, 0)
    try:
        return disk.read(descriptor), status
    finally:
        disk.close(descriptor)


def status_of(path: Path, disk: Disk) -> os.stat_result | None:
    """The status of what the path leads to, None when there is nothing. Raises OSError."""
    try:
        return disk.status(path)
    except FileNotFoundError:
        return None


def missing_directories(target: Path, disk: Disk) -> tuple[Path, ...]:
    """The directories that must be made before the file can be, outermost first. Raises OSError.

    `target` is a path without links.
    """
    missing: list[Path] = []
    for directory in target.parents:
        if status_of(directory, disk) is not None:
            break
        missing.insert(0, directory)
    return tuple(missing)


def make_directories(directories: tuple[Path, ...], disk: Disk, mode: int = ANYBODY) -> None:
    """Make those directories, outermost first, unless somebody else just did. Raises OSError."""
    for directory in directories:
        with suppress(FileExistsError):
            disk.make_directory(directory, mode)


def own_directory(path: Path, disk: Disk) -> None:
    """Make sure of a directory of ours that nobody else can read. Raises OSError."""
    status = status_of(path, disk)
    if status is None:
        make_directories(missing_directories(disk.resolve(path), disk), disk)
        make_directories((path,), disk, OWN)
    elif stat.S_IMODE(status.st_mode) & 0o077:
        disk.restrict(path, OWN)


def fill(path: Path, data: bytes, disk: Disk, *, mode: int, like: os.stat_result | None = None) -> None:
    """Write a new file, of another's owner and mode, and wait until it is on the medium. Raises OSError."""
    descriptor = disk.open(path, CREATE, mode)
    try:
        disk.write(descriptor, data)
        if like is not None:
            _keep(descriptor, like, disk)
        disk.flush(descriptor)
    finally:
        disk.close(descriptor)


def _keep(descriptor: int, old: os.stat_result, disk: Disk) -> None:
    """Owner, group and mode, in this order, since giving a file away clears some of its bits."""
    new = disk.state(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        disk.give(descriptor, old.st_uid, old.st_gid)
    disk.allow(descriptor, stat.S_IMODE(old.st_mode))


# ------------------------------------------------------------------ errors


@contextmanager
def refusing(path: Path, error: type[ConfigError], verb: str) -> Iterator[None]:
    """The system's refusals in our words."""
    try:
        yield
    except OSError as cause:
        reason = (cause.strerror or str(cause)).lower()
        raise error(f"cannot {verb} the file: {reason}", HINTS.get(cause.errno or 0), path=str(path)) from cause


def demand_regular(path: Path, status: os.stat_result, error: type[ConfigError]) -> None:
    """Raise the error for everything that is no regular file."""
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in KINDS if test(status.st_mode)), "something else")
        raise error(f"this is {kind}, not a file", "move it away, or leave this client out", path=str(path))


def dangling(path: Path, disk: Disk, error: type[ConfigError]) -> ConfigError:
    """The error for a link that leads nowhere."""
    return error(
        f"the symbolic link leads to `{disk.resolve(path)}`, which does not exist",
        "create that file or remove the link",
        path=str(path),
    )
