"""Who can get at a file beside its owner, and that a new file in its place lets in nobody else.

What protects a file (owner, access lists) is kept or the write is refused; what does not (attributes) is said when it
is lost. A group that cannot be kept leaves the new one no more than everybody had. Who can read is asked for the file
and every folder up to the root; a folder's group does not count when its owner is alone in it, as in Ubuntu's homes
(0750). On macOS `fcopyfile` does the copying; on Windows a new file has the rights of its folder.
"""

import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.errors import WriteRefused
from posthog_wizard.install.disk import Disk

_READ, _ENTER = 4, 1
_RIGHTS = "system."  # attributes that say who may do what: access lists of Linux, NFS and others
# Sums of the old content that the kernel would not find in the new one: https://ima-doc.readthedocs.io
_SUMS = ("security.ima", "security.evm")
# https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/include/uapi/linux/posix_acl_xattr.h
_VERSION = b"\x02\x00\x00\x00"
_ENTRY = struct.Struct("<HHI")
_USER, _OWN_GROUP, _GROUP, _MASK, _OTHER = 0x02, 0x04, 0x08, 0x10, 0x20


class _Grant(NamedTuple):
    """What somebody else than the owner may do with a file: rwx as a number, and who, as an access list says it."""

    tag: int
    rights: int
    identity: int


def open_to_others(path: Path, disk: Disk) -> bool:
    """Whether other users than its owner (and root) can really read a file: by its own rights, and by every folder's above.

    The file's own group counts whoever is in it today; a folder's group does not when its owner is alone in it.
    Raises OSError.
    """
    if not disk.keeps_modes():
        return False
    target = disk.resolve(path)
    return _lets(target, _READ, disk) and all(_lets(folder, _ENTER, disk, alone=True) for folder in target.parents)


def _lets(path: Path, right: int, disk: Disk, *, alone: bool = False) -> bool:
    status = disk.stat(path)
    grants = [grant for grant in _grants(status, disk.access_list(path)) if grant.rights & right]
    return any(
        not (alone and grant.tag == _OWN_GROUP and disk.is_private_group(status.st_uid, status.st_gid))
        for grant in grants
        if grant.tag != _USER or grant.identity not in {0, status.st_uid}
    )


def _grants(status: os.stat_result, access_list: bytes | None) -> Iterator[_Grant]:
    mode = status.st_mode
    if access_list is None or not access_list.startswith(_VERSION) or (len(access_list) - len(_VERSION)) % _ENTRY.size:
        yield _Grant(_OTHER, mode & 7, 0)
        yield _Grant(_OWN_GROUP, mode >> 3 & 7, status.st_gid)
        return
    entries = [_Grant(*entry) for entry in _ENTRY.iter_unpack(access_list[len(_VERSION) :])]
    mask = next((entry.rights for entry in entries if entry.tag == _MASK), 7)
    for entry in entries:
        if entry.tag in {_USER, _OWN_GROUP, _GROUP}:
            yield entry._replace(rights=entry.rights & mask)
        elif entry.tag == _OTHER:
            yield entry


# ------------------------------------------------------------------ a new file in an old one's place


def keep_access(
    descriptor: int, path: Path, old: os.stat_result, disk: Disk, *, mode: int | None = None
) -> tuple[str, ...]:
    """Give the new file, still empty, the owner, attributes and mode (or `mode`) of the old one; what could not be kept.

    Nobody gains a right: where owner or access list cannot be kept, WriteRefused is raised, where the group cannot, the
    new one gets no more than everybody has. In this order, since giving a file away clears bits, and an access list
    sets some. Raises OSError.
    """
    bits, lost = stat.S_IMODE(old.st_mode), []
    if not _give(descriptor, path, old, disk):
        bits = for_another_group(bits)
        lost.append("its group could not be kept, so the new one may do no more than everybody")
    lost += _keep_attributes(descriptor, path, disk)
    if mode is None:
        disk.fchmod(descriptor, bits)
    elif not _close(descriptor, mode, disk):
        lost.append(
            "its mode could not be changed, so other users can read the key there; `--secret store` keeps it out"
        )
    return tuple(lost)


def for_another_group(bits: int) -> int:
    """The mode bits that give nobody more than they had when the file is another group's: what all had, for all."""
    shared = bits >> 3 & bits & 7
    return bits & 0o700 | shared << 3 | shared


def _give(descriptor: int, path: Path, old: os.stat_result, disk: Disk) -> bool:
    """Whether the new file has owner and group of the old one."""
    new = disk.fstat(descriptor)
    if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid):
        return True
    try:
        disk.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        if new.st_uid != old.st_uid:
            raise WriteRefused(
                "the file belongs to another user, and would be yours afterwards",
                "run the command as that user, or make the file yours first, with `sudo chown`",
            ) from None
        if any(name.startswith(_RIGHTS) for name in disk.attributes(path)):
            raise WriteRefused(
                "the file has an access list for a group that you are not in, which would change its meaning",
                "give the file to a group of yours, with `chgrp`, then run the command again",
            ) from None
        return False
    return True


def _keep_attributes(descriptor: int, path: Path, disk: Disk) -> list[str]:
    """What a folder hands down to new files, and the old one did not have, goes: it would let somebody in."""
    old, new = disk.attributes(path), disk.attributes(descriptor)
    for name in new:
        if name.startswith(_RIGHTS) and name not in old:
            disk.drop_attribute(descriptor, name)
    lost: list[str] = []
    for name in (name for name, value in old.items() if new.get(name) != value and name not in _SUMS):
        try:
            disk.set_attribute(descriptor, name, old[name])
        except OSError as problem:
            if name.startswith(_RIGHTS):
                raise WriteRefused(
                    f"the file's access list could not be kept: {(problem.strerror or '').lower()}",
                    "take the list away first, with `setfacl -b`, or leave this client out",
                ) from problem
            lost.append(f"its extended attribute {name!a} could not be kept")
    disk.copy_attributes(path, descriptor)
    return lost


def _close(descriptor: int, mode: int, disk: Disk) -> bool:
    """Whether the file is no more open than that: some file systems have no modes, and not all of them say so."""
    try:
        disk.fchmod(descriptor, mode)
    except PermissionError:
        return False
    return not disk.fstat(descriptor).st_mode & 0o077 & ~mode
