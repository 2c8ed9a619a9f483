"""Read a config file, and say in our words why the system does not let us."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posthog_wizard.errors import ConfigError, Unreadable
from posthog_wizard.install.disk import READ, Disk
from posthog_wizard.own_files import OWN, PARENT, refusal_hint

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_file(path: Path, disk: Disk) -> bytes | None:
    """What the file holds, links followed; None where there is no file.

    Raises Unreadable for what is no regular file, a dangling link, missing rights and I/O errors. Never waits.
    """
    with system_errors(path, Unreadable, "read"):
        return content_at(path, disk)


def content_at(path: Path, disk: Disk) -> bytes | None:
    """The same. Raises OSError for the system's refusals."""
    status = status_of(path, disk)
    if status is None:
        if disk.is_link(path):
            raise dangling(path, disk, Unreadable)
        return None
    demand_regular(path, status, Unreadable)  # before opening it, which a device may notice
    descriptor = disk.open(path, READ, 0)
    try:
        return disk.read(descriptor)
    finally:
        disk.close(descriptor)


def status_of(path: Path, disk: Disk) -> os.stat_result | None:
    """The status of what the path leads to, None when there is nothing. Raises OSError."""
    try:
        return disk.stat(path)
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


def make_directories(directories: tuple[Path, ...], disk: Disk, mode: int = PARENT) -> None:
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
        disk.chmod(path, OWN)


# ------------------------------------------------------------------ errors


@contextmanager
def system_errors(path: Path, error: type[ConfigError], verb: str) -> Iterator[None]:
    """The system's refusals in our words."""
    try:
        yield
    except OSError as cause:
        reason = (cause.strerror or str(cause)).lower()
        raise error(f"cannot {verb} the file: {reason}", refusal_hint(cause, path), path=str(path)) from cause


def demand_regular(path: Path, status: os.stat_result, error: type[ConfigError]) -> None:
    """Raise the error for everything that is no regular file."""
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _KINDS if test(status.st_mode)), "something else")
        raise error(f"this is {kind}, not a file", "move it away, then run the command again", path=str(path))


def demand_within(path: Path, root: Path, disk: Disk, error: type[ConfigError]) -> None:
    """Raise the error where links lead from the path, which is in a project, out of it.

    Whoever wrote the project chose where they lead: into a file of the user's own, for one.
    """
    target = disk.resolve(path)
    if not target.is_relative_to(disk.resolve(root)):
        raise error(
            f"a link leads out of the project, to `{target}`, and was not followed",
            "replace the link by a file, or change the other file itself with `--scope user` or `--config-path`",
            path=str(path),
        )


def dangling(path: Path, disk: Disk, error: type[ConfigError]) -> ConfigError:
    """The error for a link that leads nowhere."""
    return error(
        f"the symbolic link leads to `{disk.resolve(path)}`, which does not exist",
        "create that file or remove the link",
        path=str(path),
    )
