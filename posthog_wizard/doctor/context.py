"""What is examined: the machine, its clients' files and what stands in them, parsed once for all checks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, NewType, TypeVar

from posthog_wizard.api.hosts import api_base, hosts_to_ask
from posthog_wizard.clients.entries import EntryFields, read_back, read_entry
from posthog_wizard.clients.recognise import EntryOrigin, claims, recognise, wrong_address
from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.errors import ConfigError, CredentialError, WizardError, WrongUsage
from posthog_wizard.install.history import History
from posthog_wizard.model import NOTHING, Client, Found, Json, Key, Machine, Scope, Secret, Server, equal
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.plan.draft import Draft
from posthog_wizard.settings import Flags, resolve_settings

_Answer = TypeVar("_Answer")


class OnceCache:
    """The questions of one examination. Who asks what was asked already waits for that answer, or what is raised."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}

    def ask(self, key: Hashable, question: Callable[[], _Answer]) -> _Answer:
        """The answer to the question of that key."""
        with self._lock:
            if key not in self._asked:
                self._asked[key] = start_in_background(question)
            asked: Future[_Answer] = self._asked[key]
        return asked.result()


def once(question: Callable[[], _Answer]) -> Callable[[], _Answer]:
    """The question, asked once however many threads want to know."""
    return partial(OnceCache().ask, None, question)


DEFAULT_NAME = "posthog"  # what our entry is called unless somebody says otherwise


class DoctorOptions(NamedTuple):
    """What the command line asked for."""

    clients: tuple[Client, ...]  # those to look at
    named: bool = False  # the user named them
    scope: Scope = "user"
    offline: bool = False  # skip what needs the network
    timeout: float = 20.0  # seconds for everything together
    profile: str | None = None
    host: str | None = None  # the PostHog that flags name
    region: str | None = None

    @property
    def bases(self) -> tuple[str, ...]:
        """Its base URLs; none where no flag names one. Raises WrongUsage."""
        return hosts_to_ask(self.region, self.host) if self.host or self.region else ()


class OwnKey(NamedTuple):
    """The key that commands of ours would use on this machine; `key` is None when there is none."""

    key: Secret | None
    source: str | None = None  # for example "the variable POSTHOG_PERSONAL_API_KEY"
    host: str | None = None  # the PostHog that it belongs to, where that is known
    notes: tuple[str, ...] = ()
    problem: WizardError | None = None  # why it cannot be had, though something names it


class Doubt(NamedTuple):
    """Why nothing is started, asked or expanded for an entry, and what a person can do."""

    cause: str
    fix: str
    stranger: bool = False  # it stands in a project's file, which the user can allow
    keyless: bool = False  # it starts a program of ours that finds no key on this machine
    status: Literal["warn", "fail"] = "warn"  # of the line of the client's connection


class Drift(NamedTuple):
    """What differs from what we wrote. `takeover` and `wider` are pieces of a sentence, empty where it is neither."""

    changes: tuple[str, ...]
    takeover: str = ""
    wider: str = ""


class Entry(NamedTuple):
    """One server's entry in a client's file, PostHog's or not."""

    found: Found
    name: str
    value: Json
    raw: bytes
    origin: EntryOrigin | None  # what makes it PostHog's; None: nothing in it does
    fields: EntryFields  # what it says
    server: Server | None  # as read back in the client's own spelling; None: neither an address nor a command
    written_by_us: bool = False  # an earlier run of ours wrote exactly this; looked up only where it matters
    left: Mapping[str, Json] = NOTHING  # how our last run left it; empty: it left none here
    drift: Drift | None = None  # what was changed since
    doubt: Doubt | None = Doubt("nobody has judged it yet", "run `posthog-wizard mcp doctor`")  # None: see `trust`
    allowed: bool = False  # the user has seen it and allows it, for this run and no repair
    program: tuple[str, ...] | None = None  # what its command stood for when the user allowed it

    @property
    def ours(self) -> bool:
        """Whether it leads to PostHog or was written by us: nobody else's entry is ever started or changed."""
        return self.origin is not None or self.written_by_us or bool(self.left)

    @property
    def unchanged(self) -> bool:
        """Whether it says what our last run wrote there."""
        return bool(self.left) and equal(self.left, self.value)

    @property
    def wrong_address(self) -> str | None:
        """Why nothing can come back from its address; what the user named (`--mcp-url`) is right."""
        return None if self.unchanged else wrong_address(self.fields)

    @property
    def looked_at(self) -> bool:
        """Whether it is PostHog's or looks like it, so that doctor says what it makes of it."""
        return self.ours or claims(self.fields)

    @property
    def is_posthog(self) -> bool:
        """Whether it is PostHog's own server, not another one behind PostHog's proxy."""
        return self.ours and self.origin != "installation"

    @property
    def key(self) -> Key:
        """The key that it holds or refers to."""
        return self.server.key if self.server is not None else None

    @property
    def client(self) -> Client:
        """The client in whose file it stands."""
        return self.found.client

    @property
    def switched_off(self) -> bool:
        """Whether the user switched it off in the client."""
        switch = self.found.place.schema.switch
        return any(self.value.get(name) == value for name, value in switch.items())

    @property
    def where(self) -> Json:
        """What a check's `data` says of it."""
        return {"path": str(self.found.path), "scope": self.found.place.scope, "entry": self.name}


Trusted = NewType("Trusted", Entry)
"""An entry for which something may be started, asked or expanded. Whatever does so takes no other.

`Context.trusted` is where they come from; `trust` makes one to look where its key would go.
"""


class Context(NamedTuple):
    """A machine under examination. `found` holds the places in the wanted scope, `entries` what they hold."""

    machine: Machine
    options: DoctorOptions
    found: tuple[Found, ...]
    entries: tuple[Entry, ...]
    key: Callable[[], OwnKey]  # looked up when it is first asked for, once
    deadline: float  # `time.monotonic()` by which every task shall have answered
    answers: OnceCache  # what several checks want to know, and who knows it is asked once
    history: Callable[[], History] = lambda: History((), ())  # what earlier runs of ours did, read once
    problems: Mapping[Path, ConfigError] = NOTHING  # files that their clients cannot read
    python: tuple[int, ...] = sys.version_info[:2]

    @property
    def our_entries(self) -> tuple[Entry, ...]:
        """The entries that are PostHog's."""
        return tuple(entry for entry in self.entries if entry.ours)

    @property
    def trusted(self) -> tuple[Trusted, ...]:
        """Those that are looked at, and that nothing speaks against or the user allowed."""
        return tuple(Trusted(one) for one in self.entries if one.looked_at and (one.doubt is None or one.allowed))

    @property
    def doubted(self) -> tuple[Entry, ...]:
        """Those that are looked at and left alone."""
        return tuple(one for one in self.entries if one.looked_at and one.doubt is not None and not one.allowed)

    def of(self, client: Client) -> tuple[Entry, ...]:
        """The client's entries that are PostHog's."""
        return tuple(entry for entry in self.our_entries if entry.client.id == client.id)

    def trusted_of(self, client: Client) -> tuple[Trusted, ...]:
        """The client's entries that may be acted upon."""
        return tuple(entry for entry in self.trusted if entry.client.id == client.id)

    def may_ask(self, *addresses: str) -> bool:
        """Whether these may be asked: the network may be used, or is not needed. What is no address the trial tells."""
        return not self.options.offline or all(map(_is_local, addresses))

    def places(self, client: Client) -> tuple[Found, ...]:
        """The client's files on this machine, when it is installed."""
        return tuple(found for found in self.found if found.client.id == client.id and found.detected)


def _is_local(address: str) -> bool:
    try:
        return parse_address(address, allow_http=True).loopback
    except WrongUsage:
        return True


def own_key(machine: Machine, flags: Flags, patience: float, *, offline: bool = False) -> OwnKey:
    """The key that commands of ours work with: from the environment, else from the profile's store, which is read.

    A store that does not answer within `patience` seconds, as one that waits to be unlocked, is a problem of its own.
    """
    try:
        given = resolve_settings(machine, flags)
        if given.host is not None and given.host != (given.profile and given.profile.host):
            api_base(given.host)  # plain http was agreed to for the profile's PostHog alone
        if (source := given.bound_key) is None:
            quiet = given.key is None and given.notes  # a project's key in POSTHOG_API_KEY is no trouble
            return OwnKey(None, None, given.host, given.notes, None if quiet else given.defect)
        asked = start_in_background(partial(source.now, offline=offline))
        if not wait([asked], patience).done:
            told = f"{source.words} did not answer within {patience:g} seconds; it may be waiting to be unlocked"
            return OwnKey(None, problem=CredentialError(told, "unlock it, then run the command again"))
        return OwnKey(asked.result(), source.words, given.host, given.notes)
    except WizardError as problem:
        return OwnKey(None, problem=problem)


def read_entries(found: Found, hosts: Collection[str] = ()) -> tuple[Entry, ...]:
    """The entries of one file, unjudged; `hosts`: see `recognise`. Raises ConfigError for what cannot be read."""
    draft, schema, entries = Draft(found), found.place.schema, list[Entry]()
    for name, value in draft.entries().items():
        fields = read_entry(schema, value)
        origin = recognise(fields, hosts)
        try:
            raw = draft.raw(found.place.keys_of(name)) or b""
        except ConfigError:  # two members of one name: an error only where we would edit
            if origin is not None or name == DEFAULT_NAME:
                raise
            raw = b""
        entries.append(Entry(found, name, value, raw, origin, fields, read_back(schema, value)))
    return tuple(entries)
