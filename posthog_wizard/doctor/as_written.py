"""Entries beside what we write: is one of a project what `mcp add` would write, and what was changed in one of ours since? Pure.

An entry of a project is taken apart, limits, profile and a host that the user named are kept, `add`'s own functions
build it again for a PostHog that the user named, and the same value must come out. So a flag, variable or field that
nobody thought of makes a difference, and needs no list.

A program other than ours, an address that is neither PostHog's nor named by the user nor on the host that we wrote, a
variable by which other code runs: a takeover, whoever did it, since to try it would be to run it. A program that is
gone can take nothing over, and its own checks tell why.
"""

import json
import re
import shlex
from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from posthog_wizard.api.hosted import hosted_url, limits_in_url, without_limits
from posthog_wizard.clients.entries import PROMPT_ID, EntryFields, read_entry, render_entry
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of
from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.doctor.context import Drift, Entry
from posthog_wizard.doctor.intent import plain_text
from posthog_wizard.documents.masking import mask_string, mask_text
from posthog_wizard.errors import NotSupported
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import (
    DesiredServer,
    EnvironmentReference,
    Json,
    Key,
    Limits,
    Prompted,
    Remote,
    Stdio,
    Stored,
    equal,
)
from posthog_wizard.plan.limits import limits_in
from posthog_wizard.plan.reach import goes_to
from posthog_wizard.plan.servers import SHARED_LAUNCHER, own_program

_RESTRICTING = ("disabled", "disabledTools")  # what somebody may add: it only takes away
_LIMIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,-]*")  # identifiers and names; no reference, no option, no quoting
# What `add` writes by itself; the name of another variable is the user's choice, and not to be taken from a stranger.
_KEYS: tuple[Key, ...] = (None, EnvironmentReference(PERSONAL_KEY_VARIABLE), Prompted(PROMPT_ID))
# Variables by which a program runs other code than its own; a proxy or a certificate is not among them.
_RUNS_CODE = re.compile(
    r"(?:LD|DYLD|PYTHON|NODE|BASH|GCONV|PERL|RUBY)_?\w*|PATH|ENV|SHELL|IFS|COMSPEC|PATHEXT", re.IGNORECASE
)
_LONGEST = 80  # characters of a value that is told


class Places(NamedTuple):
    """Where a user's key may go, because a profile or a flag of the user's says so."""

    bases: frozenset[str]  # PostHogs, as `api.hosts.api_base` spells them
    endpoints: frozenset[str]  # hosted MCP servers


def is_as_written(entry: Entry, named: Places) -> bool:
    """Whether `mcp add` would write this entry there now, what only restricts aside."""
    server, schema = entry.server, entry.found.place.schema
    if server is None or server.key not in _KEYS:
        return False
    # One that is switched off is looked at as if it were on.
    bare = {name: item for name, item in entry.value.items() if name not in _RESTRICTING}
    if "enabled" in bare and bare["enabled"] == schema.switch.get("enabled"):
        bare["enabled"] = True
    try:
        made = _program(server, named) if isinstance(server, Stdio) else _remote(server, named)
        return made is not None and equal(render_entry(schema, made, entry.name), bare)
    except (NotSupported, ValueError):  # what the client cannot have, or no URL
        return False


def _remote(server: Remote, named: Places) -> Remote | None:
    """The same server as `add` makes it; None where it leads elsewhere, or has words that are not for strangers."""
    if not _is_named(server.url, named):
        return None
    limits = Limits() if proxy_of(EntryFields(server.url)) else limits_in_url(server.url)
    return server._replace(url=hosted_url(without_limits(server.url), limits)) if _are_plain(limits) else None


def _is_named(url: str, named: Places) -> bool:
    proxy = proxy_of(EntryFields(url))
    if proxy is None:
        return without_limits(url) in named.endpoints
    ids = _LIMIT.fullmatch(proxy.installation) and re.fullmatch(r"[\w@-]+", proxy.project)
    return bool(ids) and not set("?#") & set(url) and proxy.base in named.bases


def _program(server: Stdio, named: Places) -> Stdio | None:
    """The same: without a key in the entry every machine finds the program by its name.

    What its words ask for and is not carried along here is missed in the comparison.
    """
    said = invocation_of((server.command, *server.arguments))
    if said is None or said.launcher != SHARED_LAUNCHER or not _are_plain(said.limits):
        return None
    hosted, where = said.program == "bridge", (said.url if said.program == "bridge" else said.host) or ""
    is_endpoint = where in named.endpoints or (proxy_of(EntryFields(where)) is not None and _is_named(where, named))
    if not (is_endpoint if hosted else where in named.bases):
        return None
    kept = Stored(said.profile or Stored().profile) if server.key is None else server.key
    return own_program(DesiredServer("", "hosted" if hosted else "local", where, kept, SHARED_LAUNCHER, said.limits))


def _are_plain(limits: Limits) -> bool:
    pinned = (text for text in (limits.organization, limits.project) if text)
    return all(map(_LIMIT.fullmatch, (*pinned, *limits.features, *limits.tools)))


def drift_of(entry: Entry, launcher: tuple[str, ...], hosts: Collection[str]) -> Drift | None:
    """What was changed; None where we wrote nothing there, or it still stands. `hosts` are PostHogs that the user named."""
    if not entry.left or equal(entry.left, entry.value):
        return None
    before, now = read_entry(entry.found.place.schema, entry.left), entry.fields
    old, new, changes = _leaves(entry.left), _leaves(entry.value), list[str]()
    for path in dict.fromkeys((*old, *new)):
        name, was, is_now = plain_text(".".join(path)), old.get(path), new.get(path)
        if path not in new:
            changes.append(f"`{name}` is gone")
        elif path not in old:
            changes.append(f"`{name}` is new: `{_shown(path, is_now)}`")
        elif not equal(was, is_now):
            changes.append(f"`{name}` was `{_shown(path, was)}` and is `{_shown(path, is_now)}`")
    return Drift(tuple(changes), _takeover(before, now, launcher, hosts), _wider(limits_in(before), limits_in(now)))


def _takeover(before: EntryFields, now: EntryFields, launcher: tuple[str, ...], hosts: Collection[str]) -> str:
    """What somebody else put there: an address that is not PostHog's, a program that is not ours, code beside it."""
    if now.url is not None:
        return "" if _is_known(now.url, before, now, hosts) else f"it leads to `{plain_text(mask_text(now.url))}` now"
    if not now.words:
        return ""
    said, written = invocation_of(now.words), invocation_of(before.words)
    starters = {launcher, SHARED_LAUNCHER, written.launcher if written else ()}
    if said is None or said.launcher not in starters:
        return f"it starts `{plain_text(mask_text(shlex.join(now.words)))}` now"
    address = said.url or said.host
    if address is not None and not _is_known(address, before, now, hosts):
        return f"it leads to `{plain_text(mask_text(address))}` now"
    added = [name for name, text in now.environment.items() if before.environment.get(name) != text]
    code = next(filter(_RUNS_CODE.fullmatch, added), None)
    return f"it sets `{plain_text(code)}` now, by which other code runs" if code else ""


def _is_known(url: str, before: EntryFields, now: EntryFields, hosts: Collection[str]) -> bool:
    """Whether an address is PostHog's, or on the host that we wrote."""
    written = invocation_of(before.words)
    known = {_origin(one) for one in (before.url, written and written.url, written and written.host) if one}
    secure = url.lower().startswith("https:") and bool(HOSTED_ADDRESS.match(url))
    return secure or _origin(url) in known or (bool(hosts) and goes_to(now, hosts))


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}".lower()


def _wider(before: Limits, now: Limits) -> str:
    pinned = ("organization", "project")
    gone = [name for name in pinned if getattr(before, name) and getattr(before, name) != getattr(now, name)]
    gone += ["read-only"] if before.read_only and not now.read_only else []
    was, names = {*before.features, *before.tools}, {*now.features, *now.tools}
    gone += ["features and tools"] if was and not (names and names <= was) else []
    return f"its limit to {', '.join(gone)} was loosened" if gone else ""


def _leaves(value: Json, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Json]:
    if not isinstance(value, Mapping):
        return {path: value}
    return {keys: leaf for name, item in value.items() for keys, leaf in _leaves(item, (*path, str(name))).items()}


def _shown(path: tuple[str, ...], value: Json) -> str:
    if isinstance(value, list):
        value = shlex.join(mask_text(str(word)) for word in value)
    text = plain_text(mask_text(mask_string(path, value) if isinstance(value, str) else json.dumps(value, default=str)))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
