"""Looking at the machine: its clients' files, what stands in them, and which of it may be acted upon."""

import time
from collections.abc import Callable
from pathlib import Path

from posthog_wizard.clients.recognise import proxy_of, recognise
from posthog_wizard.doctor.as_written import drift_of
from posthog_wizard.doctor.context import Context, DoctorOptions, Entry, OnceCache, OwnKey, once, own_key, read_entries
from posthog_wizard.doctor.install_checks import is_absolute
from posthog_wizard.doctor.trust import Judge
from posthog_wizard.errors import ConfigError, WizardError
from posthog_wizard.install.detect import detect
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import History, read_history
from posthog_wizard.install.ownership import OwnWriting
from posthog_wizard.launcher import why_broken
from posthog_wizard.machine import find_program
from posthog_wizard.model import Machine, Stdio
from posthog_wizard.settings import Flags, named_hosts


def collect(machine: Machine, options: DoctorOptions, key: Callable[[], OwnKey] | None = None) -> Context:
    """Look at the machine. `key` says where the key of our own commands comes from; by default environment and profile.

    Raises WrongUsage for a `--host` that is none.
    """
    ours = OwnWriting(machine)
    judge = Judge(machine, options, ours.wrote, ours.left)
    hosts = named_hosts(machine, *options.bases)
    found = detect(options.clients, machine, options.scope)
    problems: dict[Path, ConfigError] = {}
    entries: list[Entry] = []
    for one in found:
        try:
            read = read_entries(one, hosts)
        except ConfigError as problem:
            problems[one.path] = problem
        else:
            entries += [_judged(entry, judge, hosts) for entry in read]
    flags = Flags(options.profile, options.host, options.region, allow_http=True)  # a profile's host was agreed to
    return Context(
        machine=machine,
        options=options,
        found=found,
        entries=tuple(entries),
        key=once(key or (lambda: own_key(machine, flags, options.timeout / 2, offline=options.offline))),
        deadline=time.monotonic() + options.timeout,
        answers=OnceCache(),
        history=once(lambda: _history(machine)),
        problems=problems,
    )


def _judged(entry: Entry, judge: Judge, hosts: frozenset[str]) -> Entry:
    """The entry with what is known of who wrote it, and whether it may be acted upon."""
    known = entry.origin is None and judge.wrote(entry)
    proxy = proxy_of(entry.fields) if known else None
    origin = recognise(entry.fields, {*hosts, proxy.base}) if proxy else entry.origin
    entry = entry._replace(written_by_us=known, origin=origin, left=judge.left(entry))
    drift = drift_of(entry, judge.machine.launcher, hosts)
    if drift is not None and drift.takeover and _cannot_start(entry, judge.machine):
        drift = drift._replace(takeover="")  # nothing can be started: the checks of its program tell why
    entry = entry._replace(drift=drift)
    return entry._replace(doubt=judge.doubt(entry)) if entry.looked_at else entry


def _cannot_start(entry: Entry, machine: Machine) -> bool:
    """Whether its program is not there. Nobody looks at a path that a project's file names."""
    if not isinstance(entry.server, Stdio) or entry.found.place.scope == "project":
        return False
    command = entry.server.command
    return why_broken(command) is not None if is_absolute(command) else find_program(machine, command) is None


def _history(machine: Machine) -> History:
    try:
        return read_history(machine, this_disk())
    except WizardError:  # the journal cannot be read, which `install.state` tells
        return History((), ())
