"""The one seam to the operating system's files: everything that can fail, differ by system, or take time.

`Disk` is POSIX, `WindowsDisk` what is different there. Tests put their own in its place: one that is full, one that
dies at its n-th call.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

from posthog_wizard.own_files import create, flush_folder, make_folder

_Result = TypeVar("_Result")

READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
APPEND = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_ACCESS_LIST = "system.posix_acl_access"  # https://man7.org/linux/man-pages/man5/acl.5.html
_NO_ATTRIBUTES = (errno.ENOTSUP, errno.ENOSYS)  # some file systems
LOCK = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Disk:
    """A POSIX system. Every method raises OSError as the system does."""

    def resolve(self, path: Path) -> Path:
        """The path with every symbolic link followed; the last part need not exist."""
        return Path(os.path.realpath(path))

    def stat(self, path: Path) -> os.stat_result:
        """Of what the path leads to, links followed."""
        return path.stat()

    def is_link(self, path: Path) -> bool:
        """Whether the path itself is a symbolic link, dangling or not."""
        return path.is_symlink()

    def listdir(self, directory: Path) -> list[str]:
        """What stands in a directory, in no order."""
        return os.listdir(directory)  # noqa: PTH208 - names are wanted, not paths

    def open(self, path: Path, flags: int, mode: int) -> int:
        """A descriptor. Never waits for the other end of a pipe when `flags` are READ."""
        return create(path, flags, mode) if flags & os.O_CREAT else os.open(path, flags, mode)

    def read(self, descriptor: int, start: int | None = None) -> bytes:
        """Everything from `start`, or the descriptor's position, to the end."""
        if start is not None:
            os.lseek(descriptor, start, os.SEEK_SET)
        return FileIO(descriptor, closefd=False).readall()

    def write(self, descriptor: int, data: bytes) -> None:
        """All of `data`, in as many goes as the system needs."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def truncate(self, descriptor: int, size: int) -> None:
        """Keep the first `size` bytes of an open file."""
        os.ftruncate(descriptor, size)

    def fstat(self, descriptor: int) -> os.stat_result:
        """The status of an open file."""
        return os.fstat(descriptor)

    def fchown(self, descriptor: int, user: int, group: int) -> None:
        """Make the open file somebody's."""
        os.fchown(descriptor, user, group)

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Set the mode bits of the open file."""
        os.fchmod(descriptor, mode)

    def fsync(self, descriptor: int) -> None:
        """Wait until the open file's content is on the medium."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Give the descriptor back, and with it every lock on it."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Give the file a new name, in one step, over what has that name now."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def make_directory(self, path: Path, mode: int) -> None:
        """Make one directory whose parent exists."""
        make_folder(path, mode)

    def remove_directory(self, path: Path) -> None:
        """Remove a directory that is empty."""
        path.rmdir()

    def chmod(self, path: Path, mode: int) -> None:
        """Set the mode bits of a file or directory of ours."""
        path.chmod(mode)

    def fsync_directory(self, path: Path) -> None:
        """Wait until the names in a directory are on the medium, where the file system can do that."""
        flush_folder(path)

    def may_write(self, path: Path, status: os.stat_result) -> bool:
        """Whether the mode bits and the system let us write a file or into a directory; for root the bits count too."""
        return bool(stat.S_IMODE(status.st_mode) & 0o222) and os.access(path, os.W_OK)

    def is_read_only(self, path: Path) -> bool:
        """Whether the file system takes no writing at all; of a path that is not there, the folder's above."""
        here = next((part for part in (path, *path.parents) if part.exists()), None)
        return here is not None and hasattr(os, "statvfs") and bool(os.statvfs(here).f_flag & os.ST_RDONLY)

    def keeps_modes(self) -> bool:
        """Whether mode bits say who may do what."""
        return True

    def access_list(self, path: Path) -> bytes | None:
        """Linux' access list of what the path leads to; None where it has none, or none that can be read."""
        with suppress(OSError, AttributeError):
            return os.getxattr(path, _ACCESS_LIST)
        return None

    def attributes(self, file: Path | int) -> dict[str, bytes]:
        """The extended attributes of a file, access lists among them; empty where they cannot be told one by one."""
        try:
            return {name: os.getxattr(file, name) for name in self.names_of_attributes(file)}
        except OSError as error:
            if error.errno in _NO_ATTRIBUTES:
                return {}
            raise

    def names_of_attributes(self, file: Path | int) -> list[str]:
        """Those that the system lets us see."""
        return os.listxattr(file) if hasattr(os, "listxattr") else []

    def set_attribute(self, descriptor: int, name: str, value: bytes) -> None:
        """Give the open file an extended attribute."""
        os.setxattr(descriptor, name, value)

    def drop_attribute(self, descriptor: int, name: str) -> None:
        """Take an extended attribute from the open file."""
        os.removexattr(descriptor, name)

    def copy_attributes(self, path: Path, descriptor: int) -> None:
        """Give the open file the attributes of another all at once, where they cannot be told one by one."""

    def is_private_group(self, user: int, group: int) -> bool:
        """Whether a group has no member but that user: the one that many systems make for everybody.

        https://man7.org/linux/man-pages/man5/login.defs.5.html (USERGROUPS_ENAB)
        """
        import grp  # noqa: PLC0415 - there is none on Windows
        import pwd  # noqa: PLC0415 - as above

        try:
            person, circle = pwd.getpwuid(user), grp.getgrgid(group)
        except KeyError:
            return False
        return (person.pw_gid, person.pw_name) == (group, circle.gr_name) and {*circle.gr_mem} <= {person.pw_name}

    def lock(self, descriptor: int) -> bool:
        """Take the lock of an open file, which lasts until it is closed or we die. False: another process has it."""
        import fcntl  # noqa: PLC0415 - there is none on Windows

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def monotonic(self) -> float:
        """A clock that never goes back."""
        return time.monotonic()

    def age(self, status: os.stat_result) -> float:
        """Seconds since the file was last written."""
        return time.time() - status.st_mtime

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


# Access denied, sharing violation, lock violation: what an open handle answers. None: `os.open` gives no code at all.
_SHARING_VIOLATIONS = (5, 32, 33, None)
PATIENCE = 2.0  # seconds that scanners, indexers and sync programs get to close a file
_PAUSE = 0.02
_COPY_ACCESS_LIST, _COPY_ATTRIBUTES = 1 << 0, 1 << 2  # COPYFILE_ACL and COPYFILE_XATTR of macOS' copyfile.h
LOCKED_BYTE = 1 << 30  # far behind the text, which other processes may then read; a byte past the end can be locked


class WindowsDisk(Disk):
    """Windows: rights come from the profile's folder, directories are not flushed, and an open file cannot be replaced.

    `locking` is the module `msvcrt`. Codes:
    https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--0-499-
    """

    def __init__(self, locking: Any = None) -> None:
        self._locking = locking

    def fchown(self, descriptor: int, user: int, group: int) -> None:
        """Nothing: the new file inherits the owner and the rights of its folder."""

    def fchmod(self, descriptor: int, mode: int) -> None:
        """Nothing, as above."""

    def chmod(self, path: Path, mode: int) -> None:
        """Nothing: the profile's folder is readable by its owner alone."""

    def fsync_directory(self, path: Path) -> None:
        """Nothing: a directory cannot be opened, and NTFS journals names by itself."""

    def may_write(self, path: Path, status: os.stat_result) -> bool:
        """The read-only attribute counts for files; on a folder it only marks it as customised."""
        return stat.S_ISDIR(status.st_mode) or super().may_write(path, status)

    def keeps_modes(self) -> bool:
        """They mean nothing here: the rights of the profile's folder protect what is in it."""
        return False

    def open(self, path: Path, flags: int, mode: int) -> int:
        """As on POSIX, after others have let go of the file."""
        return self._insist(lambda: super(WindowsDisk, self).open(path, flags, mode))

    def replace(self, source: Path, target: Path) -> None:
        """As on POSIX, after others have let go of both files."""
        self._insist(lambda: super(WindowsDisk, self).replace(source, target))

    def remove(self, path: Path) -> None:
        """As on POSIX, after others have let go of the file."""
        self._insist(lambda: super(WindowsDisk, self).remove(path))

    def lock(self, descriptor: int) -> bool:
        """As on POSIX, by one byte of the file."""
        locking = self._locking or import_module("msvcrt")
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            locking.locking(descriptor, locking.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def _insist(self, act: Callable[[], _Result]) -> _Result:
        """Do it again for `PATIENCE` seconds while another program has the file open."""
        deadline = self.monotonic() + PATIENCE
        while True:
            try:
                return act()
            except PermissionError as error:
                if getattr(error, "winerror", None) not in _SHARING_VIOLATIONS or self.monotonic() > deadline:
                    raise
            self.sleep(_PAUSE)


class MacDisk(Disk):
    """macOS, where Python tells nothing of access lists (`chmod +a`) and extended attributes.

    `copying` is the system's library with fcopyfile (https://keith.github.io/xcode-man-pages/copyfile.3.html). Who may
    read a file is judged by its mode alone here.
    """

    def __init__(self, copying: Any = None) -> None:
        self._copying = copying

    def copy_attributes(self, path: Path, descriptor: int) -> None:
        """The access list and the extended attributes."""
        import ctypes  # noqa: PLC0415 - nothing else needs it

        library = self._copying or ctypes.CDLL(None, use_errno=True)
        source = os.open(path, READ)
        try:
            if library.fcopyfile(source, descriptor, None, _COPY_ACCESS_LIST | _COPY_ATTRIBUTES) < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(source)


def this_disk() -> Disk:
    """The one of the system that we run on."""
    disks: dict[str, type[Disk]] = {"win32": WindowsDisk, "darwin": MacDisk}
    return disks.get(sys.platform, Disk)()
