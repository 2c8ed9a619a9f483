"""Files of ours that nobody else may read: read whole, replaced whole.

A key file that others can read is refused, not repaired: somebody may have read it, which its owner must know.
"""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posthog_wizard.errors import StoreUnusable
from posthog_wizard.own_files import PRIVATE, own_folder, refusal_hint, replace_whole

_OTHERS = 0o077
_ATTEMPTS = 5  # how often a file is written that another wizard's sweep takes for a killed run's
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither links that anybody may make, nor modes


def read_private(path: Path) -> bytes | None:
    """What the file holds; None where there is none. Raises StoreUnusable for a link, and for what others can read."""
    with store_errors(path, "read"):
        try:
            descriptor = os.open(path, os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            _demand_private(path, os.fstat(file.fileno()))
            return file.read()


def replace_private(path: Path, data: bytes) -> None:
    """Let the file hold `data`: all of it or, when something goes wrong, what it held. Raises StoreUnusable."""
    with store_errors(path, "write"):
        own_folder(path.parent)
        if path.is_symlink():
            raise _link(path)
        for _ in range(_ATTEMPTS - 1):
            with suppress(FileNotFoundError):
                return replace_whole(path, data, PRIVATE)
        return replace_whole(path, data, PRIVATE)


@contextmanager
def store_errors(path: Path, verb: str) -> Iterator[None]:
    """The system's refusals in our words."""
    try:
        yield
    except OSError as problem:
        if path.is_symlink():
            raise _link(path) from problem
        reason = (problem.strerror or str(problem)).lower()
        hint = refusal_hint(problem, path) or "give yourself access to that file and its folder, then try again"
        raise StoreUnusable(f"cannot {verb} `{path}`: {reason}", hint) from problem


def _demand_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise StoreUnusable(f"`{path}` is not a regular file, so no key is read from it", "move it away")
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "posix" and mode & _OTHERS:
        raise StoreUnusable(
            f"`{path}` can be read by other users of this machine (mode {mode:o}), so no key is read from it",
            f"run `chmod 600 {shlex.quote(str(path))}`, and rotate the key if others may have seen it",
        )


def _link(path: Path) -> StoreUnusable:
    return StoreUnusable(
        f"`{path}` is a symbolic link, and keys are never kept behind one", "replace it with a regular file"
    )
