"""Do all entries of one PostHog hold the same key, and none that was replaced?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from posthog_wizard.clients.entries import read_back, read_entry
from posthog_wizard.clients.recognise import recognise
from posthog_wizard.doctor.check import Check, finding, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.commands import host_flag
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.doctor.keys.entry_keys import defect, is_placeholder, keys_of
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.model import Edit, Found, Json, Secret
from posthog_wizard.plan.duplicates import server_identity


def same_key(context: Context) -> Iterator[Check]:
    """Whether entries that lead to one PostHog hold one key."""
    groups: dict[str | None, dict[Secret, list[Entry]]] = {}
    for entry, text in keys_of(context):
        if not is_placeholder(text) and defect(entry, text) is None:
            groups.setdefault(server_identity(entry.fields)[0], {}).setdefault(Secret(text), []).append(entry)
    for keys in groups.values():
        if len(keys) > 1:
            yield from _different(keys, context)


def _different(keys: Mapping[Secret, list[Entry]], context: Context) -> Iterator[Check]:
    """One finding; when the key of our own commands is among them, one for each entry that holds another."""
    source = context.key()
    known = source.key if source.key in keys else None
    told = ", ".join(f"{key} in {' and '.join(entry.client.title for entry in held)}" for key, held in keys.items())
    data = {"keys": [key.masked() for key in keys]}
    cause = f"the entries hold {len(keys)} different keys: {told}"
    others = [entry for key, held in keys.items() if key != known for entry in held] if known else []
    fix = f"give all of them one key: {_add([entry for held in keys.values() for entry in held])}"
    for entry in others:
        says = f"put the key of {source.source} into `{entry.name}`"
        repair = entry_repairs.with_key(entry, known, says, (source.host,) if source.host else ())
        yield finding("warn", f"{entry.client.title}: another key", cause, fix, repair, {**data, **entry.where})
    if not others:
        yield finding("warn", "the keys in the entries", cause, fix, data=data)


def _add(entries: list[Entry]) -> str:
    """What asks for one key for all of them; they lead to the same PostHog."""
    clients, host = dict.fromkeys(entry.client.id for entry in entries), server_identity(entries[0].fields)[0]
    return f"`posthog-wizard mcp add {' '.join(clients)}{host_flag(host) if host else ''}`"


def rotated(context: Context) -> Iterator[Check]:
    """Whether a key that an earlier run replaced in one file is still used in another."""
    successors = _successors(context)
    for entry, text in keys_of(context):
        if Secret(text) in successors:
            key, says = _newest(Secret(text), successors), f"put the new key into `{entry.name}`"
            cause = f"it still holds the key {Secret(text)}, which was replaced by {key} elsewhere"
            fix = "take that entry out, or write it anew with `posthog-wizard mcp add`"
            yield of_entry(entry, "warn", cause, fix, entry_repairs.with_key(entry, key, says, _hosts_of(key, context)))


def _successors(context: Context) -> dict[Secret, Secret]:
    """Old key -> the key by which a run of ours replaced it, runs that were taken back aside."""
    history, current = context.history(), {Secret(text) for _, text in keys_of(context)}
    pairs: dict[Secret, Secret] = {}
    for run in history.runs:
        for record in run.records if run.undoes is None else ():
            if record.written is not False and not history.taken_back(run, record):
                for edit in record.edits:
                    (old, before), (new, after) = _sides(context, record.path, edit)
                    if old is not None and new is not None and old != new and before == after:
                        pairs.pop(new, None)  # it was replaced once, and is back
                        pairs[old] = new
    return {old: new for old, new in pairs.items() if _newest(old, pairs) in current and _newest(old, pairs) != old}


def _hosts_of(key: Secret, context: Context) -> frozenset[str]:
    """The PostHogs beside the cloud for which runs of ours wrote that key; none: it is the cloud's."""
    records = [record for run in context.history().runs for record in run.records]
    after = (_sides(context, record.path, edit)[1] for record in records for edit in record.edits)
    return frozenset(host for written, host in after if written == key and host is not None)


def _newest(key: Secret, successors: Mapping[Secret, Secret]) -> Secret:
    """The end of the chain; a key that was put back is its own end."""
    seen = {key}
    while key in successors and successors[key] not in seen:
        key = successors[key]
        seen.add(key)
    return key


def _sides(context: Context, path: os.PathLike[str], edit: Edit) -> list[tuple[Secret | None, str | None]]:
    """Before and after: the key in plain text in an entry of PostHog's, and which PostHog's.

    A key for another PostHog is no successor, and must never go to the old one's.
    """
    found = next((found for found in context.found if found.path == path), None)
    if found is None:
        return [(None, None)] * 2
    load = FORMATS[found.place.format].load
    return [_key_and_host(found, None if raw is None else load(raw, edit.keys)) for raw in edit[1:]]


def _key_and_host(found: Found, value: Json) -> tuple[Secret | None, str | None]:
    fields = read_entry(found.place.schema, value)
    server = read_back(found.place.schema, value) if recognise(fields) else None
    if server is None or not isinstance(server.key, Secret):
        return None, None
    return server.key, server_identity(fields)[0]
