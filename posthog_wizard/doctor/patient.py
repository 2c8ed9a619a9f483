"""What is examined: the machine, its clients' files and what stands in them, parsed once for all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from posthog_wizard.clients.recognise import Origin
from posthog_wizard.doctor.check import Task
from posthog_wizard.model import Client, Found, Json, Key, Machine, Scope, Secret, Server


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


class Entry(NamedTuple):
    """One server's entry in a client's file, PostHog's or not."""

    found: Found
    name: str
    value: Json
    raw: bytes
    origin: Origin | None  # what makes it PostHog's; None: it is somebody else's
    server: Server | None  # as read back in the client's own spelling; None: neither an address nor a command
    written_by_us: bool  # an earlier run of ours wrote exactly this

    @property
    def ours(self) -> bool:
        """Whether it leads to PostHog or was written by us: nobody else's entry is ever started or changed."""
        return self.origin is not None or self.written_by_us

    @property
    def key(self) -> Key:
        """The key that it holds or refers to."""
        return self.server.key if self.server is not None else None

    @property
    def switched_off(self) -> bool:
        """Whether the user switched it off in the client."""
        return bool(self.value.get("disabled") is True or self.value.get("enabled") is False)


class Patient(NamedTuple):
    """A machine under examination. `found` holds the places in the wanted scope, `entries` what they hold."""

    machine: Machine
    options: Options
    found: tuple[Found, ...]
    entries: tuple[Entry, ...]
    key: Callable[[], KeySource]  # looked up when it is first asked for, once
    deadline: float  # `time.monotonic()` by which every task shall have answered

    @property
    def our_entries(self) -> tuple[Entry, ...]:
        """The entries that are PostHog's."""
        return tuple(entry for entry in self.entries if entry.ours)


Family = Callable[[Patient], Iterable[Task]]
"""One file of checks: the tasks that this machine calls for. Rows of `doctor.FAMILIES`."""
