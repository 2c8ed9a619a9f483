"""Read a config file; replace it in one step if it still holds what we saw."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posthog_wizard.errors import ChangedMeanwhile, ConfigError, Unreadable, WriteRefused
from posthog_wizard.install.disk import CREATE, READ, Disk
from posthog_wizard.model import Change

PRIVATE = 0o600  # mode of a new file that holds a key
OWN = 0o700  # mode of our own directories
SHARED = 0o666  # any other new file, less the umask
TEMPORARY = ".posthog-wizard"  # the ending of a temporary file

KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
HINTS = {
    errno.ENOSPC: "free some space on that disk, then run the command again",
    errno.EDQUOT: "free some of your disk quota, then run the command again",
    errno.EROFS: "make the file system writable, or name another file with `--config-path`",
    errno.EACCES: "give yourself the right to that file and its folder, then run the command again",
    errno.EPERM: "give yourself the right to that file and its folder, then run the command again",
}


def read(path: Path, disk: Disk) -> bytes | None:
    """What the file holds, links followed; None where there is no file.

    Raises Unreadable for what is no regular file, a dangling link, missing rights and I/O errors. Never waits.
    """
    with refusing(path, Unreadable, "read"):
        return _read(path, disk)[0]


def missing_directories(path: Path, disk: Disk) -> tuple[Path, ...]:
    """The directories that must be made before the file can be, outermost first."""
    missing: list[Path] = []
    for directory in disk.resolve(path).parents:
        try:
            disk.status(directory)
        except FileNotFoundError:
            missing.insert(0, directory)
        else:
            break
    return tuple(missing)


def write(change: Change, disk: Disk, *, private: bool = False) -> None:
    """Replace `change.before` by `change.after` in one step: a reader sees the one or the other, also after a crash.

    Links are followed and kept, mode and owner stay. Directories that are missing are made. A new file is readable
    by its owner alone when it is `private`. Raises ChangedMeanwhile when the file holds something else, WriteRefused
    when the system or the file's mode says no; the file is then as it was.
    """
    with refusing(change.path, WriteRefused, "write"):
        target = _target(change.path, disk)
        if change.after is None:
            _delete(change, target, disk)
        else:
            _replace(change, change.after, target, disk, private=private)


def fill(temporary: Path, after: bytes, old: os.stat_result | None, disk: Disk, *, mode: int) -> None:
    """Write a new file and wait until it is on the medium. Raises OSError."""
    descriptor = disk.open(temporary, CREATE, mode)
    try:
        disk.write(descriptor, after)
        if old is not None:
            disk.keep(descriptor, old)
        disk.flush(descriptor)
    finally:
        disk.close(descriptor)


def own_directory(path: Path, disk: Disk) -> None:
    """Make sure of a directory of ours that nobody else can read. Raises OSError."""
    if missing := missing_directories(path / "any", disk):
        _make(missing[:-1], disk)
        with suppress(FileExistsError):
            disk.make_directory(path, OWN)
    elif stat.S_IMODE(disk.status(path).st_mode) & 0o077:
        disk.restrict(path, OWN)


def remove_empty(directories: tuple[Path, ...], disk: Disk) -> None:
    """Remove those directories, innermost first, as far as they are empty."""
    with suppress(OSError):
        for directory in reversed(directories):
            disk.remove_directory(directory)


def changed(change: Change) -> ChangedMeanwhile:
    """The error of whoever lost the race for a file."""
    return ChangedMeanwhile(
        "another program changed the file in the meantime", "run the command again", path=str(change.path)
    )


@contextmanager
def refusing(path: Path, error: type[ConfigError], verb: str) -> Iterator[None]:
    """The system's refusals in our words."""
    try:
        yield
    except OSError as cause:
        number = cause.errno or 0
        reason = (cause.strerror or str(cause)).lower()
        raise error(f"cannot {verb} the file: {reason}", HINTS.get(number), path=str(path)) from cause


def _replace(change: Change, after: bytes, target: Path, disk: Disk, *, private: bool) -> None:
    made = missing_directories(target, disk)
    old = _check(target, disk, made[0].parent if made else target.parent)
    temporary = target.with_name(f".{target.name}.{os.urandom(8).hex()}{TEMPORARY}")
    try:
        _make(made, disk)
        _sweep(target, disk)
        fill(temporary, after, old, disk, mode=PRIVATE if private or old else SHARED)
        _compare(change, target, disk)
        _exchange(temporary, change, target, disk)
    except BaseException:
        with suppress(OSError):
            disk.remove(temporary)
        remove_empty(made, disk)
        raise
    disk.flush_directory(target.parent)


def _delete(change: Change, target: Path, disk: Disk) -> None:
    _check(target, disk, target.parent)
    _compare(change, target, disk)
    disk.remove(target)
    disk.flush_directory(target.parent)


def _target(path: Path, disk: Disk) -> Path:
    """Where the links lead; a folder is never made behind one that dangles."""
    for part in (path, *path.parents):
        if _status(part, disk) is not None:
            break
        if disk.is_link(part):
            raise _dangling(part, disk.resolve(part), WriteRefused)
    return disk.resolve(path)


def _check(target: Path, disk: Disk, directory: Path) -> os.stat_result | None:
    """The status of the file that is to be replaced, None for a new one; refused when it is protected from us."""
    status = _status(target, disk)
    if status is not None:
        _demand_regular(status, target, WriteRefused)
        _demand_writable(target, status, "file", disk)
    _demand_writable(directory, disk.status(directory), "folder", disk)
    return status


def _demand_writable(path: Path, status: os.stat_result, what: str, disk: Disk) -> None:
    if not disk.may_write(path, status):
        raise WriteRefused(
            f"this {what} is read-only", f"make the {what} writable, or leave this client out", path=str(path)
        )


def _make(directories: tuple[Path, ...], disk: Disk) -> None:
    for directory in directories:
        with suppress(FileExistsError):
            disk.make_directory(directory, 0o777)


def _sweep(target: Path, disk: Disk) -> None:
    """Remove what an earlier run left when it was killed."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}{re.escape(TEMPORARY)}")
    for name in disk.names(target.parent):
        if ours.fullmatch(name):
            with suppress(OSError):
                disk.remove(target.with_name(name))


def _compare(change: Change, target: Path, disk: Disk) -> None:
    """The last look before the replacement: first at the content, then, at once, that it is still the same file."""
    current, status = _read(target, disk)
    if current != change.before or not _same(status, _status(target, disk)):
        raise changed(change)


def _exchange(temporary: Path, change: Change, target: Path, disk: Disk) -> None:
    try:
        disk.replace(temporary, target)
    except FileNotFoundError:  # a wizard with another state directory swept our file, or the folder is gone
        raise changed(change) from None


def _same(one: os.stat_result | None, other: os.stat_result | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
    )


def _status(path: Path, disk: Disk) -> os.stat_result | None:
    try:
        return disk.status(path)
    except FileNotFoundError:
        return None


def _read(path: Path, disk: Disk) -> tuple[bytes | None, os.stat_result | None]:
    try:
        status = disk.status(path)
    except FileNotFoundError:
        if disk.is_link(path):
            raise _dangling(path, disk.resolve(path), Unreadable) from None
        return None, None
    _demand_regular(status, path, Unreadable)  # before opening it, which a device may notice
    descriptor = disk.open(path, READ, 0)
    try:
        return disk.read(descriptor), status
    finally:
        disk.close(descriptor)


def _demand_regular(status: os.stat_result, path: Path, error: type[ConfigError]) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in KINDS if test(status.st_mode)), "something else")
        raise error(f"this is {kind}, not a file", "move it away, or leave this client out", path=str(path))


def _dangling(path: Path, target: Path, error: type[ConfigError]) -> ConfigError:
    return error(
        f"the symbolic link leads to `{target}`, which does not exist",
        "create that file or remove the link",
        path=str(path),
    )
