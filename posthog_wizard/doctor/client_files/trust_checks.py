"""Does the client read the project's file at all? Some do so only in folders that the user trusts there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from posthog_wizard.clients.paths import first_path
from posthog_wizard.doctor.check import Check
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
    root, check_id = project_root(context.machine.working_directory), f"client.{client.id}.trust"
    data = {**entries[0].where, "folder": str(root)}
    known = first_path(client.trust.paths, context.machine)
    if known is not None and _is_trusted(client.trust, known, root):
        yield Check(check_id, "ok", f"{client.title} trusts {root}", data=data)
    else:
        cause = f"`{root}` is not trusted in {client.title}, so it ignores `{entries[0].found.path}`"
        fix = f"start {client.title} in that folder and say that you trust it"
        yield Check(check_id, "warn", f"{client.title}: `{entries[0].name}`", cause, fix, data=data)


def _is_trusted(trust: Trust, path: Path, root: Path) -> bool:
    """Whether the folder, or one above it, is among those; a file that cannot be read trusts nobody."""
    try:
        folders = FORMATS[trust.format].parse(files.read_file(path, this_disk()), RELAXED).get(trust.keys)
    except ConfigError:
        return False
    return any(_says(trust, folders, str(folder)) for folder in (root, *root.parents))


def _says(trust: Trust, folders: Json, folder: str) -> bool:
    if isinstance(folders, list):
        return folder in folders
    value = folders.get(folder) if isinstance(folders, Mapping) else None
    return (value.get(trust.field) if trust.field and isinstance(value, Mapping) else value) in trust.values
