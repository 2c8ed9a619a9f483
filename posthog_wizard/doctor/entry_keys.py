"""The keys that stand in entries, as far as files alone tell: the right kind, the same everywhere, safe where they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from posthog_wizard.api.key_text import PLACEHOLDERS, PREFIX, read_key
from posthog_wizard.clients.entries import read_back
from posthog_wizard.clients.recognise import recognise
from posthog_wizard.credentials.environment import GENERAL_KEY, PERSONAL_KEY
from posthog_wizard.doctor import rewrite
from posthog_wizard.doctor.check import MEND, Check, Repair, Task, advice
from posthog_wizard.doctor.environment import ANY_REFERENCE, INPUT, bearer
from posthog_wizard.doctor.patient import Entry, Patient
from posthog_wizard.doctor.surroundings import surroundings
from posthog_wizard.doctor.tracked import is_tracked
from posthog_wizard.documents import jsonc
from posthog_wizard.errors import CredentialError, WriteRefused
from posthog_wizard.install import files
from posthog_wizard.install.disk import this_disk
from posthog_wizard.model import RELAXED, EnvironmentReference, Found, Secret
from posthog_wizard.plan.twins import destination

Look = Callable[[Patient], Iterable[Check]]
VARIABLES = (PERSONAL_KEY, GENERAL_KEY)
MAKE = "make one with the MCP Server preset, then `posthog-wizard mcp add {client}`"


def tasks(patient: Patient) -> Iterable[Task]:
    """One look at all entries for each question."""
    rows: tuple[tuple[str, str, Look], ...] = (
        ("key.placeholder", "placeholders in place of keys", placeholder),
        ("key.kind", "the kind of the keys in entries", kind),
        ("key.same", "whether all entries hold the same key", same),
        ("key.rotated", "old keys left after a rotation", rotated),
        ("key.project", "keys in project files", project),
        ("key.tracked", "keys in files that git tracks", tracked),
        ("key.exposed", "keys in files that others can read", exposed),
    )
    return (Task(check_id, title, partial(look, patient)) for check_id, title, look in rows)


def keys_of(patient: Patient) -> Iterator[tuple[Entry, str]]:
    """The entries with what stands in them as a key, references left out: a key, a placeholder, or nothing."""
    for entry in patient.our_entries:
        text = bearer(entry)
        if text is not None and not ANY_REFERENCE.fullmatch(text) and not INPUT.fullmatch(text):
            yield entry, text


def placeholder(patient: Patient) -> Iterator[Check]:
    """Whether somebody forgot to replace the documentation's placeholder."""
    rows = [(entry, text) for entry, text in keys_of(patient) if _is_placeholder(text)]
    for entry, text in rows:
        cause = f"`{text}` was never replaced by a key" if text else "there is no key behind `Bearer`"
        yield _key_wanted("key.placeholder", entry, cause, patient)
    if not rows:
        yield Check("key.placeholder", "ok", "no placeholder stands for a key")


def kind(patient: Patient) -> Iterator[Check]:
    """Whether each key is a personal API key."""
    wrong = False
    for entry, text in keys_of(patient):
        if not _is_placeholder(text) and (cause := _defect(entry, text)) is not None:
            wrong = True
            yield _key_wanted("key.kind", entry, cause, patient)
    if not wrong:
        yield Check("key.kind", "ok", "every key in an entry is a personal API key")


def _is_placeholder(text: str) -> bool:
    return not text or bool(PLACEHOLDERS.match(text.removeprefix(PREFIX)))


def _defect(entry: Entry, text: str) -> str | None:
    """What is wrong with a key by its looks. OAuth tokens expire, but are accepted for a while."""
    try:
        read_key(text, hosted=entry.origin == "hosted")
    except CredentialError as problem:
        return problem.message
    return None


def _key_wanted(check_id: str, entry: Entry, cause: str, patient: Patient) -> Check:
    repair, title = _with_known_key(entry, patient), f"{entry.client.title}: `{entry.name}`"
    return Check(
        check_id, "fail", title, cause, advice(repair, MAKE.format(client=entry.client.id)), repair, entry.where
    )


def _with_known_key(entry: Entry, patient: Patient) -> Repair | None:
    """The entry with the key that our own commands use, when it belongs to the entry's PostHog for all we know."""
    source = patient.key()
    if source.key is None or not _fits(entry, source.host):
        return None
    try:
        key = read_key(source.key.reveal(), hosted=entry.origin == "hosted")
    except CredentialError:
        return None
    return rewrite.with_key(entry, key, f"put the key of {source.source} into `{entry.name}`")


def _fits(entry: Entry, host: str | None) -> bool:
    own = destination(entry.value)[0]  # None: the hosted server, which knows both regions
    cloud = host is None or host.rstrip("/").endswith("posthog.com")
    return cloud if own is None else host is not None and own.rstrip("/") == host.rstrip("/")


# ------------------------------------------------------------------ the same key everywhere


def same(patient: Patient) -> Iterator[Check]:
    """Whether entries that lead to one PostHog hold one key."""
    groups: dict[str | None, dict[Secret, list[Entry]]] = {}
    for entry, text in keys_of(patient):
        if not _is_placeholder(text) and _defect(entry, text) is None:
            groups.setdefault(destination(entry.value)[0], {}).setdefault(Secret(text), []).append(entry)
    different = [keys for keys in groups.values() if len(keys) > 1]
    for keys in different:
        yield from _different(keys, patient)
    if not different:
        yield Check("key.same", "ok", "every entry holds the same key")


def _different(keys: Mapping[Secret, list[Entry]], patient: Patient) -> Iterator[Check]:
    """One finding; when the key of our own commands is among them, one for each entry that holds another."""
    source = patient.key()
    known = source.key if source.key in keys else None
    told = ", ".join(f"{key} in {' and '.join(entry.client.title for entry in held)}" for key, held in keys.items())
    data = {"keys": [key.masked() for key in keys]}
    cause = f"the entries hold {len(keys)} different keys: {told}"
    others = [entry for key, held in keys.items() if key != known for entry in held] if known else []
    fix = "give all of them one key: `posthog-wizard mcp add --api-key-stdin`"
    for entry in others:
        repair = rewrite.with_key(entry, known, f"put the key of {source.source} into `{entry.name}`")
        mended = advice(repair, fix)
        yield Check(
            "key.same", "warn", f"{entry.client.title}: another key", cause, mended, repair, {**data, **entry.where}
        )
    if not others:
        yield Check("key.same", "warn", "the keys in the entries", cause, fix, data=data)


def rotated(patient: Patient) -> Iterator[Check]:
    """Whether a key that an earlier run replaced in one file is still used in another."""
    successors = _successors(patient)
    left = [(entry, text) for entry, text in keys_of(patient) if Secret(text) in successors]
    for entry, text in left:
        key = _newest(Secret(text), successors)
        cause = f"it still holds the key {Secret(text)}, which was replaced by {key} elsewhere"
        repair = rewrite.with_key(entry, key, f"put the new key into `{entry.name}`")
        yield Check("key.rotated", "warn", f"{entry.client.title}: `{entry.name}`", cause, MEND, repair, entry.where)
    if not left:
        yield Check("key.rotated", "ok", "no old key is left")


def _successors(patient: Patient) -> dict[Secret, Secret]:
    """Old key -> the key by which a run of ours replaced it, runs that were taken back aside."""
    history, current = patient.history(), {Secret(text) for _, text in keys_of(patient)}
    pairs: dict[Secret, Secret] = {}
    for run in history.runs:
        for record in run.records if run.undoes is None else ():
            if record.written is not False and not history.taken_back(run, record):
                for edit in record.edits:
                    old, new = _key_in(patient, record.path, edit.before), _key_in(patient, record.path, edit.after)
                    if old is not None and new is not None and old != new:
                        pairs.pop(new, None)  # it was replaced once, and is back
                        pairs[old] = new
    return {old: new for old, new in pairs.items() if _newest(old, pairs) in current and _newest(old, pairs) != old}


def _newest(key: Secret, successors: Mapping[Secret, Secret]) -> Secret:
    """The end of the chain; a key that was put back is its own end."""
    seen = {key}
    while key in successors and successors[key] not in seen:
        key = successors[key]
        seen.add(key)
    return key


def _key_in(patient: Patient, path: os.PathLike[str], raw: bytes | None) -> Secret | None:
    found = next((found for found in patient.found if found.path == path), None)
    if raw is None or found is None:
        return None
    value = jsonc.parse(b'{"value":' + raw + b"}", RELAXED).get(("value",))
    server = read_back(found.place.style, value) if recognise(value) else None
    return server.key if server is not None and isinstance(server.key, Secret) else None


# ------------------------------------------------------------------ where it stands


def project(patient: Patient) -> Iterator[Check]:
    """Whether a key stands in plain text in a file that a project shares."""
    shared = lambda found: found.place.scope == "project"  # noqa: E731
    yield from _standing(
        patient,
        Check(
            "key.project", "warn", "no key stands in a project's file", "it holds a key, and a project's file is shared"
        ),
        shared,
    )


def tracked(patient: Patient) -> Iterator[Check]:
    """Whether a key stands in a file that git tracks."""
    cause = "it holds a key, and git tracks it: everybody with the repository has the key"
    yield from _standing(
        patient, Check("key.tracked", "fail", "no key stands in a file that git tracks", cause), _is_tracked
    )


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
    scope = " --scope project" if entry.found.place.scope == "project" else ""
    add = f"`posthog-wizard mcp add {entry.client.id}{scope} --secret store`"
    return f"{add}, then put a new key in its place: `posthog-wizard key rotate`, for the old one is known"


def exposed(patient: Patient) -> Iterator[Check]:
    """Whether other users of this machine can read a file with a key in it."""
    home = patient.machine.home
    hits = {
        entry.found.path: entry
        for entry in _holding(patient)
        if entry.found.open_to_others and _reachable(entry.found.path, home)
    }
    for path, entry in hits.items():
        yield Check(
            "key.exposed",
            "warn",
            f"{entry.client.title}: {path}",
            "it holds a key, and other users of this machine can read it",
            f"{MEND} or `chmod 600 {path}`",
            Repair(None, f"let nobody else read {path}", prepare=partial(_close, entry.found)),
            entry.where,
        )
    if not hits:
        yield Check("key.exposed", "ok", "no key stands where other users can read it")


def _reachable(path: Path, home: Path) -> bool:
    """Whether others may enter every folder from the home down to the file; most homes are closed to them."""
    folders = [folder for folder in path.parents if folder.is_relative_to(home)]
    return all(this_disk().status(folder).st_mode & 0o011 for folder in folders)


def _close(found: Found) -> None:
    with files.refusing(found.path, WriteRefused, "change the mode of"):
        this_disk().restrict(this_disk().resolve(found.path), files.PRIVATE)


def _holding(patient: Patient) -> list[Entry]:
    """The entries with a key in plain text, of whatever kind."""
    return [entry for entry, text in keys_of(patient) if not _is_placeholder(text)]
