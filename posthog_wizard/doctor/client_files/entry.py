"""Our entry: is it there, is it of today, did somebody change it or switch it off?"""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.clients.entries import EntryFields, read_entry
from posthog_wizard.clients.recognise import is_legacy, is_our_program, recognise
from posthog_wizard.doctor.check import Check, Status, advice, finding, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.commands import add_command, add_to
from posthog_wizard.doctor.context import DEFAULT_NAME, Context, Entry
from posthog_wizard.doctor.install_checks import is_absolute
from posthog_wizard.doctor.trust import CHANGED
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.history import Record, Run
from posthog_wizard.install.key_placeholder import VEILED
from posthog_wizard.invocation import invocation_of
from posthog_wizard.launcher import short_lived, why_broken
from posthog_wizard.model import Client, Edit, Found, Json, Stdio, name_of
from posthog_wizard.plan.duplicates import server_identity

_ANY_HOSTED = "PostHog's hosted server"  # stands for all its addresses


def entry(context: Context, client: Client) -> Iterator[Check]:
    """The state of PostHog's entries in each of the client's files."""
    for found in context.places(client):
        if found.path not in context.problems:
            ours = [one for one in context.our_entries if one.found is found and one.is_posthog]
            yield from (_state(one, context) for one in ours) if ours else (_missing(found, context),)


def enabled(_context: Context, one: Entry) -> Check | None:
    """Whether the user has switched the entry off in the client."""
    if not one.switched_off:
        return None
    cause = f"the entry `{one.name}` is switched off"
    return of_entry(one, "warn", cause, f"switch it on in {one.client.title}'s settings")


def _state(one: Entry, context: Context) -> Check:
    title = f"{one.client.title} has PostHog as `{one.name}`"
    changes = one.drift.changes if one.drift else ()
    data = {**one.where, "changed": bool(changes), "changes": list(changes)}
    about = finding("ok", title, data=data)
    rewrite, restore = entry_repairs.rewrite_entry(one, context), entry_repairs.write_back(one, context)
    if is_legacy(one.fields):
        cause = "it reaches PostHog in an old way (`mcp-remote` or `/sse`), which is slower and no longer documented"
        repair = rewrite or restore
        return about._replace(status="warn", cause=cause, fix=advice(repair, add_command(one)), repair=repair)
    drifted = _drifted(one)
    if drifted is not None:
        back = f"if that was not you: {advice(restore, add_command(one, value=_written(one)))}"
        return about._replace(status="warn", cause=f"{CHANGED}{drifted}", fix=back, repair=restore)
    if _is_of_another_installation(one, context):
        if one.found.place.scope == "project":
            cause = "it names a path of this machine, which means nothing to others who open the project"
            return about._replace(status="warn", cause=cause, fix=advice(rewrite, add_command(one)), repair=rewrite)
        title = f"{title}, started by another installation than this one, {one.fields.words[0]}"
        # two installations that work are no fault, and no run for all clients takes sides
        repair = rewrite if context.options.named and one.client in context.options.clients else None
        about = about._replace(data={**data, "other_installation": True}, repair=repair)
    return about._replace(title=f"{title}, changed since we wrote it: {'; '.join(changes)}" if changes else title)


def _drifted(one: Entry) -> str | None:
    """What is to be put right of what was changed; that nothing was tried, the connection says."""
    if one.drift is None:
        return None
    if one.drift.takeover:
        return f", perhaps to take it over: {one.drift.takeover}"
    server = _server(one.fields)
    if server != _server(_written(one)):  # limits aside
        address = server[0] or server[-1]
        where = f"`{address}`" if address else "another server"
        return f": it leads to {address if address == _ANY_HOSTED else where} now"
    return f": {one.drift.wider}" if one.drift.wider else None


def _written(one: Entry) -> EntryFields:
    return read_entry(one.found.place.schema, one.left)


def _missing(found: Found, context: Context) -> Check:
    client, add = found.client, add_to(found)
    title, data = f"{client.title}: its PostHog entry", {"path": str(found.path), "scope": found.place.scope}
    if any(one.found is found and one.name == DEFAULT_NAME for one in context.entries):
        cause = f"the entry `{DEFAULT_NAME}` is not PostHog's"
        fix = f"{add[:-1]} --name posthog-mcp`, or take the name with `--force`"
        return finding("warn", title, cause, fix, data=data)
    lost = _lost(found, context)
    if lost is not None:
        change_id, name, value = lost
        cause = f"the entry that change {change_id} wrote is gone: another program dropped it, or somebody took it out by hand"
        scrubbed = VEILED in str(value)  # its key is in a store since, and the journal has it no more
        value = None if scrubbed else entry_repairs.startable(found, name, value, context)
        repair = None if value is None else entry_repairs.add_entry(found, name, value, f"put the entry `{name}` back")
        undo = f"`posthog-wizard mcp undo {change_id} --client {client.id}`"
        lost_entry = finding("warn", title, cause, f"put it back: {advice(repair, add)}; on purpose: {undo}", data=data)
        return lost_entry._replace(repair=repair)
    elsewhere = any(one.is_posthog for one in context.of(client))
    status: Status = "fail" if context.options.named and not elsewhere else "skip"
    return finding(status, title, "it has no PostHog entry", add, data=data)


def _lost(found: Found, context: Context) -> tuple[str, str, Json] | None:
    """A PostHog entry that our last word on it put into this file and that is no more: the run, its name, its value."""
    settled = {entry.name for entry in context.entries if entry.found is found}
    for run, record, edit in _edits(found, context):
        name = name_of(edit.keys[-1])
        taken_back = run.undoes or name in settled or context.history().taken_back(run, record)
        value = None
        if edit.after is not None and not taken_back:
            value = FORMATS[found.place.format].load(edit.after, found.place.keys_of(name))
        settled.add(name)
        if recognise(read_entry(found.place.schema, value)) not in {None, "installation"}:
            return run.change_id, name, value
    return None


def _edits(found: Found, context: Context) -> Iterator[tuple[Run, Record, Edit]]:
    """What runs of ours did to the entries of this file, latest first."""
    for run in reversed(context.history().runs):
        for record in reversed(run.records):
            if record.path == found.path and record.written is not False:
                ours = (one for one in reversed(record.edits) if one.keys[:-1] == found.place.container)
                yield from ((run, record, one) for one in ours)


def _server(entry: EntryFields) -> tuple[str | None, ...]:
    """The hosted server, however it is reached; else an address or the host of our own server."""
    words = entry.words
    said = invocation_of(words)
    url = entry.url or next((word for word in words if "://" in word and not (said and said.host)), "")
    if recognise(entry) == "hosted" or (not url and said is not None and said.program == "bridge"):
        return (_ANY_HOSTED,)
    return (url.partition("?")[0].rstrip("/"), server_identity(entry)[0])


def _is_of_another_installation(one: Entry, context: Context) -> bool:
    """Whether it starts a posthog-wizard that is there, but is not this one."""
    server, launcher = one.server, entry_repairs.steady_launcher(context, one.found)
    if not isinstance(server, Stdio) or launcher is None:
        return False
    words = (server.command, *server.arguments)
    if one.doubt is not None and words[: len(context.machine.launcher)] != context.machine.launcher:
        return False  # nobody looks at a path that a stranger names
    ours = is_our_program(words) and is_absolute(server.command) and why_broken(server.command) is None
    return ours and not short_lived(server.command, context.machine) and words[: len(launcher)] != launcher
