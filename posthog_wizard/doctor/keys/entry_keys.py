"""The keys that stand in entries, as far as files alone tell: of the right kind, the same everywhere, and none of old."""

import os
from collections.abc import Iterator, Mapping

from posthog_wizard.api.hosts import CLOUD, key_page, region_of
from posthog_wizard.api.key_format import PREFIX as PERSONAL
from posthog_wizard.api.key_format import read_key
from posthog_wizard.clients.entries import read_back, read_entry
from posthog_wizard.clients.recognise import recognise
from posthog_wizard.doctor.check import Check, Repair, add_command, finding, host_flag, in_scope, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.environment_checks import ANY_REFERENCE, INPUT, bearer
from posthog_wizard.doctor.context import Context, Entry, OwnKey
from posthog_wizard.doctor.destinations import key_defect
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import CredentialError
from posthog_wizard.model import Edit, Secret
from posthog_wizard.net.authorization import PLACEHOLDERS
from posthog_wizard.plan.duplicates import SANDBOX_FLAG, server_identity
from posthog_wizard.plan.inline_keys import inline_key

_SHOWN = 3  # different keys that a sentence names


def keys_of(context: Context) -> Iterator[tuple[Entry, str]]:
    """The entries with what stands in them as a key, references left out: a key, a placeholder, or nothing."""
    for entry in context.our_entries:
        text = bearer(entry)
        if text is None:
            spelled = inline_key(entry.found.place.schema, entry.value)  # among the words of a command
            text = spelled.reveal() if spelled is not None else None
        if text is not None and not ANY_REFERENCE.fullmatch(text) and not INPUT.fullmatch(text):
            yield entry, text


def is_placeholder(text: str) -> bool:
    """Whether somebody was to put a key there."""
    return not text or bool(PLACEHOLDERS.match(text.removeprefix(PERSONAL)))


def _defect(entry: Entry, text: str) -> CredentialError | None:
    return key_defect(text, hosted=entry.origin == "hosted")


def placeholders(context: Context) -> Iterator[Check]:
    """Whether somebody forgot to replace the documentation's placeholder."""
    for entry, text in keys_of(context):
        if is_placeholder(text):
            cause = f"`{text}` was never replaced by a key" if text else "there is no key behind `Bearer`"
            yield _key_wanted(entry, cause, context)


def kinds(context: Context) -> Iterator[Check]:
    """Whether each key is a personal API key."""
    for entry, text in keys_of(context):
        if not is_placeholder(text) and (cause := _defect(entry, text)) is not None:
            yield _key_wanted(entry, cause.message, context)


def _key_wanted(entry: Entry, cause: str, context: Context) -> Check:
    repair = _with_known_key(entry, context) or entry_repairs.write_back(entry, context)
    host = server_identity(entry.fields)[0] if entry.doubt is None else None
    either = f"{key_page(CLOUD['us'])} (or eu.posthog.com)"
    page = either if host is None or host == SANDBOX_FLAG else key_page(host.rstrip("/"))
    return of_entry(entry, "fail", cause, f"make one at {page}, then {add_command(entry)}", repair)


def _with_known_key(entry: Entry, context: Context) -> Repair | None:
    """The entry with the key that our own commands use, when it belongs to the entry's PostHog for all we know."""
    source, own = context.key(), server_identity(entry.fields)[0]
    if own is None:  # the hosted server, which knows both regions
        fits = source.host is None or region_of(source.host) in {"us", "eu"}
    else:
        fits = source.host is not None and own.rstrip("/") == source.host.rstrip("/")
    if source.key is None or not fits:
        return None
    try:
        return _with(entry, source, read_key(source.key.reveal(), hosted=entry.origin == "hosted"))
    except CredentialError:
        return None


def _with(entry: Entry, source: OwnKey, key: Secret | None) -> Repair | None:
    says = f"put the key of {source.source} into `{entry.name}`"
    return entry_repairs.with_key(entry, key, says, (source.host,) if source.host else ())


def same_key(context: Context) -> Iterator[Check]:
    """Whether entries that lead to one PostHog hold one key."""
    groups: dict[str | None, dict[Secret, list[Entry]]] = {}
    for entry, text in keys_of(context):
        if not is_placeholder(text) and _defect(entry, text) is None:
            groups.setdefault(server_identity(entry.fields)[0], {}).setdefault(Secret(text), []).append(entry)
    for keys in groups.values():
        if len(keys) > 1:
            yield from _different(keys, context)


def _different(keys: Mapping[Secret, list[Entry]], context: Context) -> Iterator[Check]:
    """One finding; when the key of our own commands is among them, one for each entry that holds another."""
    source = context.key()
    known = source.key if source.key in keys else None
    titles = {key: " and ".join(dict.fromkeys(entry.client.title for entry in held)) for key, held in keys.items()}
    told = ", ".join(f"{key} in {titles[key]}" for key in [*keys][:_SHOWN])
    told += f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    data = {"keys": [key.masked() for key in keys]}
    cause = f"the entries hold {len(keys)} different keys: {told}"
    others = [entry for key, held in keys.items() if key != known for entry in held] if known else []
    every = [entry for held in keys.values() for entry in held]  # they lead to the same PostHog
    clients, host = dict.fromkeys(entry.client.id for entry in every), server_identity(every[0].fields)[0]
    where = in_scope(every[0].found.place.scope, *clients)
    add = f"`posthog-wizard mcp add {where}{host_flag(host) if host else ''}`"
    fix = f"give all of them one key: {add}"
    for entry in others:
        repair = _with(entry, source, known)
        yield finding("warn", f"{entry.client.title}: another key", cause, fix, repair, {**data, **entry.where})
    if not others:
        yield finding("warn", "the keys in the entries", cause, fix, data=data)


def rotated(context: Context) -> Iterator[Check]:
    """Whether a key that an earlier run replaced in one file is still used in another."""
    successors, records = _successors(context), [record for run in context.history().runs for record in run.records]
    for entry, text in keys_of(context):
        if Secret(text) in successors:
            key, says = _newest(Secret(text), successors), f"put the new key into `{entry.name}`"
            cause = f"it still holds the key {Secret(text)}, which was replaced by {key} elsewhere"
            fix = "take that entry out, or write it anew with `posthog-wizard mcp add`"
            # the PostHogs beside the cloud for which runs of ours wrote that key; none: it is the cloud's
            after = (_sides(context, record.path, edit)[1] for record in records for edit in record.edits)
            hosts = frozenset(host for written, host in after if written == key and host is not None)
            yield of_entry(entry, "warn", cause, fix, entry_repairs.with_key(entry, key, says, hosts))


def _successors(context: Context) -> dict[Secret, Secret]:
    """Old key -> the key by which a run of ours replaced it, runs that were taken back aside."""
    history, current = context.history(), {Secret(text) for _, text in keys_of(context)}
    pairs: dict[Secret, Secret] = {}
    for run in history.runs:
        for record in run.done if run.undoes is None else ():
            if not history.taken_back(run, record):
                for edit in record.edits:
                    (old, before), (new, after) = _sides(context, record.path, edit)
                    if old is not None and new is not None and old != new and before == after:
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


def _sides(context: Context, path: os.PathLike[str], edit: Edit) -> list[tuple[Secret | None, str | None]]:
    """Before and after: the key in plain text in an entry of PostHog's, and which PostHog's.

    A key for another PostHog is no successor, and must never go to the old one's.
    """
    found = next((found for found in context.found if found.path == path), None)
    if found is None:
        return [(None, None)] * 2
    load, sides = FORMATS[found.place.format].load, list[tuple[Secret | None, str | None]]()
    for raw in edit[1:]:
        value = None if raw is None else load(raw, edit.keys)
        fields = read_entry(found.place.schema, value)
        server = read_back(found.place.schema, value) if recognise(fields) else None
        key = server.key if server is not None else None
        sides.append((key, server_identity(fields)[0]) if isinstance(key, Secret) else (None, None))
    return sides
