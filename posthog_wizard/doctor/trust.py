"""Who may be acted upon: the one place that decides for which entries something is started, asked or expanded.

A project's file is a stranger's file. Nothing of it runs unless we wrote exactly that here, or it is what `mcp add`
would write for a PostHog that the user's own profile or flags name: see `as_written`. The environment is no such word,
since editors and direnv take it from the project. A user's own file runs as its client would run it, but a key that
does not stand in the entry goes only to the PostHog that it is bound to, and to no entry that bends how it gets there.

Nothing of a stranger's entry is repaired, and what `--trust-project` allows is not, either: the journal would then
say that we wrote it. Its host is in no recommended command, and its program is not looked at: on Windows a look at a
path of another computer sends it a proof of the password.

What a user allows after seeing it, is allowed for one run, and what was shown is what runs. A bare name of such an
entry never stands for a program that the project itself brings.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from posthog_wizard.api.hosts import CLOUD, api_base
from posthog_wizard.clients.paths import first_path
from posthog_wizard.clients.recognise import is_our_program
from posthog_wizard.clients.variables import unset, variables_in
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.credentials.profiles import DEFAULT, profile
from posthog_wizard.doctor import intent
from posthog_wizard.doctor.as_written import Places, is_as_written
from posthog_wizard.doctor.check import mend
from posthog_wizard.doctor.client_files.client_environment import client_environment
from posthog_wizard.doctor.context import Context, DoctorOptions, Doubt, Entry, Trusted, own_key
from posthog_wizard.doctor.destinations import destination_of, texts, variables
from posthog_wizard.errors import WizardError
from posthog_wizard.install.detect import project_root
from posthog_wizard.invocation import HOSTED_MCP_URL, invocation_of
from posthog_wizard.machine import absolute_folders, find_program
from posthog_wizard.model import Found, Json, Machine, Secret, Stdio
from posthog_wizard.plan import LeftByUs, nothing_left
from posthog_wizard.plan.inline_keys import inline_key
from posthog_wizard.plan.reach import goes_to
from posthog_wizard.plan.servers import SHARED_LAUNCHER
from posthog_wizard.settings import HOST, Flags

CHANGED = "somebody changed it since `mcp add` wrote it"
_STRANGER = "anybody may have written a project's file, so nothing of it was tried: it would {}"
_LOOK = "look at `{}`, and allow it for once if it is right: `posthog-wizard mcp doctor {}--trust-project`"
_NOBODY = "its address looks like PostHog's, at a host that neither a profile nor a flag names; it would {}"
_NAME_IT = "if that is your PostHog, name it: `posthog-wizard mcp doctor {}--host URL`"
_Known = tuple[Path, str, str]
Consent = Mapping[_Known, tuple[str, ...] | None]
"""Entries, each known by all that it says, and the words that its command stood for when it was shown."""


class Judge:
    """What this user said, which outweighs what files say. Profiles and the journal are read when they are needed."""

    def __init__(
        self,
        machine: Machine,
        options: DoctorOptions,
        written: Callable[[Found, tuple[str, ...], bytes], bool],
        left: LeftByUs = nothing_left,
    ) -> None:
        self.machine, self.options, self._written, self._left = machine, options, written, left

    def doubt(self, entry: Entry) -> Doubt | None:
        """Why the entry is left alone; None where nothing speaks against it."""
        if entry.drift is not None and entry.drift.takeover:
            told = f"{CHANGED}, perhaps to take it over: {entry.drift.takeover}, so nothing of it was tried"
            back = mend(entry.found.place.scope)
            return Doubt(told, f"if that was not you, {back} writes back what stood there", status="fail")
        stranger = self._is_stranger_s(entry.found) and not self.wrote(entry)
        if stranger and not is_as_written(entry, self._named(entry)):
            told, fix = _STRANGER.format(intent.would(entry)), _LOOK.format(entry.found.path, _scope(entry))
            return Doubt(told, fix, stranger=True, keyless=lacks_key(Trusted(entry), self.machine))
        if not entry.ours and not _has_own_key(Trusted(entry), self.machine):
            return Doubt(_NOBODY.format(intent.would(entry)), _NAME_IT.format(_scope(entry)))
        doubt = self._astray(Trusted(entry))
        return None if doubt is None or self.wrote(entry) else doubt

    def wrote(self, entry: Entry) -> bool:
        """Whether an earlier run of ours put exactly this into that file."""
        keys = entry.found.place.keys_of(entry.name)
        try:
            return bool(entry.raw) and self._written(entry.found, keys, entry.raw)
        except WizardError:  # the journal cannot be read, which `install.state` tells
            return False

    def left(self, entry: Entry) -> Mapping[str, Json]:
        """How our last run left the entry of that name in that file; empty where it left none."""
        try:
            return self._left(entry.found, entry.found.place.keys_of(entry.name))
        except WizardError:  # see `wrote`
            return {}

    def _is_stranger_s(self, found: Found) -> bool:
        """Whether the file belongs to the project; a variable of the environment may have led a user's file there."""
        root, templates = project_root(self.machine.working_directory), found.place.paths.get(self.machine.os, ())
        if found.place.scope == "project":
            return True
        usual = first_path(templates, self.machine._replace(environment={}))
        path, home = Path(os.path.realpath(found.path)), self.machine.home.resolve()
        return path.is_relative_to(root.resolve()) and not home.is_relative_to(root.resolve()) and found.path != usual

    def _named(self, entry: Entry) -> Places:
        """What flags, and the profile that the entry names, say; PostHog's hosted server is that of its cloud."""
        said, bases, url = invocation_of(entry.fields.words), {*self.options.bases}, None
        with suppress(WizardError):  # no name, no address, or profiles that cannot be read, which `key.source` tells
            kept = profile(self.machine, (said and said.profile) or self.options.profile or DEFAULT)
            bases |= {api_base(kept.host, allow_http=True)} if kept and kept.host else set()
            url = kept.mcp_url if kept else None
        hosted = {HOSTED_MCP_URL} if bases & set(CLOUD.values()) else set[str]()
        return Places(frozenset(bases), frozenset(hosted | ({url} if url else set())))

    def _astray(self, entry: Trusted) -> Doubt | None:
        """Why a key that does not stand in the entry would be led astray by it; None where it is not."""
        if _has_own_key(entry, self.machine):
            return None
        if entry.fields.url is not None:
            return self._sent(entry)
        where = destination_of(entry, self.machine)
        if where.key is None and where.kept is None:
            return None
        added = tuple(intent.bends(entry.fields, self.machine.environment))
        if added:
            told = f"it adds {', '.join(f'`{intent.plain_text(name)}`' for name in added)} and brings no key of its own"
            told = f"{told}, so no key was led through it: it would {intent.would(entry)}"
            return Doubt(told, "take that out, or put a key into the entry")
        if where.key is not None:
            fits = self._may_have(entry, where.key)
        else:  # the profile's key, and one that names no PostHog is for the cloud
            named = self._named(entry)
            fits = goes_to(entry.fields, (*named.bases, *named.endpoints) or tuple(CLOUD.values()))
        return None if fits else _elsewhere(entry)

    def _sent(self, entry: Trusted) -> Doubt | None:
        """A header that refers to variables, or a field that names one, sends them to the address."""
        given, schema = client_environment(entry.client, self.machine), entry.found.place.schema
        values = [value for value in texts(entry.fields.headers).values() if variables_in(schema, value)]
        if entry.fields.variable not in given and all(unset(schema, value, given) for value in values):
            return None
        key = key_from_environment(given, started_by_a_client=True).key
        return None if self._may_have(entry, key) else _elsewhere(entry)

    def _may_have(self, entry: Entry, key: Secret | None) -> bool:
        """Whether the environment's key goes where it belongs; if it is the profile's, too, that is the profile's PostHog."""
        if goes_to(entry.fields, self._bound):
            return True
        if key is None or self.options.bases or self.machine.environment.get(HOST):
            return False
        quiet = {name: text for name, text in self.machine.environment.items() if name not in intent.DOCUMENTED}
        machine, patience = self.machine._replace(environment=quiet), self.options.timeout / 4
        stored = own_key(machine, Flags(self.options.profile), patience, offline=self.options.offline)
        return stored.key == key and stored.host is not None and goes_to(entry.fields, (stored.host,))

    @cached_property
    def _bound(self) -> tuple[str, ...]:
        """The PostHogs of the environment's key: those that flags name, or the environment; else PostHog's cloud."""
        named = self.machine.environment.get(HOST)
        try:
            return self.options.bases or ((api_base(named, allow_http=True),) if named else tuple(CLOUD.values()))
        except WizardError:  # no address: the commands that use it say so
            return ()


def lacks_key(entry: Trusted, machine: Machine) -> bool:
    """Whether it starts a program of ours that finds no key anywhere; the embedded PostHog needs none. Asks nobody."""
    where = destination_of(entry, machine)
    leads = bool(where.url or where.bases) and isinstance(entry.server, Stdio) and is_our_program(entry.fields.words)
    return leads and not entry.switched_off and where.key is None and where.kept is None


def _elsewhere(entry: Entry) -> Doubt:
    told = "the key of this environment is not known to belong there, so it was not tried"
    return Doubt(f"{told}: it would {intent.would(entry)}", _NAME_IT.format(_scope(entry)))


def _scope(entry: Entry) -> str:
    return "--scope project " if entry.found.place.scope == "project" else ""


def _has_own_key(entry: Trusted, machine: Machine) -> bool:
    """Whether the key that counts stands in the entry itself, in plain text."""
    fields, inline = entry.fields, inline_key(entry.found.place.schema, entry.value)
    if not isinstance(entry.server, Stdio):
        return inline is not None and fields.variable is None and not intent.references(fields.headers)
    brought = texts(fields.environment)
    if not is_our_program(fields.words):
        return inline is not None
    counts = key_from_environment(variables(entry, machine), started_by_a_client=True).variable
    if counts is None or counts not in brought:
        return False
    # Something of this environment may be put into the text; what refers to nothing that is set stays as it is.
    not_set = unset(entry.found.place.schema, brought[counts], client_environment(entry.client, machine))
    return set(intent.references(brought[counts])) <= set(not_set)


# ------------------------------------------------------------------ what the user allows


def strangers(context: Context) -> tuple[Entry, ...]:
    """The entries that the user can allow, with the programs that they would start."""
    open_to_it = [one for one in context.doubted if one.doubt and one.doubt.stranger and not one.switched_off]
    return tuple(one._replace(program=_program(one, context.machine)) for one in open_to_it)


def shown(entry: Entry) -> Iterator[str]:
    """Everything that a person must know before saying yes."""
    yield intent.plain_text(f"{entry.client.title}, {entry.found.path}, entry {entry.name}")
    yield from intent.intent_lines(entry)


def consent_to(entries: tuple[Entry, ...]) -> Consent:
    """The consent to these entries."""
    return {_known(entry): entry.program for entry in entries}


def allow(context: Context, consent: Consent) -> Context:
    """The context with the entries allowed that say exactly what was shown; the time begins anew."""
    entries = tuple(
        one._replace(allowed=True, program=consent[_known(one)]) if _known(one) in consent else one
        for one in context.entries
    )
    return context._replace(entries=entries, deadline=time.monotonic() + context.options.timeout)


def _known(entry: Entry) -> _Known:
    return entry.found.path, entry.name, repr(entry.value)


def _program(entry: Entry, machine: Machine) -> tuple[str, ...] | None:
    """The words that its command stands for; None where no absolute folder of its PATH holds it."""
    if not isinstance(entry.server, Stdio):
        return None
    name, folder = entry.server.command, project_root(machine.working_directory)
    if Path(name).name != name:
        return (str(folder / name),)
    own = entry.fields.environment.get("PATH")
    path = own if isinstance(own, str) else client_environment(entry.client, machine).get("PATH", "")
    if (name,) == SHARED_LAUNCHER:
        return in_place_of_ours(machine, (name,), path, folder)
    found = _looked_up(machine, name, path)
    return (str(found),) if found else None


def _looked_up(machine: Machine, name: str, path: str) -> Path | None:
    """The first program of that name in absolute folders of this PATH; a relative one is a folder of the project."""
    absolute = absolute_folders(path, machine.os)
    return find_program(machine._replace(environment={**machine.environment, "PATH": absolute}), name)


def in_place_of_ours(machine: Machine, words: tuple[str, ...], path: str, project: Path) -> tuple[str, ...] | None:
    """The words with the path of our program; None where its name is on no PATH.

    In doubt it is the program that runs here: what lies in the project, or leads there, or would be found through a
    relative folder, may be anybody's.
    """
    rest, found = words[len(SHARED_LAUNCHER) :], _looked_up(machine, words[0], path)
    doubtful = absolute_folders(path, machine.os) != path
    if found is None and not doubtful:
        return None
    places = (found.absolute(), found.resolve()) if found is not None else ()  # where it lies, and where it leads
    within = any(place.is_relative_to(root) for place in places for root in (project, project.resolve()))
    return (*machine.launcher, *rest) if found is None or doubtful or within else (str(found), *rest)
