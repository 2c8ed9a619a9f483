"""Plan to take a run back: the same changes with the sides swapped, or, where a file moved on, our entry alone."""

import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import (
    ChangedMeanwhile,
    ConfigError,
    CredentialError,
    NothingFound,
    NotSupported,
    Unreadable,
    WizardError,
)
from posthog_wizard.install import files, journal
from posthog_wizard.install.access import for_another_group
from posthog_wizard.install.compare_and_swap import Terms, compare_and_swap
from posthog_wizard.install.detect import project_of
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.edits import undo_edit
from posthog_wizard.install.history import Content, Digest, History, Record, Run, Span, before, matches
from posthog_wizard.install.key_placeholder import KeyPlaceholder, is_covered, restore
from posthog_wizard.install.unread_places import unread_place
from posthog_wizard.model import Change, Client, Edit, Found, Machine, Outcome, OutcomeKind, Place, Plan, Secret, Step

_ANY_KEY = re.compile(rb"ph[a-z]_\w{16,}")
_GONE = "`posthog-wizard mcp add` writes the entry as it is written today, `posthog-wizard mcp remove` takes it out"


def _no_store(_placeholder: KeyPlaceholder) -> Secret:
    """For a machine without a key store."""
    raise CredentialError("there is no key store")


class Undo(NamedTuple):
    """What taking a run back needs to know. `save`: put the old text of what cannot be taken back into a file.

    `stored_key` reads the key that a placeholder stands for from the store. It raises WizardError where it cannot.
    """

    run: Run
    machine: Machine
    disk: Disk
    clients: Mapping[str, Client]
    save: bool = True
    stored_key: Callable[[KeyPlaceholder], Secret] = _no_store


def plan_undo(undo: Undo, history: History, client: str | None = None) -> Plan:
    """A plan that takes back what is left of the run, or of one client in it; its last step first.

    What cannot be taken back is settled as failed, with a hint that names a file with the text from before.
    Raises NothingFound when the run did nothing to that client, or was killed before it did anything.
    """
    records = [record for record in undo.run.records if client in (None, record.client)]
    if not records:
        raise NothingFound(f"the change `{undo.run.change_id}` did nothing" + (f" to `{client}`" if client else ""))
    left = {record.key for record in history.left(undo.run)}
    gone = "this was taken back already"
    resolved = [
        _outcome(one, "unchanged", "nothing was written then" if one.written is False else gone)
        for one in records
        if one.key not in left
    ]
    steps, failed = _steps(undo, [record for record in reversed(records) if record.key in left])
    return Plan(tuple(steps), (*resolved, *failed))


def _steps(undo: Undo, records: Sequence[Record]) -> tuple[list[Step], list[Outcome]]:
    """Each file is followed through the steps: two changes of one file are taken back one after the other."""
    steps: list[Step] = []
    failed: list[Outcome] = []
    contents: dict[Path, bytes | None] = {}
    for record in records:
        target = undo.disk.resolve(record.path)
        try:
            root = project_of(_found(undo, record, None).place, record.path)
            if root is not None:
                files.demand_within(record.path, root, undo.disk, Unreadable)
            content = contents[target] if target in contents else files.read_file(record.path, undo.disk)
            step = _take_back(undo, _with_keys(undo, record, content or b""), content)
        except WizardError as error:
            failed.append(_outcome(record, "failed", str(error), error.hint))
        else:
            contents[target] = step.change.after
            steps.append(step)
    return steps, failed


def _take_back(undo: Undo, record: Record, content: bytes | None) -> Step:
    """One step back from what the file holds now. Raises ConfigError with a hint that names the old text."""
    found = _found(undo, record, content)
    mode = _mode_before(undo, record)
    step = Step(
        found,
        Change(record.path, content, content),
        "unchanged",
        replan=lambda content: _take_back(undo, record, content),
        holds_key=record.private,
        mode=mode,
    )
    if matches(record.before, content) and mode is not None:
        return step._replace(outcome="restored", reason=f"its mode is {mode:04o} again")
    if matches(record.before, content):
        return step._replace(reason="the file holds what it held before")
    try:
        if matches(record.after, content) and not (record.before is None and undo.disk.is_link(record.path)):
            return step._replace(
                outcome="restored",
                change=Change(record.path, content, before(record, content)),
                edits=tuple(Edit(edit.keys, edit.after, edit.before) for edit in reversed(record.edits)),
                directories=record.makes if record.before is None else (),
            )
        return _take_out(step, record)
    except ConfigError as error:
        error.hint = _rescue(undo, record)
        raise error.at(record.path) from None


def _with_keys(undo: Undo, record: Record, content: bytes) -> Record:
    """The record with the keys in their places again: the store's, or the one that the file still holds.

    Raises CredentialError for one that is gone, or of which the run tells nothing any more.
    """
    texts = b"".join(filter(None, _texts(record)))
    for placeholder in undo.run.placeholders:
        if placeholder.token.encode() in texts:
            record = _restored(record, placeholder, _key_behind(undo, content, placeholder))
    if is_covered(b"".join(filter(None, _texts(record)))):
        raise CredentialError(
            "the journal does not tell which key stood there", "write the entry anew with `posthog-wizard mcp add`"
        )
    return record


def _texts(record: Record) -> Iterator[bytes | None]:
    for content in (record.before, record.after):
        yield from content.span[1:] if isinstance(content, Digest) else (content,)
    for edit in record.edits:
        yield from edit[1:]


def _restored(record: Record, placeholder: KeyPlaceholder, key: Secret) -> Record:
    def shown(content: Content) -> Any:
        if isinstance(content, Digest):
            start, old, new = content.span
            return content._replace(span=Span(start, shown(old), shown(new)))
        return content and restore(content, placeholder, key)

    edits = tuple(Edit(edit.keys, shown(edit.before), shown(edit.after)) for edit in record.edits)
    return record._replace(before=shown(record.before), after=shown(record.after), edits=edits)


def _key_behind(undo: Undo, content: bytes, placeholder: KeyPlaceholder) -> Secret:
    """The key that stood there: the store's, while it is the same, or the one that the file itself still holds."""
    words = (Secret(word.decode()) for word in _ANY_KEY.findall(content))
    still_there = next(filter(placeholder.fits, words), None)
    if still_there is not None:
        return still_there
    try:
        stored = undo.stored_key(placeholder)
    except WizardError as problem:
        raise CredentialError(f"the key that stood there is gone: {problem.message}", _GONE) from problem
    if not placeholder.fits(stored):
        raise CredentialError("the key that stood there was replaced by another since", _GONE)
    return stored


def _mode_before(undo: Undo, record: Record) -> int | None:
    """The mode to give back to the file; None where we left it as it was, or it was changed since."""
    modes, status = record.modes, files.status_of(record.path, undo.disk) if record.modes else None
    if modes is None or status is None or stat.S_IMODE(status.st_mode) != modes.after:
        return None
    return modes.before if status.st_gid == modes.group else for_another_group(modes.before)


def _take_out(step: Step, record: Record) -> Step:
    """The file moved on: put back the values that are still ours, what others may refer to last."""
    content, place, done = step.change.before, step.found.place, []
    parse = FORMATS[place.format].parse
    if not record.edits:
        raise ChangedMeanwhile("the file was changed since")
    backwards = record.edits[::-1]
    for edit in sorted(backwards, key=lambda edit: edit.keys == place.schema.prompts):
        document = parse(content, place.dialect)
        content = undo_edit(document, edit, place)
        if content != document.data:
            after = parse(content, place.dialect)
            done.append(Edit(edit.keys, document.raw(edit.keys), after.raw(edit.keys)))
    if _ANY_KEY.search(content or b""):  # under another name, or a later run's: others must not read it now
        step = step._replace(mode=None)
    if not done:
        kind: OutcomeKind = "unchanged" if step.mode is None else "restored"
        return step._replace(outcome=kind, reason="the entry is as it was before")
    return step._replace(outcome="restored", change=step.change._replace(after=content), edits=tuple(done))


def _found(undo: Undo, record: Record, content: bytes | None) -> Found:
    client = undo.clients.get(record.client)
    places: Sequence[Place] = [place for place in client.places if place.scope == record.scope] if client else []
    place = next((place for place in places if place.container == record.container), None)
    if place is None and places and (record.path.suffix == ".json" or record.path.suffix[1:] == places[0].format):
        place = unread_place(places[0], record.container, "json" if record.path.suffix == ".json" else places[0].format)
    if client is None or place is None:
        raise NotSupported(f"this version does not know `{record.client}` as the journal tells of it")
    return Found(client, place, record.path, content, ())


def _rescue(undo: Undo, record: Record) -> str:
    """Where the text from before can be found; above a megabyte only the span that was replaced is kept."""
    old = record.before.span.before if isinstance(record.before, Digest) else record.before
    if old is None:
        return "take the entry out by hand; there was no such file before"
    name = f"{record.client}-{record.scope}-{record.path.name}"
    alike = [one.path for one in undo.run.records if f"{one.client}-{one.scope}-{one.path.name}" == name]
    number = alike.index(record.path)  # several, as of VS Code's profiles
    path = journal.folder(undo.machine) / f"{undo.run.change_id}-{f'{number + 1}-' if number else ''}{name}"
    if undo.save:
        compare_and_swap(Change(path, files.read_file(path, undo.disk), old), undo.disk, Terms(private=True))
    return f"copy by hand what you need from `{path}`, which has the text from before"


def _outcome(record: Record, kind: OutcomeKind, reason: str, hint: str | None = None) -> Outcome:
    return Outcome(record.client, record.scope, record.path, kind, reason, hint)
