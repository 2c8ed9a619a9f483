"""Our entry: is it there and of today, where and as the client reads it, did somebody change it or switch it off?"""

from collections.abc import Iterator, Mapping

from posthog_wizard.clients.entries import EntryFields, command_field, missing_field, read_entry, unread_address
from posthog_wizard.clients.recognise import is_legacy, is_our_program, key_among, recognise
from posthog_wizard.doctor.check import Check, Repair, Status, add_command, advice, command_for, finding, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.context import DEFAULT_NAME, Context, Entry
from posthog_wizard.doctor.install_checks import is_absolute
from posthog_wizard.doctor.trust import CHANGED
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import NotSupported
from posthog_wizard.install.history import Record, Run
from posthog_wizard.install.key_placeholder import VEILED
from posthog_wizard.install.unread_places import UnreadPlace, unread_places
from posthog_wizard.invocation import invocation_of
from posthog_wizard.launcher import short_lived, why_broken
from posthog_wizard.model import Client, Edit, Found, Json, Stdio, name_of
from posthog_wizard.plan.draft import Draft
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
        back = f"if that was not you: {advice(restore, add_command(one, value=read_entry(one.found.place.schema, one.left)))}"
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
    if server != _server(read_entry(one.found.place.schema, one.left)):  # limits aside
        address = server[0] or server[-1]
        where = f"`{address}`" if address else "another server"
        return f": it leads to {address if address == _ANY_HOSTED else where} now"
    return f": {one.drift.wider}" if one.drift.wider else None


def _missing(found: Found, context: Context) -> Check:
    client, add = found.client, command_for("add", found)
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
        for record in reversed(run.done):
            if record.path == found.path:
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


# ------------------------------------------------------------------ its spelling, and where it stands


def shape(context: Context, entry: Entry) -> Check | None:
    """Whether the client takes the entry for what it is."""
    cause = misread(entry)
    if cause is None:
        return None
    return of_entry(entry, "fail", cause, add_command(entry), entry_repairs.rewrite_entry(entry, context))


def misread(entry: Entry) -> str | None:
    """Why its client does not understand the entry; None when it does."""
    value, schema, fields = entry.value, entry.found.place.schema, entry.fields
    if fields.url is None:
        return _misread_command(entry)
    if schema.remote is None:
        return "this client only starts programs from its file; an address there is dead"
    if fields.command is not None:
        return "it has both an address and a command, which stops some clients from starting"
    unread = unread_address(schema, value)
    if unread is not None:
        return f"the address stands under `{unread[0]}`, and the client reads `{unread[1]}`"
    missing = missing_field(schema, value)
    if missing is not None:
        name, known = missing
        is_now = "missing" if value.get(name) is None else f"`{value[name]}`"
        return f"`{name}` is {is_now}, and must be `{known}`, or the client does not see a server"
    return None


def address(context: Context, entry: Entry) -> Check | None:
    """Whether the address can be PostHog's, and the key reaches it and nobody else, as the text alone tells."""
    cause, add = entry.wrong_address, add_command(entry)
    if cause is not None:
        repair = entry_repairs.readdressed(entry) or entry_repairs.write_back(entry, context)
        return of_entry(entry, "fail", cause, add, repair)
    if key_among(entry.fields.words):
        cause = "its key stands among the words of a command, which every user of this machine can read"
        return of_entry(entry, "warn", cause, add, entry_repairs.rewrite_entry(entry, context))
    return None


def _misread_command(entry: Entry) -> str | None:
    name, command = command_field(entry.found.place.schema, entry.value)
    if isinstance(command, Mapping):
        return "its command is an object with `path` and `args`, as only old versions read it"
    program = entry.fields.command
    if isinstance(program, list):
        return f"`{name}` is a list, as other clients read it, and this one reads a program there"
    if entry.server is None and isinstance(program, str):
        return "its arguments must be a list of texts, or the client starts the program without them, or not at all"
    words = program.split() if isinstance(program, str) else []
    if len(words) > 1 and not is_absolute(words[0]):
        return f"its whole command line stands in `{name}`, where the client looks for one program of that name"
    return None


def misplaced(context: Context, client: Client) -> Iterator[Check]:
    """Whether an entry stands where the client does not look; `--fix` moves it, or takes it out where it is not needed."""
    places = [found for found in context.places(client) if found.path not in context.problems]
    if not places:
        return
    has_it = any(entry.is_posthog for entry in context.of(client))
    strays = [(one, name) for one in unread_places(places, context.machine) for name in one.names]
    yield from (_misplaced(one, name, context, needed=not has_it) for one, name in strays)
    if not strays:
        right = finding("ok", f"PostHog stands where {client.title} reads it", data={"path": str(places[0].path)})
        yield right if has_it else right._replace(status="skip", title=client.title, cause="there is no entry")


def _misplaced(one: UnreadPlace, name: str, context: Context, *, needed: bool) -> Check:
    title, where = f"{one.belongs.client.title}: `{name}`", f"stands in {one.shown}, which is not read: {one.why}"
    data = {"path": str(one.found.path), "scope": one.belongs.place.scope, "entry": name}
    if needed:
        return finding("fail", title, f"it {where}", command_for("add", one.belongs), _move(one, name, context), data)
    take_out = f"take it out of `{one.found.path}`"
    return finding("warn", title, f"a second one {where}", take_out, _drop(one, name), data)


def _drop(one: UnreadPlace, name: str) -> Repair | None:
    """Take it out; not in a project, where it may be a stranger's."""
    if one.belongs.place.scope == "project":
        return None
    says = f"remove the entry `{name}`, which is not read, from {one.found.path}"
    return entry_repairs.drop_named(one.found, says, name)


def _move(one: UnreadPlace, name: str, context: Context) -> Repair | None:
    """Put it where it belongs; not in a project, where that would make a stranger's entry one of ours."""
    dropped, found = _drop(one, name), one.belongs
    if dropped is None:
        return None
    value = Draft(one.found).get(one.found.place.keys_of(name))
    launcher = entry_repairs.steady_launcher(context, found)
    try:
        spelled = entry_repairs.renewed(name, value, schema=found.place.schema, launcher=launcher)
    except (NotSupported, ValueError):
        return None
    says = f"move the entry `{name}` to where {found.client.title} reads it"
    return entry_repairs.add_entry(found, name, spelled, says)._replace(also=dropped)
