"""Which file a bare name of a project's entry stands for: never one that the project itself brings."""

from __future__ import annotations

from pathlib import Path

from posthog_wizard.machine import absolute_folders, find_program
from posthog_wizard.model import Machine
from posthog_wizard.plan.servers import SHARED_LAUNCHER


def looked_up(machine: Machine, name: str, path: str) -> Path | None:
    """The first program of that name in absolute folders of this PATH; a relative one is a folder of the project."""
    absolute = absolute_folders(path, machine.os)
    return find_program(machine._replace(environment={**machine.environment, "PATH": absolute}), name)


def in_place_of_ours(machine: Machine, words: tuple[str, ...], path: str, project: Path) -> tuple[str, ...] | None:
    """The words with the path of our program; None where its name is on no PATH.

    In doubt it is the program that runs here: what lies in the project, or leads there, or would be found through a
    relative folder, may be anybody's.
    """
    rest, found = words[len(SHARED_LAUNCHER) :], looked_up(machine, words[0], path)
    doubtful = absolute_folders(path, machine.os) != path
    if found is None and not doubtful:
        return None
    if found is None or doubtful or _is_within(found, project):
        return (*machine.launcher, *rest)
    return (str(found), *rest)


def _is_within(program: Path, project: Path) -> bool:
    """Whether a program lies in the project, or is a link to something there."""
    places = {program.absolute(), program.resolve()}
    return any(place.is_relative_to(root) for place in places for root in (project, project.resolve()))
