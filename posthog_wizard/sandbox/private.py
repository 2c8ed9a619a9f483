"""The sandbox's folder and files, which no other user of this machine can read or change: 0600 in 0700.

Its rows hold other servers' keys, and the key that opens it. What belongs to somebody else or is reached by a link may
lead elsewhere, or change behind our back: it is refused. What is ours and was too wide is narrowed. Windows has no
modes, but a profile's folder that its owner alone can read.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from posthog_wizard.errors import WizardError
from posthog_wizard.own_files import OWN, PRIVATE, own_folder

_POSIX = os.name == "posix"


def claim(directory: Path) -> None:
    """Make sure that a folder, the one above it and all that stands in it are this user's alone; it is made where there is none.

    Raises WizardError for what is not to be trusted, OSError for the system's refusals.
    """
    for folder in (directory.parent, directory):
        if not os.path.lexists(folder):  # what a link leads to is not narrowed
            own_folder(folder)
        _narrow(folder)
    for path in directory.iterdir():
        with suppress(FileNotFoundError):  # another process was done with it
            _narrow(path)


def _narrow(path: Path) -> None:
    status = path.lstat()
    kind = status.st_mode
    faults = (
        (stat.S_ISLNK(kind), "it is a symbolic link", "move what it leads to into its place, or delete the link"),
        (not stat.S_ISREG(kind) and not stat.S_ISDIR(kind), "it is neither a file nor a folder", "move it away"),
        (
            _POSIX and status.st_uid != os.geteuid(),
            f"it belongs to another user (number {status.st_uid})",
            "run this as that user, or rename it: the next start makes a new one",
        ),
        (
            stat.S_ISREG(kind) and status.st_nlink > 1,
            "it has a second name somewhere (a hard link)",
            "put a copy of it into its place",
        ),
    )
    for applies, what, hint in faults:
        if applies:
            raise WizardError(f"the sandbox is not kept in `{path}`: {what}", hint)
    most, mode = OWN if stat.S_ISDIR(kind) else PRIVATE, stat.S_IMODE(kind)
    if _POSIX and mode & ~most:
        path.chmod(mode & most)
