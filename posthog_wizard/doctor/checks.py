"""The table: everything that doctor looks at, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from posthog_wizard.doctor import install_checks
from posthog_wizard.doctor.check import Check, CheckRow, finding
from posthog_wizard.doctor.client_files import config, duplicate_checks, entry, environment_checks
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.doctor.keys import entry_keys, key_checks, key_places
from posthog_wizard.doctor.probes import connection_checks, installations, network_checks
from posthog_wizard.model import Client


def _clients(context: Context) -> Iterable[tuple[Client]]:
    return ((client,) for client in context.options.clients)


def _row(check_id: str, title: str, look: Callable[[Context], Iterable[Check]], fine: str | None = None) -> CheckRow:
    return CheckRow(check_id, title, look, lambda _: ((),), fine)


def _of_client(last: str, title: str, look: Callable[[Context, Client], Iterable[Check]]) -> CheckRow:
    return CheckRow(f"client.{{0.id}}.{last}", f"{{0.title}}: {title}", look, _clients)


def _of_entries(
    last: str,
    title: str,
    look: Callable[..., Check | None],
    fine: str = "",
    entries: Callable[[Context, Client], Iterable[Entry]] = Context.of,
) -> CheckRow:
    """One finding for each of the client's entries; `fine` says that there is none, with the entry's values in it."""

    def each(context: Context, client: Client) -> Iterator[Check]:
        for one in entries(context, client):
            check = look(context, one)
            if check is not None or fine:
                yield check or finding("ok", fine.format(one), data=one.where)

    return _of_client(last, title, each)


_CONNECTION = "client.{0.client.id}.connection"
OFFLINE: tuple[CheckRow, ...] = (
    _row("install.version", "posthog-wizard", install_checks.check_version),
    _row("install.python", "Python", install_checks.check_python),
    _row("install.state", "the state directory", install_checks.check_state),
    _row("install.entries", "the programs that entries start", install_checks.check_programs),
    _row("key.placeholder", "placeholders for keys", entry_keys.placeholders, "no placeholder stands for a key"),
    _row("key.kind", "the kind of the keys", entry_keys.kinds, "every key in an entry is a personal API key"),
    _row("key.same", "whether all entries hold the same key", entry_keys.same_key, "every entry holds the same key"),
    _row("key.rotated", "old keys left after a rotation", entry_keys.rotated, "no old key is left"),
    _row("key.project", "keys in project files", key_places.project, "no key stands in a project's file"),
    _row("key.tracked", "keys in files that git tracks", key_places.tracked, "no key stands in a file that git tracks"),
    _row("key.exposed", "keys that others can read", key_places.exposed, "no key stands where other users can read it"),
    _row("key.leftover", "what killed runs left", key_places.leftover, "no run that was killed left a file"),
    _of_client("detected", "whether it is installed", config.detected),
    _of_client("config", "its file", config.config),
    _of_client("entry", "its PostHog entry", entry.entry),
    _of_entries("enabled", "whether the entry is switched on", entry.enabled, "`{0.name}` is switched on"),
    _of_entries("shape", "the entry's spelling", entry.shape, "`{0.name}` is spelled as {0.client.title} reads it"),
    _of_entries("address", "the entry's address", entry.address, "`{0.name}` leads where its text says"),
    _of_client("place", "where the entry stands", entry.misplaced),
    _of_client("trust", "whether it reads the project's file", config.trusts),
    _of_client("second", "other ways to PostHog", duplicate_checks.duplicates),
    _of_client("shadowed", "entries of other scopes", duplicate_checks.shadowed),
    _of_entries(
        "environment", "the variables that it names", environment_checks.environment, entries=Context.trusted_of
    ),
    _of_entries("question", "the question for the key", environment_checks.question),
    _of_entries("command", "the command that it starts", environment_checks.command),
    _of_entries("oauth", "whether it can sign in", environment_checks.oauth, entries=Context.trusted_of),
)
"""What files alone tell."""

PROBES: tuple[CheckRow, ...] = (
    CheckRow(
        _CONNECTION, "connection of {0.client.title}", connection_checks.check_connection, lambda at: zip(at.trusted)
    ),
    CheckRow(
        _CONNECTION, "connection of {0.client.title}", connection_checks.check_doubted, lambda at: zip(at.doubted)
    ),
    CheckRow("key.valid", "the key in the entries", key_checks.examine_key, key_checks.entry_keys),
    CheckRow("key.valid", "the key in the store", key_checks.check_stored_key, key_checks.stored_keys),
    _row("key.source", "the key of our own commands", key_checks.check_own_key),
    _row("key.account", "the sign-ins of the profiles", key_checks.check_accounts),
    CheckRow(
        "installation.present",
        "the installed server of {0.client.title}: `{0.name}`",
        installations.check_installation,
        installations.used_installations,
    ),
    _row("installation.signed_in", "the servers of the project", installations.check_project),
    _row("network.api", "the network", network_checks.check_network),
)
"""Those that ask somebody: the real thing, the keys, the network."""

CHECKS = (*OFFLINE, *PROBES)
