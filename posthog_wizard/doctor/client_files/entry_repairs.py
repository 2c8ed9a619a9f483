"""Edits that mend an entry: the same server, spelled as its client reads it and as `add` would write it today.

They are functions on a draft, and all repairs of a file share one: one change, one diff, one `undo`. A file that its
client cannot read is never repaired, since comments in a strict file are the user's words. An entry that is spelled
by hand and works is no finding.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from posthog_wizard.api.hosted import hosted_url, limits_in_url
from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.clients.entries import (
    AUTHORIZATION,
    LIMITING,
    dropped,
    entry_key,
    in_surroundings,
    is_word,
    keep_user_fields,
    prompt_definition,
    read_back,
    read_entry,
    rekeyed,
    render_entry,
    without,
)
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of, said_words, spelled_key
from posthog_wizard.doctor.check import Repair
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.doctor.destinations import key_defect
from posthog_wizard.doctor.intent import bends
from posthog_wizard.documents.document import ABSENT
from posthog_wizard.errors import NotSupported
from posthog_wizard.install.key_placeholder import VEILED
from posthog_wizard.invocation import HOSTED_MCP_URL, Invocation, invocation_of
from posthog_wizard.launcher import launcher_problem, starts
from posthog_wizard.model import EntrySchema, Found, Json, Key, Limits, Remote, Secret, Server, Stdio, equal
from posthog_wizard.net.authorization import PLACEHOLDERS
from posthog_wizard.plan import known_of, nothing_left, told_dropped
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.limits import limits_in
from posthog_wizard.plan.reach import goes_to
from posthog_wizard.plan.servers import SHARED_LAUNCHER

_Rewrite = Callable[[Json], Json]
_HEADER = re.compile(rf"{AUTHORIZATION}:\s*(?:Bearer\s+)?(?P<token>[^$\s][^\s\"']*)", re.IGNORECASE)


def rewrite_entry(entry: Entry, context: Context) -> Repair | None:
    """Spell the entry anew: the same server, limits and key. None where that cannot be said, or changes nothing."""
    launcher = steady_launcher(context, entry.found)
    rewrite = partial(renewed, entry.name, schema=entry.found.place.schema, launcher=launcher)
    return repair_entry(entry, rewrite, f"renew the entry `{entry.name}`")


def with_key(entry: Entry, key: Key, says: str, hosts: Collection[str] = ()) -> Repair | None:
    """The same entry with another key; none where a key would be bent, or reach others than these PostHogs (none named: its cloud)."""
    schema = entry.found.place.schema
    astray = not goes_to(entry.fields, hosts or CLOUD.values()) or any(bends(entry.fields))
    if isinstance(key, Secret) and astray:
        return None

    def rewrite(value: Json) -> Json:
        return keep_user_fields(schema, rekeyed(schema, value, key), value)

    return repair_entry(entry, rewrite, says, holds_key=isinstance(key, Secret))


def repair_entry(entry: Entry, rewrite: _Rewrite, says: str, *, holds_key: bool = False) -> Repair | None:
    """The rewriting as a repair. None when the client cannot have it, or it changes nothing.

    An entry that is mended works again, so approvals that may be a stranger's are not left in it. What is doubted is
    not repaired: the journal would then say that we wrote it.
    """
    if entry.doubt is not None:
        return None
    try:
        after = rewrite(entry.value)
    except (NotSupported, ValueError):
        return None
    if after == entry.value:
        return None
    # Approvals in a project's file may be a stranger's, where the journal does not know the very entry.
    trusted = known_of(entry.found, entry.found.place.keys_of(entry.name), entry.value, nothing_left)
    doubtful = () if entry.written_by_us else dropped(entry.found.place.schema, entry.value, trusted)
    edit = partial(_change, name=entry.name, rewrite=lambda value: rewrite(without(value, doubtful)))
    says, holds_key = "; ".join((says, *told_dropped(doubtful))), holds_key or isinstance(entry.key, Secret)
    return Repair(entry.found, says, edit, holds_key=holds_key)


def readdressed(entry: Entry) -> Repair | None:
    """The same entry for PostHog's server, where the address is PostHog's and its key lacks `Bearer`, https or the path."""
    said = invocation_of(entry.fields.words)
    led = entry.fields.url or (said and said.url) or ""
    parts = urlsplit(led)
    if not f".{parts.hostname or ''}".endswith(".posthog.com") or proxy_of(entry.fields) is not None:
        return None
    name = parts.hostname if HOSTED_ADDRESS.match(led) else urlsplit(HOSTED_MCP_URL).hostname
    path = parts.path if parts.path.strip("/") else "/mcp"
    spelled = spelled_key(entry.fields)
    query = parts.query if spelled is None or spelled.reveal() not in parts.query else ""
    url = urlunsplit(parts._replace(scheme="https", netloc=name or "", path=path, query=query))
    schema, key = entry.found.place.schema, spelled or entry.key

    def rewrite(value: Json) -> Json:
        fields = read_entry(schema, value)
        now, server = invocation_of(fields.words), read_back(schema, value)
        if isinstance(server, Stdio) and now is not None:
            server = _program(now._replace(url=url, launcher=()).words, key, now.launcher, server)
        else:
            server = Remote(hosted_url(url, limits_in(fields)), key)
        return keep_user_fields(schema, render_entry(schema, server, entry.name), value)

    return repair_entry(entry, rewrite, f"lead `{entry.name}` to {url}")


def write_back(entry: Entry, context: Context) -> Repair | None:
    """What we wrote, with the key and the tighter limits that its owner gave it since; none where the journal has no key."""
    left = startable(entry.found, entry.name, _as_left(entry), context)
    if not left or VEILED in str(left) or equal(left, entry.value):
        return None
    schema = entry.found.place.schema
    trusted = None if entry.doubt is None and entry.found.place.scope == "user" else left
    edit = partial(_change, name=entry.name, rewrite=lambda value: keep_user_fields(schema, left, value, trusted))
    holds_key = isinstance(getattr(read_back(schema, left), "key", None), Secret)
    return Repair(entry.found, f"write `{entry.name}` as `mcp add` wrote it", edit, holds_key=holds_key)


def startable(found: Found, name: str, value: Json, context: Context) -> Json:
    """An entry of an earlier run, led to this program where its own starts no more; None where that cannot be."""
    said, steady = invocation_of(read_entry(found.place.schema, value).words), steady_launcher(context, found)
    if said is None or said.launcher == steady or not Path(said.launcher[0]).is_absolute():
        return value
    if starts(said.launcher, str(context.machine.home)):
        return value
    try:
        return renewed(name, value, schema=found.place.schema, launcher=steady)
    except NotSupported:
        return None


def _as_left(entry: Entry) -> Json:
    """How we left it; a key and limits of now stay where nobody else can have put them there and they are in order."""
    schema, now, server = entry.found.place.schema, entry.fields, read_back(entry.found.place.schema, entry.left)
    if server is None or entry.doubt is not None:
        return entry.left
    was, limits = limits_in(read_entry(schema, entry.left)), limits_in(now)
    names = {*was.features, *was.tools}
    fewer = bool(limits.features or limits.tools) and (not names or {*limits.features, *limits.tools} <= names)
    chosen = limits if fewer else was
    tight = was._replace(read_only=was.read_only or limits.read_only, features=chosen.features, tools=chosen.tools)
    text = entry.key.reveal() if isinstance(entry.key, Secret) else ""
    key = server.key if key_defect(text) or PLACEHOLDERS.match(text) else entry.key
    if tight == was and key == server.key:
        return entry.left
    return render_entry(schema, _limited(server, tight)._replace(key=key), entry.name)


def _limited(server: Server, limits: Limits) -> Server:
    said = invocation_of((server.command, *server.arguments)) if isinstance(server, Stdio) else None
    if isinstance(server, Remote):
        return server._replace(url=hosted_url(server.url, limits))
    if said is None:
        return server
    features, tools = (",".join(names) or None for names in (limits.features, limits.tools))
    words = said._replace(read_only=limits.read_only, features=features, tools=tools).words
    return server._replace(command=words[0], arguments=words[1:])


def drop(*entries: Entry) -> Repair | None:
    """Take entries of one file out, unless one is doubted."""
    if any(entry.doubt is not None for entry in entries):
        return None
    more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
    says = f"remove the entry `{entries[0].name}`{more}"
    return drop_named(entries[0].found, says, *(entry.name for entry in entries))


def add_entry(found: Found, name: str, value: Json, says: str) -> Repair:
    """Put an entry where there is none."""
    keys, key = found.place.keys_of(name), getattr(read_back(found.place.schema, value), "key", None)

    def edit(draft: Draft) -> None:
        if draft.raw(keys) is None:
            draft.put(keys, value)

    return Repair(found, says, edit, holds_key=isinstance(key, Secret))


def drop_named(found: Found, says: str, *names: str) -> Repair:
    """Take the entries of these names out of a file, where they are there."""

    def edit(draft: Draft) -> None:
        for keys in map(found.place.keys_of, names):
            if draft.raw(keys) is not None:
                draft.drop(keys)

    return Repair(found, says, edit)


def ask_for_key(entry: Entry) -> Repair | None:
    """Define the question that the entry refers to, unless it is doubted: it may take the answer anywhere."""
    if entry.doubt is not None:
        return None
    definition, prompts = prompt_definition(), entry.found.place.schema.prompts

    def edit(draft: Draft) -> None:
        if draft.question(definition["id"]) is None:
            draft.append(prompts, definition)

    return Repair(entry.found, "have the client ask for the key", edit)


def steady_launcher(context: Context, found: Found) -> tuple[str, ...] | None:
    """The words that start this program from that file; None where it will not be there tomorrow."""
    if found.place.scope == "project":
        return SHARED_LAUNCHER
    problem = context.answers.ask(launcher_problem, lambda: launcher_problem(context.machine))
    return None if problem else context.machine.launcher


def _change(draft: Draft, name: str, rewrite: _Rewrite) -> None:
    """Rewrite the entry as it stands in the draft, where an earlier repair may have changed it."""
    keys = draft.found.place.keys_of(name)
    value = draft.get(keys)
    if value is ABSENT:
        return
    after = rewrite(value)
    if after != value:
        draft.put(keys, after)


def renewed(name: str, value: Json, *, schema: EntrySchema, launcher: tuple[str, ...] | None) -> Json:
    """The entry as `add` would write it for the same server. Raises NotSupported where the client cannot have it."""
    return keep_user_fields(schema, render_entry(schema, _server(value, schema, launcher), name), value)


def _server(value: Json, schema: EntrySchema, launcher: tuple[str, ...] | None) -> Server:
    """What the entry leads to. Raises NotSupported for what only its author can spell."""
    fields = read_entry(schema, value)
    url, words, limits = fields.url, [*fields.words], limits_in(fields)
    said, key = invocation_of(words), entry_key(schema, fields) or entry_key(schema, fields._replace(url=None))
    before = in_surroundings(fields)
    if isinstance(fields.arguments, list) and not all(map(is_word, fields.arguments)):
        raise NotSupported("only its author knows what it is told")
    if key is None:  # as old instructions had it, among the arguments
        found = next((found for found in map(_HEADER.search, words) if found), None)
        key = Secret(found["token"]) if found else None
    if said is not None and url is None:
        pinned = said._replace(launcher=(), organization=limits.organization, project=limits.project)
        by_variable = any(map(LIMITING.fullmatch, fields.environment))
        return _program(pinned.words if by_variable else words[len(said.launcher) :], key, launcher, before)
    hosted = url or next(filter(HOSTED_ADDRESS.match, said_words(fields)), None)
    if hosted is None:
        raise NotSupported("only its author knows what it is for")
    parts = urlsplit(hosted)
    is_old = HOSTED_ADDRESS.match(hosted) and (parts.scheme == "http" or parts.path.rstrip("/") == "/sse")
    current = urlunsplit(parts._replace(scheme="https", path="/mcp")) if is_old else hosted
    if schema.remote is not None:
        return Remote(hosted_url(current, limits), key)
    if key is None:
        raise NotSupported("it cannot sign in to a server from its file")
    limited = current if limits == limits_in_url(current) else hosted_url(current, limits)
    return _program(Invocation("bridge", url=limited).words, key, launcher, before)


def _program(words: Sequence[str], key: Key, launcher: tuple[str, ...] | None, before: Stdio) -> Stdio:
    """Our program with these words; the way to PostHog and to the key stays as it was before."""
    if launcher is None:
        raise NotSupported("this program is in a temporary folder")
    return before._replace(command=launcher[0], arguments=(*launcher[1:], *words), key=key)
