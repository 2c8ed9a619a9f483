"""Replace a file in one step, if it still holds what we saw."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from posthog_wizard.errors import ChangedMeanwhile, WriteRefused
from posthog_wizard.install import files
from posthog_wizard.install.disk import Disk
from posthog_wizard.model import Change

SHARED = 0o666  # mode of a new file without a key, less the umask
TEMPORARY = ".posthog-wizard"  # the ending of a temporary file
HEXADECIMAL = "0123456789abcdef"
RANDOM = 8  # bytes in such a name, two digits each
IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


def swap(change: Change, disk: Disk, *, private: bool = False) -> None:
    """Replace `change.before` by `change.after`: a reader sees the one or the other, also after a crash.

    Links are followed and kept, mode and owner stay. Directories that are missing are made. A new file is readable
    by its owner alone when it is `private`. Raises ChangedMeanwhile when the file holds something else, WriteRefused
    when the system or the file's mode says no; the file is then as it was.
    """
    with files.refusing(change.path, WriteRefused, "write"):
        target = _target(change.path, disk)
        if change.after is None:
            _delete(change, target, disk)
        else:
            _replace(change, change.after, target, disk, private=private)
        disk.flush_directory(target.parent)


def changed(path: Path) -> ChangedMeanwhile:
    """The error of whoever lost the race for a file."""
    return ChangedMeanwhile("another program changed the file in the meantime", "run the command again", path=str(path))


def leftovers(path: Path, disk: Disk) -> tuple[Path, ...]:
    """Temporary files of runs that were killed while they wrote this file; none where nobody can look."""
    target = disk.resolve(path)
    with suppress(OSError):
        return tuple(target.with_name(name) for name in disk.names(target.parent) if _is_leftover(name, target.name))
    return ()


def _is_leftover(name: str, of: str) -> bool:
    """Whether that is the name of a temporary file of ours. A pattern would have to be compiled for every file."""
    start, digits = f".{of}.", name[len(of) + 2 : -len(TEMPORARY)]
    return (
        name.startswith(start)
        and name.endswith(TEMPORARY)
        and len(digits) == 2 * RANDOM
        and not digits.strip(HEXADECIMAL)
    )


def sweep(path: Path, disk: Disk) -> None:
    """Remove the leftovers, as far as that is possible. Only for who has the lock: others may be writing."""
    for leftover in leftovers(path, disk):
        with suppress(OSError):
            disk.remove(leftover)


def remove_empty(directories: tuple[Path, ...], disk: Disk) -> None:
    """Remove those directories, innermost first, as far as they are empty."""
    with suppress(OSError):
        for directory in reversed(directories):
            disk.remove_directory(directory)


def _replace(change: Change, after: bytes, target: Path, disk: Disk, *, private: bool) -> None:
    made = files.missing_directories(target, disk)
    old = _check(change.path, target, made[0].parent if made else target.parent, disk)
    temporary = target.with_name(f".{target.name}.{os.urandom(RANDOM).hex()}{TEMPORARY}")
    try:
        files.make_directories(made, disk)
        files.fill(temporary, after, disk, mode=files.PRIVATE if private or old else SHARED, like=old)
        _compare(change, target, disk)
        _exchange(temporary, target, change.path, disk)
    except BaseException:
        with suppress(OSError):
            disk.remove(temporary)
        remove_empty(made, disk)
        raise


def _delete(change: Change, target: Path, disk: Disk) -> None:
    _check(change.path, target, target.parent, disk)
    _compare(change, target, disk)
    disk.remove(target)


def _target(path: Path, disk: Disk) -> Path:
    """Where the links lead; a folder is never made behind one that dangles."""
    for part in (path, *path.parents):
        if files.status_of(part, disk) is not None:
            break
        if disk.is_link(part):
            raise files.dangling(part, disk, WriteRefused).at(path)
    return disk.resolve(path)


def _check(path: Path, target: Path, directory: Path, disk: Disk) -> os.stat_result | None:
    """The status of the file that is to be replaced, None for a new one; refused when it is protected from us."""
    status = files.status_of(target, disk)
    if status is not None:
        files.demand_regular(path, status, WriteRefused)
        _demand_writable(path, target, status, "the file", disk)
    _demand_writable(path, directory, disk.status(directory), "the folder", disk)
    return status


def _demand_writable(path: Path, part: Path, status: os.stat_result, what: str, disk: Disk) -> None:
    if not disk.may_write(part, status):
        message = f"{what} `{part}` is read-only"
        raise WriteRefused(message, f"make {what} writable, or leave this client out", path=str(path))


def _compare(change: Change, target: Path, disk: Disk) -> None:
    """The last look before the replacement: first at the content, then, at once, that it is still the same file."""
    current, status = files.read_with_status(target, disk)
    if current != change.before or _identity(status) != _identity(files.status_of(target, disk)):
        raise changed(change.path)


def _exchange(temporary: Path, target: Path, path: Path, disk: Disk) -> None:
    try:
        disk.replace(temporary, target)
    except FileNotFoundError:  # a wizard with another state directory swept our file, or the folder is gone
        raise changed(path) from None


def _identity(status: os.stat_result | None) -> tuple[int, ...]:
    return tuple(getattr(status, name) for name in IDENTITY) if status else ()
