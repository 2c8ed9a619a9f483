"""Is the entry spelled as the client reads it, and does it stand where the client looks?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from posthog_wizard.clients.entries import command_field, missing_field, unread_address
from posthog_wizard.doctor.check import Check, Repair, finding, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.commands import add_command, add_to
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.doctor.install_checks import is_absolute
from posthog_wizard.errors import NotSupported
from posthog_wizard.install.unread_places import UnreadPlace, unread_places
from posthog_wizard.model import Client
from posthog_wizard.plan.draft import Draft

_SPELLED_KEY = re.compile(r"\bph[xa]_\w{6,}")


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
    if any(map(_SPELLED_KEY.search, entry.fields.words)):
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
        return finding("fail", title, f"it {where}", add_to(one.belongs), _move(one, name, context), data)
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
