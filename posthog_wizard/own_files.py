"""Files and folders of ours: what temporary ones are called, and who may use them, whatever the umask says."""

import errno
import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

PRIVATE = 0o600  # mode of a file that holds a key, and of all our own
OWN = 0o700  # mode of our own folders
SHARED = 0o644  # the most that others get of a new file without a key
PARENT = 0o755  # the most that they get of another new folder: a umask of 000 is no wish to share
_TEMPORARY = ".posthog-wizard"  # the ending of a temporary file
_RANDOM = 8  # bytes in such a name, two digits each


_RIGHTS = "give yourself access to that file and its folder, then run the command again"
_HINTS = {
    errno.ENOSPC: "free some space on that disk, then run the command again",
    errno.EDQUOT: "free some of your disk quota, then run the command again",
    errno.EROFS: "make the file system writable, or choose other places, with `--config-path` and the XDG variables",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    # A mount of its own, as containers get single files: nothing can take its name, and writing into it could leave half
    # a file to whoever reads it, or to everybody after a crash.
    errno.EBUSY: "the file is a mount of its own: mount its folder instead, or run the command where the file comes from",
}


def refusal_hint(problem: OSError, path: Path) -> str | None:
    """What helps when the system refuses to read or write the file; None where we know nothing."""
    if problem.errno in {errno.ENOTDIR, errno.EEXIST}:
        return _way_hint(path)
    others = others_hint(path) if problem.errno in {errno.EACCES, errno.EPERM} else None
    return others or _HINTS.get(problem.errno or 0)


def _way_hint(path: Path) -> str | None:
    """How to make room for a folder where something else stands; None for a device, which nobody moves."""
    parts = (part for part in (path, *path.parents) if not part.is_dir())
    in_the_way = next((part for part in parts if part.is_file() or part.is_symlink()), None)
    told = f"a folder has to be where `{in_the_way}` is: move that away, then run the command again"
    return told if in_the_way else None


def others_hint(path: Path) -> str | None:
    """How to get back what belongs to another user, as after `sudo`: all of it below the home; None where it is ours."""
    found: Path | None = None
    home = Path.home()
    for part in (path, *path.parents) if os.name == "posix" else ():
        try:
            owner = part.stat().st_uid
        except OSError:  # not there, or not to be seen
            continue
        ours = owner == os.getuid() or (owner == 0 and not part.is_relative_to(home))
        if ours or (found and home not in part.parents):
            break
        found = part
    if found is None:
        return None
    return f"it belongs to another user: make it yours with `sudo chown -R $USER {shlex.quote(str(found))}`"


@contextmanager
def locked(path: Path, patience: float) -> Iterator[None]:
    """While no other process has that lock file. Raises OSError; TimeoutError after `patience` seconds.

    One rule where the file system has no locks, as some network ones, here and in `install/lock.py`: we go on, for files
    are replaced whole, and say that two runs at the same time can lose what one of them did.
    """
    from filelock import FileLock  # noqa: PLC0415 - 15 to 40 ms, where something is written

    touch(path)
    lock = FileLock(path, timeout=patience, mode=PRIVATE, fallback_to_soft=False)
    try:
        lock.acquire()
    except OSError as problem:
        demand_lockless(problem, path)
    try:
        yield
    finally:
        lock.release()


def demand_lockless(problem: OSError, path: Path) -> None:
    """Say that the file system has no locks, or raise the problem where it is another one."""
    if problem.errno not in {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}:
        raise problem
    _tell_lockless(path.parent)


@cache
def _tell_lockless(folder: Path) -> None:
    import logging  # noqa: PLC0415 - 5 ms, which hardly anybody needs

    told = "`%s` is on a file system without locks: do not run two wizards at the same time"
    logging.getLogger("posthog_wizard").warning(told, folder)


def temporary_name(name: str) -> str:
    """A name beside `name` that nobody has yet. What a killed run leaves is found again by `is_temporary_name`."""
    return f".{name}.{os.urandom(_RANDOM).hex()}{_TEMPORARY}"


def is_temporary_name(name: str, of: str) -> bool:
    """Whether that is a temporary file of ours for `of`. A pattern would have to be compiled for every file."""
    start, digits = f".{of}.", name[len(of) + 2 : -len(_TEMPORARY)]
    return (
        name.startswith(start)
        and name.endswith(_TEMPORARY)
        and len(digits) == 2 * _RANDOM
        and not digits.strip("0123456789abcdef")
    )


def temporary_of(name: str) -> str | None:
    """The name of the file that this temporary file was to become; None where it is none of ours."""
    of = name[1 : -len(_TEMPORARY) - 2 * _RANDOM - 1]
    return of if is_temporary_name(name, of) else None


def create(path: Path, flags: int, mode: int) -> int:
    """Open a file, which is made with at most `mode`; its owner can always read and write it. Raises OSError."""
    descriptor = os.open(path, flags, mode)
    _give_to_owner(descriptor, path)
    bits = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if os.name == "posix" and bits & PRIVATE != PRIVATE:
        os.fchmod(descriptor, bits | PRIVATE)
    return descriptor


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def owner_above(path: Path) -> os.stat_result | None:
    """The nearest folder above, the root aside, that is not root's; None where all are, or we are not root.

    Whoever runs us with `sudo` in their own home could not use what root makes there.
    """
    above = (parent.stat() for parent in path.parents[:-1] if parent.exists()) if _is_root() else ()
    return next((status for status in above if status.st_uid != 0), None)


def _give_to_owner(descriptor: int, path: Path) -> None:
    owner = owner_above(path)
    if owner is not None and os.fstat(descriptor).st_uid == 0:
        with suppress(OSError):  # some file systems have no owners
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def touch(path: Path) -> None:
    """Make sure of a file; a new one is its owner's alone. Raises OSError."""
    os.close(create(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE))


def replace_whole(path: Path, data: bytes, mode: int) -> None:
    """Let a file, which gets at most `mode`, hold `data`: all of it or, when something goes wrong, what it held. Raises OSError."""
    new = path.with_name(temporary_name(path.name))
    try:
        with os.fdopen(create(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Wait until the names in a folder are on the medium, where folders can be opened (not on Windows)."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(path: Path, mode: int) -> None:
    """Make a folder whose parent exists, with at most `mode`; its owner can always use it. Raises OSError."""
    path.mkdir(mode)
    if _is_root():
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        _give_to_owner(descriptor, path)
        os.close(descriptor)
    bits = stat.S_IMODE(path.stat().st_mode)
    if bits & OWN != OWN:
        path.chmod(bits | OWN)


def own_folder(folder: Path) -> None:
    """Make sure of a folder that nobody else can enter, and of those above it. Raises OSError."""
    for missing in reversed([one for one in folder.parents if not one.exists()]):
        _make(missing, PARENT)
    _make(folder, OWN)
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & ~OWN & 0o777:
        folder.chmod(OWN)


def _make(path: Path, mode: int) -> None:
    try:
        make_folder(path, mode)
    except FileExistsError:
        if not path.is_dir():
            raise
