"""Which clients a use case is about.

A named client that is not installed is a failure, with what was looked for, and not a silent skip.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.clients import CLIENTS, NOT_SUPPORTED, OTHER_NAMES
from posthog_wizard.errors import NotSupported, WrongUsage
from posthog_wizard.install.detect import at_path, detect, looked_for
from posthog_wizard.model import Client, Found, Machine, Outcome, Scope


class ClientSelection(NamedTuple):
    """The clients that the command line names, and where their files are."""

    clients: tuple[Client, ...]  # empty: none was named
    scope: Scope
    config_path: Path | None
    absent_too: bool  # work on named clients that are not on this machine, too

    @property
    def named(self) -> bool:
        """Whether the user named clients, so that what one cannot do is an error."""
        return bool(self.clients)


class ClientChoice(NamedTuple):
    """The flags that say which clients, and which of their files and entries."""

    clients: list[str] | None = None
    client: list[str] | None = None  # more of them
    every: bool = False
    scope: Scope = "user"
    config_path: Path | None = None
    name: str | None = None
    force: bool = False

    def selection(self, *, absent_too: bool) -> ClientSelection:
        """The clients that are meant. Raises WrongUsage for unknown ids and contradictions."""
        clients = clients_named([*(self.clients or ()), *(self.client or ())])
        if self.every and clients:
            raise WrongUsage("`--all` and named clients cannot be combined", "leave one of them out")
        if self.config_path is not None and len(clients) != 1:
            raise WrongUsage(
                "`--config-path` needs exactly one client", "name it, for example `mcp add cursor --config-path PATH`"
            )
        return ClientSelection(clients, self.scope, self.config_path, absent_too)


def clients_named(names: Iterable[str]) -> tuple[Client, ...]:
    """The clients of these ids or other names, each once. Raises WrongUsage as `client_named`."""
    return tuple({client.id: client for client in map(client_named, names)}.values())


def client_named(name: str, *, to_print: bool = False) -> Client:
    """The client of that id, or that people call so. Raises WrongUsage, saying what is known of the product."""
    import difflib

    from posthog_wizard.clients.print_only import PRINT_ONLY

    named = {**PRINT_ONLY, **CLIENTS}
    product = _product(name, named.values())
    client = named.get(product or "")
    if client is not None and client.print_only and not to_print:
        raise WrongUsage(
            f"{client.title} has to be set up by hand: {client.print_only}",
            f"`posthog-wizard mcp print {client.id}` says what to paste, and where",
        )
    if client is not None:
        return client
    if product is not None:
        raise WrongUsage(
            f"`{product}` is not supported: {NOT_SUPPORTED[product]}", f"known clients: {_listed(CLIENTS)}"
        )
    near = difflib.get_close_matches(re.sub(r"[\s_]+", "-", name.strip().lower()), named, n=3, cutoff=0.75)
    known = _listed(near or sorted(named if to_print else CLIENTS))
    raise WrongUsage(f"unknown client `{name}`", f"did you mean {known}?" if near else f"known clients: {known}")


def _product(name: str, clients: Iterable[Client]) -> str | None:
    """The id of what is called so: in any case, with any signs between, and with what kind of program it is behind it."""
    ids = {_plain(called): one.id for one in clients for called in (*one.binaries, one.title, one.id)}
    ids |= {_plain(product): product for product in NOT_SUPPORTED} | OTHER_NAMES
    plain = _plain(name)
    return ids.get(plain) or ids.get(re.sub(r"(?:app|cli|desktop|editor|ide)$", "", plain))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def find(target: ClientSelection, machine: Machine) -> tuple[tuple[Found, ...], tuple[Outcome, ...]]:
    """The places to work on, and what is settled already: named clients that are not here, or have no such file."""
    clients = target.clients or tuple(CLIENTS.values())
    without_file = [one for one in clients if not any(place.scope == target.scope for place in one.places)]
    if target.named and without_file:
        raise NotSupported(without_file[0].without_projects, "leave `--scope project` out")
    if target.config_path is not None:
        path = (machine.working_directory / target.config_path.expanduser()).absolute()
        return (at_path(clients[0], path, target.scope),), ()
    found = detect(clients, machine, target.scope)
    wanted = [one for one in found if one.detected or (target.absent_too and target.named)]
    absent = [
        Outcome(
            one.client.id,
            one.place.scope,
            one.path,
            "failed",
            f"{one.client.title} was not found on this machine (looked for {looked_for(one.client, machine)})",
            "write its file anyway with `--force`",
        )
        for one in found
        if target.named and one not in wanted
    ]
    absent.extend(
        Outcome(one.id, target.scope, None, "skipped", one.without_projects)
        for one in without_file
        if any(there.detected for there in detect((one,), machine, "user"))
    )
    return tuple(wanted), tuple(absent)
