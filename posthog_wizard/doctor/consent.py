"""What a user allows after seeing it: entries of a project's file, for one run. What was shown is what runs.

A bare name of such an entry never stands for a program that the project itself brings.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from posthog_wizard.doctor import intent
from posthog_wizard.doctor.client_files.client_environment import client_environment
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.install.detect import project_root
from posthog_wizard.machine import absolute_folders, find_program
from posthog_wizard.model import Machine, Stdio
from posthog_wizard.plan.servers import SHARED_LAUNCHER

_Known = tuple[Path, str, str]
Consent = Mapping[_Known, tuple[str, ...] | None]
"""Entries, each known by all that it says, and the words that its command stood for when it was shown."""


def strangers(context: Context) -> tuple[Entry, ...]:
    """The entries that the user can allow, with the programs that they would start."""
    open_to_it = [one for one in context.doubted if one.doubt and one.doubt.stranger and not one.switched_off]
    return tuple(one._replace(program=_program(one, context.machine)) for one in open_to_it)


def shown(entry: Entry) -> Iterator[str]:
    """Everything that a person must know before saying yes."""
    yield intent.plain_text(f"{entry.client.title}, {entry.found.path}, entry {entry.name}")
    yield from intent.intent_lines(entry)


def consent_to(entries: tuple[Entry, ...]) -> Consent:
    """The consent to these entries."""
    return {_known(entry): entry.program for entry in entries}


def allow(context: Context, consent: Consent) -> Context:
    """The context with the entries allowed that say exactly what was shown; the time begins anew."""

    def allowed(entry: Entry) -> Entry:
        known = _known(entry)
        return entry._replace(allowed=True, program=consent[known]) if known in consent else entry

    entries = tuple(map(allowed, context.entries)) if consent else context.entries
    return context._replace(entries=entries, deadline=time.monotonic() + context.options.timeout)


def _known(entry: Entry) -> _Known:
    return entry.found.path, entry.name, repr(entry.value)


def _program(entry: Entry, machine: Machine) -> tuple[str, ...] | None:
    """The words that its command stands for; None where no absolute folder of its PATH holds it."""
    if not isinstance(entry.server, Stdio):
        return None
    name, folder = entry.server.command, project_root(machine.working_directory)
    if Path(name).name != name:
        return (str(folder / name),)
    own = entry.fields.environment.get("PATH")
    path = own if isinstance(own, str) else client_environment(entry.client, machine).get("PATH", "")
    if (name,) == SHARED_LAUNCHER:
        return in_place_of_ours(machine, (name,), path, folder)
    found = _looked_up(machine, name, path)
    return (str(found),) if found else None


def _looked_up(machine: Machine, name: str, path: str) -> Path | None:
    """The first program of that name in absolute folders of this PATH; a relative one is a folder of the project."""
    absolute = absolute_folders(path, machine.os)
    return find_program(machine._replace(environment={**machine.environment, "PATH": absolute}), name)


def in_place_of_ours(machine: Machine, words: tuple[str, ...], path: str, project: Path) -> tuple[str, ...] | None:
    """The words with the path of our program; None where its name is on no PATH.

    In doubt it is the program that runs here: what lies in the project, or leads there, or would be found through a
    relative folder, may be anybody's.
    """
    rest, found = words[len(SHARED_LAUNCHER) :], _looked_up(machine, words[0], path)
    doubtful = absolute_folders(path, machine.os) != path
    if found is None and not doubtful:
        return None
    places = (found.absolute(), found.resolve()) if found is not None else ()  # where it lies, and where it leads
    within = any(place.is_relative_to(root) for place in places for root in (project, project.resolve()))
    return (*machine.launcher, *rest) if found is None or doubtful or within else (str(found), *rest)
