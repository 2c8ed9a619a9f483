"""Entries in a project's file start our program by its name alone, for the file goes to other people's machines.

Windows, and clients on it, look for a bare name in the current folder before the PATH, and clients start servers in the
project: a program of our name that lies there would run instead, so nothing is written while one does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from posthog_wizard.cli import output
from posthog_wizard.errors import NotSupported
from posthog_wizard.install.detect import project_root
from posthog_wizard.machine import PROGRAM, find_program
from posthog_wizard.model import Machine
from posthog_wizard.plan.servers import SHARED_LAUNCHER

ENDINGS = ("", ".exe", ".com", ".bat", ".cmd", ".ps1")  # PATHEXT's usual ones that need no setting up
INSTALL = "`uv tool install posthog-wizard` or `pipx install posthog-wizard`"


def impostors(folder: Path) -> Iterator[Path]:
    """Programs in this folder that Windows would start for our name."""
    return (path for ending in ENDINGS if os.path.lexists(path := folder / f"{PROGRAM}{ending}"))


def shared_launcher(machine: Machine) -> tuple[str, ...]:
    """The words that start our program on every machine that has the project. Raises NotSupported for an impostor."""
    impostor = next(impostors(project_root(machine.working_directory)), None)
    if impostor is not None:
        raise NotSupported(
            f"`{impostor}` would be started in our place on Windows, which looks into the project's folder first",
            "rename or remove it",
        )
    if find_program(machine, PROGRAM) is None:
        output.warn(f"`{PROGRAM}` is not on your PATH, where the project's entries look for it: {INSTALL}")
    output.say(
        f"everybody who opens the project needs `{PROGRAM}` on the PATH ({INSTALL}) and a key: `{PROGRAM} key set`"
    )
    return SHARED_LAUNCHER
