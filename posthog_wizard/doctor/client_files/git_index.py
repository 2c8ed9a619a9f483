"""Does git track a file? Read from the repository's index, without starting git in a folder of strangers.

The format: https://git-scm.com/docs/index-format
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

_HEADER = struct.Struct(">4sII")  # signature, version, number of entries
_FIXED = 62  # bytes of an entry before its name: ten 32-bit numbers, the object's SHA-1, 16 bits of flags
_EXTENDED = 0x4000
_COMPRESSED = 4  # the version that leaves out what a name has in common with the one before
_LARGEST = 200_000_000  # bytes of an index that is still read
# Beside `.git`, yadm's and other bare ones whose tree is the home: https://www.atlassian.com/git/tutorials/dotfiles
_REPOSITORIES = (".git", ".cfg", ".dotfiles", ".local/share/yadm/repo.git")
_LONGEST_PATH = 65_536  # bytes; systems stop at 4,096 to 32,767


def is_tracked(path: Path) -> bool:
    """Whether the nearest repository above the file, or one of dotfiles below that, has it in its index.

    A repository that cannot be read: no.
    """
    for root in path.parents:
        name = os.fsencode(path.relative_to(root).as_posix())
        if any(_holds(root / repository, name) for repository in _REPOSITORIES):
            return True
        if (root / ".git").exists():
            break
    return False


def _holds(repository: Path, name: bytes) -> bool:
    try:
        index = _directory(repository) / "index"
        if not index.is_file() or index.stat().st_size > _LARGEST:  # a device never ends, a pipe never begins
            return False
        return any(tracked == name for tracked in tracked_paths(index.read_bytes()))
    except (OSError, ValueError, struct.error, IndexError):
        return False


def _directory(git: Path) -> Path:
    """The repository's directory; in a worktree or a submodule `.git` is a file that names it."""
    if git.is_dir():
        return git
    if not git.is_file():
        raise ValueError("no file that names a directory")
    with git.open(encoding="utf-8") as file:
        named = Path(file.read(_LONGEST_PATH).removeprefix("gitdir:").strip())
    return named if named.is_absolute() else git.parent / named


def tracked_paths(index: bytes) -> Iterator[bytes]:
    """The tracked paths, relative to the repository's root. Raises ValueError for what is no index of SHA-1."""
    signature, version, count = _HEADER.unpack_from(index)
    if signature != b"DIRC" or version not in {2, 3, _COMPRESSED}:
        raise ValueError("not an index that is known")
    at, name = _HEADER.size, b""
    for _ in range(count):
        flags = int.from_bytes(index[at + _FIXED - 2 : at + _FIXED], "big")
        start = at + _FIXED + (2 if flags & _EXTENDED else 0)
        if version == _COMPRESSED:
            cut, start = _number(index, start)
            end = index.index(b"\0", start)
            name, at = name[: len(name) - cut] + index[start:end], end + 1
        else:
            end = index.index(b"\0", start)
            name, at = index[start:end], at + (end - at + 8) // 8 * 8
        if len(name) > _LONGEST_PATH:  # each one builds on the one before
            raise ValueError("no path is so long")
        yield name


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable width, as in pack files' offsets, and where it ends."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
