"""Does a key stand in plain text where others read it: in a shared file, in git, in a file that is open to them?"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from posthog_wizard.credentials.environment import GENERAL_KEY, PERSONAL_KEY
from posthog_wizard.doctor import rewrite
from posthog_wizard.doctor.again import add_again
from posthog_wizard.doctor.check import MEND, Check, Repair, advice
from posthog_wizard.doctor.held import is_documented, is_placeholder, keys_of
from posthog_wizard.doctor.patient import Entry, Patient
from posthog_wizard.doctor.surroundings import surroundings
from posthog_wizard.doctor.tracked import is_tracked
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.leftovers import leftovers, own_leftovers, sweep
from posthog_wizard.install.lock import hold
from posthog_wizard.model import EnvironmentReference, Found, Secret
from posthog_wizard.own_files import PRIVATE

VARIABLES = (PERSONAL_KEY, GENERAL_KEY)


def project(patient: Patient) -> Iterator[Check]:
    """Whether a key stands in plain text in a file that a project shares."""
    cause = "it holds a key, and a project's file is shared"
    finding = Check("key.project", "warn", "no key stands in a project's file", cause)
    yield from _standing(patient, finding, _is_shared)


def tracked(patient: Patient) -> Iterator[Check]:
    """Whether a key stands in a file that git tracks."""
    cause = "it holds a key, and git tracks it: everybody with the repository has the key"
    finding = Check("key.tracked", "fail", "no key stands in a file that git tracks", cause)
    yield from _standing(patient, finding, _is_tracked)


def _is_shared(found: Found) -> bool:
    return found.place.scope == "project"


def _is_tracked(found: Found) -> bool:
    return is_tracked(found.path) or is_tracked(this_disk().resolve(found.path))


def _standing(patient: Patient, finding: Check, matches: Callable[[Found], bool]) -> Iterator[Check]:
    holding = _holding(patient)
    hits = [entry for entry in holding if matches(entry.found)]
    for entry in hits:
        repair = _to_variable(entry, patient)
        yield finding._replace(
            title=f"{entry.client.title}: {entry.found.path}",
            fix=advice(repair, _out_of_the_file(entry)),
            repair=repair,
            data=entry.where,
        )
    if not hits:
        yield finding._replace(status="ok", cause=None)


def _to_variable(entry: Entry, patient: Patient) -> Repair | None:
    """The entry with a reference to the variable that holds its key already, where the client can read it."""
    if entry.found.place.style.environment_reference is None or not isinstance(entry.key, Secret):
        return None
    seen = surroundings(entry.client, patient.machine)
    name = next((name for name in VARIABLES if Secret(seen.get(name, "")) == entry.key), None)
    if name is None:
        return None
    repair = rewrite.with_key(entry, EnvironmentReference(name), f"read the key of `{entry.name}` from {name}")
    return repair and repair._replace(holds_key=False)


def _out_of_the_file(entry: Entry) -> str:
    """How the key gets out; a key that others have seen is to be replaced."""
    add = add_again(entry, "--secret", "store")
    return f"{add}, then put a new key in its place: `posthog-wizard key rotate`, for the old one is known"


def exposed(patient: Patient) -> Iterator[Check]:
    """Whether other users of this machine can read a file with a key in it."""
    hits = {entry.found.path: entry for entry in _holding(patient) if entry.found.open_to_others}
    for path, entry in hits.items():
        yield Check(
            "key.exposed",
            "warn",
            f"{entry.client.title}: {path}",
            "it holds a key, and other users of this machine can read it",
            f"{MEND} or `chmod 600 {shlex.quote(str(path))}`",
            Repair(entry.found, f"let nobody else read {path}", mode=PRIVATE),
            entry.where,
        )
    if not hits:
        yield Check("key.exposed", "ok", "no key stands where other users can read it")


def leftover(patient: Patient) -> Iterator[Check]:
    """Whether runs that were killed left temporary files, which may hold a key."""
    found = _leftovers(patient)
    if not found:
        yield Check("key.leftover", "ok", "no run that was killed left a file")
        return
    repair = Repair(None, "remove what killed runs left", prepare=partial(_remove, patient))
    yield Check(
        "key.leftover",
        "warn",
        "what killed runs left",
        f"a run was killed and left {', '.join(f'`{path}`' for path in found)}, which may hold a key",
        advice(repair, f"`rm {shlex.join(map(str, found))}`"),
        repair,
        {"paths": [str(path) for path in found]},
    )


def _leftovers(patient: Patient) -> tuple[Path, ...]:
    disk, machine = this_disk(), patient.machine
    beside = (left for one in patient.found if one.problem is None for left in leftovers(one.path, disk))
    return tuple(dict.fromkeys((*own_leftovers(machine, disk), *beside)))


def _remove(patient: Patient) -> None:
    with hold(patient.machine, this_disk(), "mcp doctor --fix"):  # nobody is writing just now
        sweep(_leftovers(patient), this_disk())


def _holding(patient: Patient) -> list[Entry]:
    """The entries with a key in plain text, of whatever kind, that is worth hiding."""
    return [entry for entry, text in keys_of(patient) if not is_placeholder(text) and not is_documented(text)]
