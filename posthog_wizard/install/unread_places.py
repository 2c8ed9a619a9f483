"""Where PostHog's entries stand that their client does not read: a wrong container, an old file, another client's spelling."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.clients.entries import read_entry
from posthog_wizard.clients.paths import first_path
from posthog_wizard.clients.recognise import recognise
from posthog_wizard.errors import ConfigError
from posthog_wizard.install import files
from posthog_wizard.install.detect import project_root
from posthog_wizard.install.disk import this_disk
from posthog_wizard.model import RELAXED, FormatName, Found, KeyPath, Machine, Place
from posthog_wizard.plan.draft import Draft

# What clients and people call the container, without regard to case, `-`, `_` and dots.
_CONTAINERS = ("mcpservers", "servers", "contextservers", "mcpserver", "mcp")
_NESTED = ("mcp", "mcpservers", "experimental", "amp")  # they may hold a container in turn


class UnreadPlace(NamedTuple):
    """A place as it would be read if the client read it, the place where its entries belong, and why it is not read."""

    found: Found
    belongs: Found
    why: str

    @property
    def shown(self) -> str:
        """For people: the file, or the container where it is the client's own file."""
        same = self.found.path == self.belongs.path
        container = ".".join(map(str, self.found.place.container))
        return (f"`{container}`" if container else "the top level of its file") if same else f"`{self.found.path}`"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of PostHog's entries there."""
        return tuple(_ours(self.found))


def unread_place(place: Place, container: tuple[str, ...], form: FormatName) -> Place:
    """What a place would be if the client read that container of a file of that format."""
    return place._replace(container=container, format=form, dialect=RELAXED, item=None)


def unread_places(found: Iterable[Found], machine: Machine) -> Iterator[UnreadPlace]:
    """Those with an entry of PostHog's, for every client that is here; a file that cannot be read has none."""
    here = [one for one in found if one.detected]
    read = {one.path for one in here}
    for one in (one for one in here if one.problem is None):
        why = f"{one.client.title} reads `{'.'.join(map(str, one.place.container))}`"
        yield from _with_entries(one, one, why, but=one.place.container)
    for one in {one.client.id: one for one in reversed(here)}.values():
        for stray in one.client.unread_locations:
            place = unread_place(one.place, (), stray.format)
            yield from _at(one, place, tuple(stray.paths.split(", ")), stray.why, machine, read)
        for other in one.client.places if one.place.exclusive else ():
            if not other.exclusive and other.scope == one.place.scope:
                why = f"{one.client.title} reads `{one.path}` where that is there"
                yield from _at(one, other, other.paths.get(machine.os, ()), why, machine, read)


def _at(
    one: Found, place: Place, templates: tuple[str, ...], why: str, machine: Machine, read: Collection[Path]
) -> Iterator[UnreadPlace]:
    project = project_root(machine.working_directory) if one.place.scope == "project" else None
    here = tuple(text for text in templates if text.startswith("{project}") == (one.place.scope == "project"))
    for template in here:
        path = first_path((template,), machine, project)
        try:
            content = files.read_file(path, this_disk()) if path is not None and path not in read else None
        except ConfigError:
            continue
        if path is not None and content is not None:
            yield from _with_entries(Found(one.client, place, path, content, one.evidence), one, why)


def _with_entries(file: Found, belongs: Found, why: str, but: KeyPath | None = None) -> Iterator[UnreadPlace]:
    """The file's containers that have an entry of PostHog's; `but`: the one that the client reads."""
    for container in _containers(file):
        found = file._replace(place=file.place._replace(container=container))
        if container != but and any(_ours(found)):
            yield UnreadPlace(found, belongs, why)


def _containers(one: Found) -> Iterator[KeyPath]:
    """The document itself, and every mapping in it that is called like a container of servers, at the top or one below."""
    known = {*_CONTAINERS, *map(_plain, one.place.container)}
    with suppress(ConfigError):  # what is there twice cannot be told apart
        draft = Draft(one)
        yield ()
        for name in draft.names(()):
            if _plain(name) in known and draft.names((name,)):
                yield (name,)
            inner = draft.names((name,)) if _plain(name) in _NESTED else ()
            yield from ((name, key) for key in inner if _plain(key) in _CONTAINERS and draft.names((name, key)))


def _plain(name: object) -> str:
    return str(name).lower().translate({ord(letter): None for letter in "-_. "})


def _ours(found: Found) -> Iterator[str]:
    entries = Draft(found).get(found.place.container)
    for name, value in entries.items() if isinstance(entries, Mapping) else ():
        if recognise(read_entry(found.place.schema, value)) not in {None, "installation"}:
            yield name
