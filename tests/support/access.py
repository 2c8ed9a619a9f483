"""Who may use a file, told with Linux' own means: access lists as bytes, and another user who tries."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
from pathlib import Path

NAME = "system.posix_acl_access"  # a file system without them makes these tests fail, loudly
INHERITED = "system.posix_acl_default"
STRANGER = 65534  # `nobody`, on every Linux
ANYBODY = 0xFFFFFFFF
OWNER, USER, OWN_GROUP, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32


def access_list(mode: int, *more: tuple[int, int, int], mask: int = 7) -> bytes:
    """An access list: what `mode` says, a mask, and who else (tag, rights, identity)."""
    usual = ((OWNER, mode >> 6 & 7, ANYBODY), (OWN_GROUP, mode >> 3 & 7, ANYBODY), (MASK, mask, ANYBODY))
    entries = sorted((*usual, *more, (OTHER, mode & 7, ANYBODY)))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def allow(path: Path, rights: int = 4, user: int = STRANGER, mode: int = 0o600, name: str = NAME) -> None:
    """Let one more user at the file."""
    os.setxattr(path, name, access_list(mode, (USER, rights, user)))


def can_read(path: Path, user: int = STRANGER, group: int = STRANGER) -> bool:
    """Whether that user can: the system itself is asked."""
    asked = subprocess.run(
        ["/bin/cat", path], user=user, group=group, extra_groups=[], capture_output=True, check=False
    )
    return asked.returncode == 0


def rights(path: Path) -> tuple[int, int, int, bytes | None]:
    """Mode, owner, group and access list."""
    status = path.stat()
    listed = os.getxattr(path, NAME) if NAME in os.listxattr(path) else None
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, listed
