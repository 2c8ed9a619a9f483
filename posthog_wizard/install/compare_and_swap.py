"""Replace a file in one step, if it still holds what we saw.

Hard links are replaced, as git and npm do it, and that is said: writing in place would change what backups hold under
other names, and leave half a text to all of them after a crash. A file that is a mount of its own is refused.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.errors import ChangedMeanwhile, WriteRefused
from posthog_wizard.install import files
from posthog_wizard.install.access import keep_access
from posthog_wizard.install.disk import CREATE, Disk
from posthog_wizard.model import Change
from posthog_wizard.own_files import PRIVATE, SHARED, others_hint, refusal_hint, temporary_name

_IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


class Terms(NamedTuple):
    """What a replacement keeps to, beside the content."""

    private: bool = False  # a new file is readable by its owner alone
    mode: int | None = None  # the mode that a file gets which is there; None: the one that it has
    within: Path | None = None  # the folder that the file must not lead out of
    flushed: bool = True  # wait until the name is on the medium, too; a run does that for all of its files at once


_ANYWHERE = Terms()


def compare_and_swap(change: Change, disk: Disk, terms: Terms = _ANYWHERE) -> tuple[str, ...]:
    """Replace `change.before` by `change.after`: a reader sees the one or the other, also after a crash.

    Links are followed and kept; owner, mode, access list and attributes stay, and what of them cannot be kept is what
    this returns, as half sentences. Directories that are missing are made. Raises ChangedMeanwhile when the file holds
    something else, WriteRefused when the system or the file's mode says no, or it leads out of `terms.within`; the
    file is then as it was.
    """
    with files.system_errors(change.path, WriteRefused, "write"):
        if terms.within is not None:
            files.demand_within(change.path, terms.within, disk, WriteRefused)
        target = _target(change.path, disk)
        if change.after is None:
            lost = _delete(change, target, disk)
        else:
            lost = _replace(change, change.after, target, disk, terms)
        if terms.flushed:
            disk.fsync_directory(target.parent)
        return lost


def changed(path: Path) -> ChangedMeanwhile:
    """The error of whoever lost the race for a file."""
    return ChangedMeanwhile("another program changed the file in the meantime", "run the command again", path=str(path))


def remove_empty(directories: tuple[Path, ...], disk: Disk) -> None:
    """Remove those directories, innermost first, as far as they are empty."""
    with suppress(OSError):
        for directory in reversed(directories):
            disk.remove_directory(directory)


def _replace(change: Change, after: bytes, target: Path, disk: Disk, terms: Terms) -> tuple[str, ...]:
    made = files.missing_directories(target, disk)
    old = _check(change.path, target, made[0].parent if made else target.parent, disk)
    temporary = target.with_name(temporary_name(target.name))
    try:
        files.make_directories(made, disk)
        descriptor = disk.open(temporary, CREATE, PRIVATE if terms.private or old else SHARED)
        try:
            lost = keep_access(descriptor, target, old, disk, mode=terms.mode) if old else ()  # while it is empty
            disk.write(descriptor, after)
            disk.fsync(descriptor)
        finally:
            disk.close(descriptor)
        _compare(change, target, old, disk)
        try:
            disk.replace(temporary, target)
        except FileNotFoundError:  # a wizard with another state directory swept our file, or the folder is gone
            raise changed(change.path) from None
    except BaseException:
        with suppress(OSError):
            disk.remove(temporary)
        remove_empty(made, disk)
        raise
    return (*_other_names(old), *lost)


def _delete(change: Change, target: Path, disk: Disk) -> tuple[str, ...]:
    old = _check(change.path, target, target.parent, disk)
    _compare(change, target, old, disk)
    disk.remove(target)
    return _other_names(old)


def _other_names(old: os.stat_result | None) -> tuple[str, ...]:
    others = old.st_nlink - 1 if old else 0
    if others < 1:
        return ()
    names = "another name" if others == 1 else f"{others} other names"
    return (f"the file had {names} (hard links), where the old text stays: link them anew, or change them, too",)


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
    _demand_writable(path, directory, disk.stat(directory), "the folder", disk)
    return status


def _demand_writable(path: Path, part: Path, status: os.stat_result, what: str, disk: Disk) -> None:
    if not disk.may_write(part, status):
        message = f"{what} `{part}` is read-only"
        helps = refusal_hint(OSError(errno.EROFS, ""), part) if disk.is_read_only(part) else others_hint(part)
        raise WriteRefused(message, helps or f"make {what} writable, or leave this client out", path=str(path))


def _compare(change: Change, target: Path, old: os.stat_result | None, disk: Disk) -> None:
    """The last look before the replacement: first at the content, then, at once, that it is still the same file.

    That is the one whose access we have kept, and no link leads elsewhere meanwhile.
    """
    current = files.content_at(target, disk)
    same = _identity(old) == _identity(files.status_of(target, disk))
    if current != change.before or not same or disk.resolve(change.path) != target:
        raise changed(change.path)


def _identity(status: os.stat_result | None) -> tuple[int, ...]:
    return tuple(getattr(status, name) for name in _IDENTITY) if status else ()
