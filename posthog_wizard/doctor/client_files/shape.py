"""Is the entry spelled as the client reads it, and does it stand where the client looks?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import missing_field, read_entry, unread_address
from posthog_wizard.clients.paths import first_path
from posthog_wizard.clients.recognise import recognise
from posthog_wizard.doctor.check import Check, Repair, advice
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.commands import add_command, add_to
from posthog_wizard.doctor.context import Context
from posthog_wizard.errors import ConfigError, NotSupported
from posthog_wizard.install.detect import at_path
from posthog_wizard.model import Client, EntrySchema, Found, Json
from posthog_wizard.plan.draft import Draft

_CONTAINERS = dict.fromkeys(place.container for client in CLIENTS.values() for place in client.places)
_FORMER = ("mcp", "servers")  # where VS Code had them in its settings


def shape(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client takes each entry for what it is."""
    check_id = f"client.{client.id}.shape"
    for entry in context.of(client):
        cause = _misread(entry.value, entry.found.place.schema)
        if cause is None:
            yield Check(check_id, "ok", f"`{entry.name}` is spelled as {client.title} reads it", data=entry.where)
        else:
            repair = entry_repairs.rewrite_entry(entry, context)
            title, mended = f"{client.title}: `{entry.name}`", advice(repair, add_command(entry))
            yield Check(check_id, "fail", title, cause, mended, repair, entry.where)


def _misread(value: Mapping[str, Json], schema: EntrySchema) -> str | None:
    """Why a client of this style does not understand the entry; None when it does."""
    fields = read_entry(schema, value)
    if fields.url is None:
        return None
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
        return f"`{name}` is {_quoted(value.get(name))}, and must be `{known}`, or the client does not see a server"
    return None


def misplaced(context: Context, client: Client) -> Iterator[Check]:
    """Whether an entry stands where the client does not look, while there is none where it does."""
    check_id = f"client.{client.id}.place"
    places = [found for found in context.places(client) if found.path not in context.problems]
    if not places:
        return
    if any(entry.is_posthog for entry in context.of(client)):
        yield Check(check_id, "ok", f"PostHog stands where {client.title} reads it", data={"path": str(places[0].path)})
        return
    for found, where, name, value, why in _unread(context, client, places):
        repair = _move(found, name, value, context)
        yield Check(
            check_id,
            "fail",
            f"{client.title}: `{name}`",
            f"it stands in {where}, which is not read: {why}",
            advice(repair, add_to(found)),
            repair,
            {"path": str(found.path), "scope": found.place.scope, "entry": name},
        )
        return
    yield Check(check_id, "skip", client.title, "there is no entry", data={"path": str(places[0].path)})


_Unread = tuple[Found, str, str, Json, str]  # where it belongs, where it stands, its name and value, why it is not read


def _unread(context: Context, client: Client, places: list[Found]) -> Iterator[_Unread]:
    """PostHog's entries in the wrong container, in a file of the past, or in one that another takes the place of."""
    for found in places:
        for container in (*_CONTAINERS, _FORMER):
            if container != found.place.container:
                key = ".".join(container)
                why = f"{client.title} reads `{'.'.join(found.place.container)}`"
                yield from ((found, f"`{key}`", name, value, why) for name, value in _entries(found, container))
    for path, container, why in _files(context, client, places):
        stray = at_path(client, path, context.options.scope)
        yield from ((places[0], f"`{path}`", name, value, why) for name, value in _entries(stray, container))


def _files(context: Context, client: Client, places: list[Found]) -> Iterator[tuple[Path, tuple[str, ...], str]]:
    for stray in client.unread_locations:
        path = first_path(stray.paths.get(context.machine.os, ()), context.machine)
        if path is not None:
            yield path, stray.container, stray.why
    if places[0].place.exclusive:
        for other in client.places:
            path = first_path(other.paths.get(context.machine.os, ()), context.machine)
            if not other.exclusive and other.scope == "user" and path is not None:
                yield path, other.container, f"{client.title} reads `{places[0].path}`"


def _entries(found: Found, container: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """PostHog's entries in that container; none where the file cannot be read, which is not the client's file."""
    try:
        entries = Draft(found).get(container)
    except ConfigError:
        return
    if isinstance(entries, Mapping):
        read = ((name, value, read_entry(found.place.schema, value)) for name, value in entries.items())
        yield from ((name, value) for name, value, fields in read if recognise(fields) not in {None, "installation"})


def _move(found: Found, name: str, value: Json, context: Context) -> Repair | None:
    """Put it where it belongs; not in a project, where that would make a stranger's entry one of ours."""
    if found.place.scope == "project":
        return None
    try:
        spelled = entry_repairs.renewed(
            name, value, schema=found.place.schema, launcher=entry_repairs.steady_launcher(context, found)
        )
    except (NotSupported, ValueError):
        return None
    return entry_repairs.add_entry(found, name, spelled, f"put the entry `{name}` where {found.client.title} reads it")


def _quoted(value: Json) -> str:
    return f"`{value}`" if value is not None else "missing"
