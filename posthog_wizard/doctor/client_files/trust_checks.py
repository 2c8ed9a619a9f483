"""Does the client read the project's file at all? Some do so only in folders, or for entries, that the user approves there.

Kimi Code keeps a file a folder, named by a digest, and where Amp keeps approvals is not known: their next steps say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from posthog_wizard.clients.paths import first_path
from posthog_wizard.doctor.check import Check, finding, of_entry
from posthog_wizard.doctor.context import Context
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import ConfigError
from posthog_wizard.install import files
from posthog_wizard.install.detect import project_root
from posthog_wizard.install.disk import this_disk
from posthog_wizard.model import RELAXED, Client, Json, Trust


def trusts(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client trusts the folder in whose file our entry stands."""
    entries = [one for one in context.of(client) if one.found.place.scope == "project" and one.found.detected]
    if client.trust is None or not entries:
        return
    [entry, *_], root = entries, project_root(context.machine.working_directory)
    name, command, data = entry.name, client.trust.approve, {**entry.where, "folder": str(root)}
    known = first_path(client.trust.paths, context.machine)
    if known is not None and _is_trusted(client.trust, known, root, name):
        yield finding("ok", f"{client.title} trusts {root}", data=data)
        return
    what, fix = f"`{root}` is not trusted", f"start {client.title} in that folder and say that you trust it"
    if command is not None:
        what, fix = f"`{name}` is not approved for `{root}`", f"run `{command.format(name=name)}` in that folder"
    cause = f"{what} in {client.title}, so it ignores `{entry.found.path}`"
    yield of_entry(entry, "warn", cause, fix)._replace(data=data)


def _is_trusted(trust: Trust, path: Path, root: Path, name: str) -> bool:
    """Whether the folder, or one above it, is among those; a file that cannot be read trusts nobody."""
    try:
        folders = FORMATS[trust.format].parse(files.read_file(path, this_disk()), RELAXED).get(trust.keys)
    except ConfigError:
        return False
    return any(_says(trust, folders, str(folder), name) for folder in (root, *root.parents))


def _says(trust: Trust, folders: Json, folder: str, name: str) -> bool:
    if isinstance(folders, list):
        return folder in folders
    value = folders.get(folder) if isinstance(folders, Mapping) else None
    value = value.get(name) if trust.approve and isinstance(value, Mapping) else value
    return (value.get(trust.field) if trust.field and isinstance(value, Mapping) else value) in trust.values
