"""Which clients are on this machine, by real evidence, and which files they read."""

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path, PurePosixPath

from posthog_wizard.clients.paths import expand_path, first_path
from posthog_wizard.errors import ConfigError, Unreadable
from posthog_wizard.install import files
from posthog_wizard.install.access import open_to_others
from posthog_wizard.install.disk import this_disk
from posthog_wizard.launcher import PROGRAM
from posthog_wizard.machine import find_program
from posthog_wizard.model import Client, Found, Machine, Place, Scope


def detect(
    clients: Iterable[Client], machine: Machine, scope: Scope = "user", *, without: Collection[Path] = ()
) -> tuple[Found, ...]:
    """Every place of every client in that scope, read. A client without evidence keeps its first place.

    A client that has no file in that scope gives nothing, and so do files that are known, `without` which it is asked.
    """
    project = project_root(machine.working_directory) if scope == "project" else None
    places = ((client, *place) for client in clients for place in _places(client, machine, scope, project))
    return tuple(
        _read(client, place, path, evidence) for client, place, path, evidence in places if path not in without
    )


def at_path(client: Client, path: Path, scope: Scope) -> Found:
    """The client as if its file were `path`: the user said so. The client has a file in that scope.

    Of several ways in which the client spells entries, that of the place whose usual path is most like `path`.
    """

    def likeness(place: Place) -> int:  # names at its end that are those of one of the place's paths
        usual = (PurePosixPath(template).parts[::-1] for templates in place.paths.values() for template in templates)
        return max(
            sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(parts, path.parts[::-1], strict=False)))
            for parts in usual
        )

    place = max((place for place in client.places if place.scope == scope), key=likeness)
    return _read(client, place, path, (f"--config-path {path}",))


def project_root(folder: Path) -> Path:
    """The nearest folder upwards with `.git`, else the folder itself."""
    return next((parent for parent in (folder, *folder.parents) if os.path.lexists(parent / ".git")), folder)


def shadowing_programs(folder: Path) -> Iterator[Path]:
    """Files of our program's name in this folder of a project, which would run where an entry names ours without a path.

    Windows, and the clients on it, look for a bare name in the current folder before the PATH, and clients start servers in
    the project: https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
    """
    endings = ("", ".exe", ".com", ".bat", ".cmd", ".ps1")  # what can be started there without any setting up
    return (path for ending in endings if os.path.lexists(path := folder / f"{PROGRAM}{ending}"))


def project_of(place: Place, path: Path) -> Path | None:
    """The folder that a project's file must not lead out of; None for a file of the user's own."""
    if place.scope != "project":
        return None
    tails = (PurePosixPath(template).parts[1:] for templates in place.paths.values() for template in templates)
    tail = next((tail for tail in tails if path.parts[-len(tail) :] == tail), None)
    return path.parents[len(tail) - 1] if tail else project_root(path.parent)


def evidence_of(client: Client, machine: Machine) -> tuple[str, ...]:
    """What proves that the client is installed: paths that exist; empty when nothing does."""
    found = [path for place in client.places for path in _signs(place, machine)]
    for template in client.evidence.get(machine.os, ()):
        found += _existing(expand_path(template, machine))
    for folder in machine.application_directories:
        found += (folder / name for name in client.applications if os.path.lexists(folder / name))
    found += filter(None, (find_program(machine, name) for name in client.binaries))
    return tuple(str(path) for path in dict.fromkeys(found))


def _places(
    client: Client, machine: Machine, scope: Scope, project: Path | None
) -> Iterator[tuple[Place, Path, tuple[str, ...]]]:
    evidence = evidence_of(client, machine)
    candidates = [
        (place, path) for place in client.places if place.scope == scope for path in _paths(place, machine, project)
    ]
    real = [(place, path) for place, path in candidates if _is_real(place, path, machine, evidence)]
    private = [(place, path) for place, path in real if place.exclusive]
    for place, path in private or real or candidates[:1]:
        yield place, path, evidence


def _read(client: Client, place: Place, path: Path, evidence: tuple[str, ...]) -> Found:
    disk, root = this_disk(), project_of(place, path)
    try:
        if root is not None:
            files.demand_within(path, root, disk, Unreadable)
        content = files.read_file(path, disk)
    except ConfigError as problem:
        return Found(client, place, path, None, evidence, problem)
    exposed = False
    with suppress(OSError):  # gone meanwhile: then nobody reads it
        exposed = content is not None and open_to_others(path, disk)
    return Found(client, place, path, content, evidence, open_to_others=exposed)


def _is_real(place: Place, path: Path, machine: Machine, evidence: tuple[str, ...]) -> bool:
    """Whether the client has this file, or would make it; of several that it reads as one, those that are there."""
    made = place.scope == "project" or (evidence and any(_signs(place, machine)))
    return os.path.lexists(path) or (not place.merged and bool(made))


def _paths(place: Place, machine: Machine, project: Path | None) -> list[Path]:
    """The place's path, or paths: a `*` must match something that exists, up to where it stands."""
    path = first_path(place.paths.get(machine.os, ()), machine, project)
    if path is None or "*" not in str(path):
        return [] if path is None else [path]
    starred = next(parent for parent in reversed((path, *path.parents)) if "*" in parent.name)
    rest = path.relative_to(starred)
    # Among folders macOS keeps a `.DS_Store`; pathlib fails where we may not look.
    matches = [
        match / rest
        for match in sorted(starred.parent.glob(starred.name))
        if not (rest.parts and os.path.isfile(match))  # noqa: PTH113
    ]
    return sorted(matches, key=lambda one: not one.is_file())[:1] if place.exclusive else matches


def _signs(place: Place, machine: Machine) -> Iterator[Path]:
    """What shows that this place is in use: one of its directories, or the file itself."""
    if place.scope != "user":
        return
    for path in (*_directories(place, machine), *_paths(place, machine, None)):
        yield from _existing(path)


def _directories(place: Place, machine: Machine) -> tuple[Path, ...]:
    """The directories that show this place in use: those that its row names, else the file's own."""
    named = place.directories.get(machine.os)
    folder = first_path(named, machine) if named is not None else None
    usual = (path.parent for path in _paths(place, machine, None)) if named is None else ()
    return tuple(one for one in (folder, *usual) if one is not None)


def _existing(path: Path | None) -> Iterator[Path]:
    """The path, or what matches it, as far as we may look; `Path.exists` would fail where we may not."""
    if path is None:
        return
    if "*" in path.name:
        yield from sorted(path.parent.glob(path.name))
    elif os.path.lexists(path):
        yield path


def looked_for(client: Client, machine: Machine) -> str:
    """The places and programs that would have proved the client installed, as a person reads them."""
    places = [folder for place in client.places if place.scope == "user" for folder in _directories(place, machine)]
    programs = [f"`{name}` on the PATH" for name in client.binaries]
    return ", ".join([*(f"`{folder}`" for folder in dict.fromkeys(places)), *programs])
