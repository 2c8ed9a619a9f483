"""Is the client here, can it read its own file, and does it read the project's at all?

Some read that only in folders, or entries of it only, that the user approves there. Kimi Code keeps a file a folder,
named by a digest, and where Amp keeps approvals is not known: their next steps say it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from posthog_wizard.clients.paths import first_path
from posthog_wizard.doctor.check import Check, Repair, Status, finding, in_scope, mend, of_entry
from posthog_wizard.doctor.context import Context
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.documents.text import BYTE_ORDER_MARK
from posthog_wizard.errors import ConfigError
from posthog_wizard.install import files
from posthog_wizard.install.detect import looked_for, project_root
from posthog_wizard.install.disk import this_disk
from posthog_wizard.model import RELAXED, Client, Found, Json, Trust
from posthog_wizard.plan.draft import Draft
from posthog_wizard.printable import word

_MARKS: Mapping[str, tuple[Status, str]] = {
    "refused": ("fail", "it begins with a byte-order mark, which the client refuses: it then sees no server at all"),
    "unknown": ("warn", "it begins with a byte-order mark, and it is not known whether the client accepts that"),
}


def detected(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client is on this machine."""
    places, named = context.places(client), context.options.named
    if places:
        title, several = f"{client.title} is installed", _packages(places[0])
        read = f"{title} {len(several)} times ({', '.join(several)}), and {places[0].path} is taken for its file"
        yield finding("ok", read if len(several) > 1 else title, data={"evidence": list(places[0].evidence)})
    elif context.options.scope == "project" and not any(place.scope == "project" for place in client.places):
        yield finding("skip", client.title, client.without_projects)
    else:
        cause = f"it was not found (looked for {looked_for(client, context.machine)})"
        where = in_scope(context.options.scope, client.id)
        fix = f"install it, or write its file anyway: `posthog-wizard mcp add {where} --force`"
        yield finding("fail" if named else "skip", client.title, cause, fix if named else None)


def _packages(found: Found) -> list[str]:
    """The folders that a `*` in the path of its file stands for."""
    starred = {
        path.rpartition("/")[0].split("*")[0].rpartition("/")[2]
        for paths in found.place.paths.values()
        for path in paths
        if "*" in path
    }
    return [name for name in (Path(one).name for one in found.evidence) if name.startswith(tuple(starred))]


def config(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client's own parser accepts each of its files."""
    for found in context.places(client):
        if found.content is None and found.problem is None:
            yield finding("skip", "configuration file", "there is none yet", data=_data(found))
        else:
            yield _read(found, context.problems.get(found.path))


def _read(found: Found, problem: ConfigError | None) -> Check:
    if problem is not None:
        data = {**_data(found), "line": problem.line, "column": problem.column}
        title, fix = f"{found.client.title} cannot read its file", problem.hint or f"look at `{found.path}`"
        if problem.line is not None:
            again = f"`posthog-wizard mcp doctor {in_scope(found.place.scope, found.client.id)}`"
            fix = f"fix line {problem.line}, column {problem.column} in an editor, then run {again} again"
        return finding("fail", title, str(problem), fix, data=data)
    if (found.content or b"").startswith(BYTE_ORDER_MARK) and found.client.byte_order_mark != "accepted":
        status, cause = _MARKS[found.client.byte_order_mark]
        fix = f"{mend(found.place.scope)}, or save the file as UTF-8 without it"
        marked = finding(status, f"{found.client.title}: {found.path}", cause, fix, data=_data(found))
        return marked._replace(repair=Repair(found, "take the byte-order mark away", Draft.drop_byte_order_mark))
    title, warnings = f"{found.client.title} can read {found.path}", "; ".join(Draft(found).warnings)
    if warnings:
        return finding("warn", title, warnings, "take it out, if the client ignores the file", data=_data(found))
    return finding("ok", title, data=_data(found))


def _data(found: Found) -> dict[str, Json]:
    return {"path": str(found.path), "scope": found.place.scope}


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
        what, fix = f"`{name}` is not approved for `{root}`", f"run `{command.format(name=word(name))}` in that folder"
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
