"""Does a key stand in plain text where others read it: in a shared file, in git, in a file that is open to them?"""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from posthog_wizard.credentials.environment import GENERAL_KEY_VARIABLE, PERSONAL_KEY_VARIABLE
from posthog_wizard.doctor.check import Check, Repair, Status, add_command, finding
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.client_environment import client_environment
from posthog_wizard.doctor.client_files.git_index import is_tracked
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.doctor.keys.entry_keys import is_placeholder, keys_of
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold, leftovers, own_leftovers, sweep
from posthog_wizard.model import EnvironmentReference, Found, Secret
from posthog_wizard.own_files import PRIVATE
from posthog_wizard.sandbox.api.known_keys import KEYS
from posthog_wizard.sign_in.shared_token import left_locks


def project(context: Context) -> Iterator[Check]:
    """Whether a key stands in plain text in a file that a project shares."""
    cause = "it holds a key, and a project's file is shared"
    return _standing(context, "warn", cause, lambda found: found.place.scope == "project")


def tracked(context: Context) -> Iterator[Check]:
    """Whether a key stands in a file that git tracks."""
    cause = "it holds a key, and git tracks it: everybody with the repository has the key"
    return _standing(context, "fail", cause, lambda at: is_tracked(at.path) or is_tracked(this_disk().resolve(at.path)))


def _standing(context: Context, status: Status, cause: str, matches: Callable[[Found], bool]) -> Iterator[Check]:
    for entry in _holding(context):
        if matches(entry.found):
            title, add = f"{entry.client.title}: {entry.found.path}", add_command(entry, "--secret", "store")
            fix = f"{add}, then put a new key in its place: `posthog-wizard key rotate`, for the old one is known"
            yield finding(status, title, cause, fix, _to_variable(entry, context), entry.where)


def _to_variable(entry: Entry, context: Context) -> Repair | None:
    """The entry with a reference to the variable that holds its key already, where the client can read it."""
    if entry.found.place.schema.environment_reference is None or not isinstance(entry.key, Secret):
        return None
    seen = client_environment(entry.client, context.machine)
    names = (PERSONAL_KEY_VARIABLE, GENERAL_KEY_VARIABLE)
    name = next((name for name in names if Secret(seen.get(name, "")) == entry.key), None)
    if name is None:
        return None
    repair = entry_repairs.with_key(entry, EnvironmentReference(name), f"read the key of `{entry.name}` from {name}")
    return repair and repair._replace(holds_key=False)


def exposed(context: Context) -> Iterator[Check]:
    """Whether other users of this machine can read a file with a key in it."""
    hits = {entry.found.path: entry for entry in _holding(context) if entry.found.open_to_others}
    for path, entry in hits.items():
        cause, fix = (
            "it holds a key, and other users of this machine can read it",
            f"`chmod 600 {shlex.quote(str(path))}`",
        )
        repair = Repair(entry.found, f"let nobody else read {path}", mode=PRIVATE)
        yield finding("warn", f"{entry.client.title}: {path}", cause, fix, repair, entry.where)


def leftover(context: Context) -> Iterator[Check]:
    """Whether runs that were killed left temporary files, which may hold a key."""
    found = _leftovers(context)
    if not found:
        return

    def remove() -> None:
        with hold(context.machine, this_disk(), "mcp doctor --fix"):  # nobody is writing just now
            sweep(_leftovers(context), this_disk())

    cause = f"a run was killed and left {', '.join(f'`{path}`' for path in found)}; a key may be in such a file"
    repair = Repair(None, "remove what killed runs left", prepare=remove)
    paths = [str(path) for path in found]
    yield finding("warn", "what killed runs left", cause, f"`rm {shlex.join(paths)}`", repair, {"paths": paths})


def _leftovers(context: Context) -> tuple[Path, ...]:
    disk, machine = this_disk(), context.machine
    beside = (left for one in context.found if one.problem is None for left in leftovers(one.path, disk))
    return tuple(dict.fromkeys((*own_leftovers(machine, disk), *beside, *left_locks(machine))))


def _holding(context: Context) -> list[Entry]:
    """The entries with a key in plain text, of whatever kind, that is worth hiding: the sandbox's documented ones are not."""
    documented = {key.value for key in KEYS}
    return [entry for entry, text in keys_of(context) if not is_placeholder(text) and text not in documented]
