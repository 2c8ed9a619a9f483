"""Does PostHog reach the client twice, or is our entry hidden behind another one?"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from posthog_wizard.clients.paths import first_path
from posthog_wizard.clients.recognise import is_legacy
from posthog_wizard.clients.variables import expand_variables
from posthog_wizard.doctor.check import Check, finding, in_scope, of_entry, remove_command
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.client_environment import client_environment
from posthog_wizard.doctor.context import DEFAULT_NAME, Context, Entry, read_entries
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import ConfigError
from posthog_wizard.install import files
from posthog_wizard.install.detect import detect, project_root
from posthog_wizard.install.disk import this_disk
from posthog_wizard.model import RELAXED, Client, Json, Scope
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.duplicates import duplicates_of, is_same_name
from posthog_wizard.printable import word


def duplicates(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client reaches the same server in more than one way: every tool then comes twice."""
    for found in context.places(client):
        # the first is to be kept: of today's spelling, switched on, of the usual name
        ours = [entry for entry in context.our_entries if entry.found is found]
        ours.sort(key=lambda entry: (is_legacy(entry.fields), entry.switched_off, entry.name != DEFAULT_NAME))
        if ours:
            doubles = [*_duplicates(ours), *_plugins(ours, context)]
            yield from doubles or [finding("ok", f"{client.title} has PostHog once", data=ours[0].where)]


def _duplicates(ours: list[Entry]) -> Iterator[Check]:
    left = ours
    while left:
        main, *rest = left
        names = duplicates_of(main.name, main.fields, {entry.name: entry.fields for entry in rest})
        twice = [entry for entry in rest if entry.name in names]
        # where an earlier run of ours was asked for another name, that is on purpose
        duplicates = [one for one in twice if not one.written_by_us or is_same_name(one.name, main.name)]
        yield from [_duplicate(duplicates, main)] if duplicates else []
        left = [entry for entry in rest if entry not in duplicates]


def _duplicate(duplicates: list[Entry], main: Entry) -> Check:
    """One finding, however many there are."""
    first, *more = duplicates
    names = f"`{main.name}` and `{first.name}`" + (f" and {len(more)} more" if more else "")
    remove = f"`posthog-wizard mcp remove {in_scope(main.found.place.scope, main.client.id)} --name {word(first.name)}`"
    repair = entry_repairs.drop(*duplicates) if main.doubt is None else None
    every, times = ("all", "many times") if more else ("both", "twice")
    cause = f"{every} lead to the same server, so every tool is there {times}"
    fix = f"{remove}, and so on for each name" if more else remove
    data = {**first.where, "entries": [one.name for one in duplicates]} if more else first.where
    return finding("warn", f"{main.client.title}: {names}", cause, fix, repair, data)


def _plugins(ours: list[Entry], context: Context) -> Iterator[Check]:
    main = next((entry for entry in ours if entry.is_posthog), None)
    if main is None:
        return
    for plugin in main.client.plugins:
        path, value = first_path(plugin.paths, context.machine), None
        with suppress(ConfigError):  # the client's settings are its own business
            content = files.read_file(path, this_disk()) if path is not None else None
            value = FORMATS["json"].parse(content, RELAXED).get(plugin.keys)
        if value is True or (isinstance(value, list) and value):
            yield finding(
                "warn",
                f"{main.client.title}: `{main.name}` and the plugin `{plugin.keys[-1]}`",
                "the plugin brings the same server along, so every tool is there twice",
                f"keep one: `{plugin.remove}` or {remove_command(main)}",
                data={**main.where, "plugin": plugin.keys[-1]},
            )


class _Other(NamedTuple):
    """An entry of another scope."""

    where: str
    name: str
    value: Json
    remove: str  # how it is taken out
    shared: bool = False  # it stands in a project's file


def shadowed(context: Context, client: Client) -> Iterator[Check]:
    """Whether an entry of another scope has the same name and another meaning: it wins, or loses, unseen."""
    entries = context.of(client)
    others = [*_overrides(context, client), *_other_scope(context, client)] if entries else []
    for entry in entries:
        other = next((one for one in others if one.name == entry.name and _differ(one, entry, context)), None)
        if other is None:
            yield finding("ok", f"`{entry.name}` is not hidden by another scope", data=entry.where)
        else:
            cause = f"in this project {other.where} has another entry of that name, and only one of them counts"
            fix = f"make them the same, or {other.remove}"
            if entry.doubt is not None and entry.found.place.scope == "project":  # anybody's: the user's own one stays
                fix = (
                    f"look at `{entry.found.path}`; if you do not want that entry, take it out: {remove_command(entry)}"
                )
            yield of_entry(entry, "warn", cause, fix)


def _differ(other: _Other, entry: Entry, context: Context) -> bool:
    """Whether they say different things to the client, with the variables put in that they name.

    What a stranger may have written is compared as it stands.
    """
    if other.shared or entry.doubt is not None:
        return bool(other.value != entry.value)
    schema, given = entry.found.place.schema, client_environment(entry.client, context.machine)
    texts = (json.dumps(value, sort_keys=True, default=str) for value in (other.value, entry.value))  # TOML has dates
    said, own = (expand_variables(schema, text, given) for text in texts)
    return said != own


def _overrides(context: Context, client: Client) -> Iterator[_Other]:
    root = str(project_root(context.machine.working_directory))
    keys = tuple(root if key == "{project}" else key for key in client.overrides)
    under = " > ".join(f"`{key}`" for key in keys)
    for found in context.places(client) if keys else ():
        with suppress(ConfigError):
            entries, where = Draft(found).get(keys), f"`{found.path}`, under {under},"
            for name, value in entries.items() if isinstance(entries, Mapping) else ():
                yield _Other(where, name, value, "take that one out by hand")


def _other_scope(context: Context, client: Client) -> Iterator[_Other]:
    scope: Scope = "user" if context.options.scope == "project" else "project"
    mine = {found.path for found in context.found}
    remove = f"take that one out: `posthog-wizard mcp remove {client.id} --scope {scope}`"
    for found in detect((client,), context.machine, scope, without=mine):
        if found.problem is None:
            with suppress(ConfigError):  # that file is not what was asked about
                where, shared = f"`{found.path}`", scope == "project"
                yield from (_Other(where, one.name, one.value, remove, shared) for one in read_entries(found))
