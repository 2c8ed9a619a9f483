"""Is an entry of a project, value for value, what `mcp add --scope project` would write for a PostHog that the user named? Pure.

The entry is taken apart, limits, profile and a host that the user named are kept, `add`'s own functions build it
again, and the same value must come out. So a flag, variable or field that nobody thought of makes a difference, and
needs no list.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from posthog_wizard.api.hosted import hosted_url, limits_in_url, without_limits
from posthog_wizard.clients.entries import PROMPT_ID, EntryFields, render_entry
from posthog_wizard.clients.recognise import proxy_of
from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.doctor.context import Entry
from posthog_wizard.errors import NotSupported
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import (
    DesiredServer,
    EnvironmentReference,
    Key,
    Limits,
    Prompted,
    Remote,
    Stdio,
    Stored,
    equal,
)
from posthog_wizard.plan.servers import SHARED_LAUNCHER, own_program

_RESTRICTING = ("disabled", "disabledTools")  # what somebody may add: it only takes away
_LIMIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,-]*")  # identifiers and names; no reference, no option, no quoting
# What `add` writes by itself; the name of another variable is the user's choice, and not to be taken from a stranger.
_KEYS: tuple[Key, ...] = (None, EnvironmentReference(PERSONAL_KEY_VARIABLE), Prompted(PROMPT_ID))


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
