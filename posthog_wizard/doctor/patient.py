"""What is examined: the machine, its clients' files and what stands in them, parsed once for all checks."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

from posthog_wizard.clients.entries import read_back
from posthog_wizard.clients.recognise import Origin, recognise
from posthog_wizard.doctor.check import Task
from posthog_wizard.errors import ConfigError, CredentialError, WizardError
from posthog_wizard.install.detect import detect
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import History, read_history
from posthog_wizard.install.ownership import written_by_us
from posthog_wizard.model import NOTHING, Client, Found, Json, Key, Machine, Scope, Secret, Server
from posthog_wizard.plan.draft import Draft
from posthog_wizard.sources import Flags, sources

NAME = "posthog"  # what our entry is called unless somebody says otherwise
Result = TypeVar("Result")


class Options(NamedTuple):
    """What the command line asked for."""

    clients: tuple[Client, ...]  # those to look at
    named: bool = False  # the user named them
    scope: Scope = "user"
    offline: bool = False  # skip what needs the network
    timeout: float = 20.0  # seconds for everything together
    profile: str | None = None


class KeySource(NamedTuple):
    """The key that commands of ours would use on this machine; `key` is None when there is none."""

    key: Secret | None
    source: str | None = None  # for example "the variable POSTHOG_PERSONAL_API_KEY"
    host: str | None = None  # the PostHog that it belongs to, where that is known
    notes: tuple[str, ...] = ()
    problem: WizardError | None = None  # why it cannot be had, though something names it


class Entry(NamedTuple):
    """One server's entry in a client's file, PostHog's or not."""

    found: Found
    name: str
    value: Json
    raw: bytes
    origin: Origin | None  # what makes it PostHog's; None: nothing in it does
    server: Server | None  # as read back in the client's own spelling; None: neither an address nor a command
    written_by_us: bool = False  # an earlier run of ours wrote exactly this; looked up only where `origin` is None

    @property
    def ours(self) -> bool:
        """Whether it leads to PostHog or was written by us: nobody else's entry is ever started or changed."""
        return self.origin is not None or self.written_by_us

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
        switch = self.found.place.style.switch
        return any(self.value.get(name) == value for name, value in switch.items())

    @property
    def where(self) -> Json:
        """What a check's `data` says of it."""
        return {"path": str(self.found.path), "scope": self.found.place.scope, "entry": self.name}


class Patient(NamedTuple):
    """A machine under examination. `found` holds the places in the wanted scope, `entries` what they hold."""

    machine: Machine
    options: Options
    found: tuple[Found, ...]
    entries: tuple[Entry, ...]
    key: Callable[[], KeySource]  # looked up when it is first asked for, once
    deadline: float  # `time.monotonic()` by which every task shall have answered
    history: Callable[[], History] = lambda: History((), ())  # what earlier runs of ours did, read once
    problems: Mapping[Path, ConfigError] = NOTHING  # files that their clients cannot read
    python: tuple[int, ...] = sys.version_info[:2]

    @property
    def our_entries(self) -> tuple[Entry, ...]:
        """The entries that are PostHog's."""
        return tuple(entry for entry in self.entries if entry.ours)

    def of(self, client: Client) -> tuple[Entry, ...]:
        """The client's entries that are PostHog's."""
        return tuple(entry for entry in self.our_entries if entry.client.id == client.id)

    def places(self, client: Client) -> tuple[Found, ...]:
        """The client's files on this machine, when it is installed."""
        return tuple(found for found in self.found if found.client.id == client.id and found.detected)


Family = Callable[[Patient], Iterable[Task]]
"""One file of checks: the tasks that this machine calls for. Rows of `doctor.FAMILIES`."""


def admit(machine: Machine, options: Options, key: Callable[[], KeySource] | None = None) -> Patient:
    """Look at the machine. `key` says where the key of our own commands comes from; by default environment and profile."""
    known = written_by_us(machine)
    found = detect(options.clients, machine, options.scope)
    problems: dict[Path, ConfigError] = {}
    entries = tuple(entry for one in found for entry in _entries(one, known, problems))
    return Patient(
        machine=machine,
        options=options,
        found=found,
        entries=entries,
        key=once(key or (lambda: own_key(machine, options.profile, options.timeout / 2))),
        deadline=time.monotonic() + options.timeout,
        history=once(lambda: _history(machine)),
        problems=problems,
    )


def own_key(machine: Machine, profile: str | None, patience: float) -> KeySource:
    """The key that commands of ours work with: from the environment, else from the profile's store, which is read.

    A store that does not answer within `patience` seconds, as one that waits to be unlocked, is a problem of its own.
    """
    try:
        given = sources(machine, Flags(profile=profile))
        if given.key is None:
            passed_over = None if given.notes else given.defect  # a project's key in POSTHOG_API_KEY is no trouble
            return KeySource(None, None, given.host, given.notes, passed_over)
        key = _within(patience, given.key.read)
        if key is None:
            told = f"{given.key.words} did not answer within {patience:g} seconds; it may be waiting to be unlocked"
            return KeySource(None, problem=CredentialError(told, "unlock it, then run the command again"))
        return KeySource(key, given.key.words, given.host, given.notes)
    except WizardError as problem:
        return KeySource(None, problem=problem)


def _within(patience: float, ask: Callable[[], Result]) -> Result | None:
    """The answer, None when it does not come in time; who is asked is left alone then. Raises what it raises."""
    answers: SimpleQueue[Result | BaseException] = SimpleQueue()

    def wait() -> None:
        try:
            answers.put(ask())
        except WizardError as problem:
            answers.put(problem)

    threading.Thread(target=wait, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except Empty:
        return None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def once(ask: Callable[[], Result]) -> Callable[[], Result]:
    """The question, asked once however many threads want to know."""
    lock, answers = threading.Lock(), list[Result]()

    def asked() -> Result:
        with lock:
            if not answers:
                answers.append(ask())
            return answers[0]

    return asked


def read_entries(found: Found) -> tuple[Entry, ...]:
    """The entries of one file, none of them looked up in the journal. Raises ConfigError for what cannot be read."""
    return tuple(_entries(found, lambda *_: False, None))


def _entries(
    found: Found,
    known: Callable[[Found, tuple[str, ...], bytes], bool],
    problems: dict[Path, ConfigError] | None,
) -> Iterator[Entry]:
    """The file's entries; what makes it unreadable goes into `problems`, where there are some."""
    try:
        draft = Draft(found)
        entries = draft.entries()
        read = [_entry(draft, name, entries[name]) for name in entries]
    except ConfigError as problem:
        if problems is None:
            raise
        problems[found.path] = problem
        return
    for entry in read:
        yield entry._replace(written_by_us=entry.origin is None and _is_known(entry, known))


def _entry(draft: Draft, name: str, value: Json) -> Entry:
    found, origin = draft.found, recognise(value)
    matters = origin is not None or name == NAME  # two members of one name: an error only where we would edit
    raw = draft.raw((*found.place.container, name)) if matters else _raw(draft, name)
    return Entry(found, name, value, raw or b"", origin, read_back(found.place.style, value))


def _raw(draft: Draft, name: str) -> bytes:
    try:
        return draft.raw((*draft.found.place.container, name)) or b""
    except ConfigError:
        return b""


def _is_known(entry: Entry, known: Callable[[Found, tuple[str, ...], bytes], bool]) -> bool:
    try:
        return bool(entry.raw) and known(entry.found, (*entry.found.place.container, entry.name), entry.raw)
    except WizardError:  # the journal cannot be read, which `install.state` tells
        return False


def _history(machine: Machine) -> History:
    try:
        return read_history(machine, this_disk())
    except WizardError:  # as above
        return History((), ())
