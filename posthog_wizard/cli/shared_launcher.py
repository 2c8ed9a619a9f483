"""Entries in a project's file start our program by its name alone, for the file goes to other people's machines."""

from __future__ import annotations

from posthog_wizard.cli import output
from posthog_wizard.errors import NotSupported
from posthog_wizard.install.detect import project_root
from posthog_wizard.install.shadowing_programs import shadowing_programs
from posthog_wizard.machine import PROGRAM, find_program
from posthog_wizard.model import Machine
from posthog_wizard.plan.servers import SHARED_LAUNCHER

_INSTALL = "`uv tool install posthog-wizard` or `pipx install posthog-wizard`"


def shared_launcher(machine: Machine) -> tuple[str, ...]:
    """The words that start our program on every machine that has the project. Raises NotSupported for an impostor."""
    impostor = next(shadowing_programs(project_root(machine.working_directory)), None)
    if impostor is not None:
        raise NotSupported(
            f"`{impostor}` would be started in our place on Windows, which looks into the project's folder first",
            "rename or remove it",
        )
    if find_program(machine, PROGRAM) is None:
        output.warn(f"`{PROGRAM}` is not on your PATH, where the project's entries look for it: {_INSTALL}")
    output.say(
        f"everybody who opens the project needs `{PROGRAM}` on the PATH ({_INSTALL}) and a key: `{PROGRAM} key set`"
    )
    return SHARED_LAUNCHER
