"""Is an entry of a project, value for value, what `mcp add --scope project` would write for a PostHog that the user named? Pure.

The entry is taken apart, limits, profile and a host that the user named are kept, `add`'s own functions build it
again, and the same value must come out. So a flag, variable or field that nobody thought of makes a difference, and
needs no list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from posthog_wizard.api.hosted import hosted_url, limits_in_url, without_limits
from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.clients.entries import PROMPT_ID, EntryFields, read_back, render_entry
from posthog_wizard.clients.recognise import proxy_of
from posthog_wizard.credentials.environment import PERSONAL_KEY_VARIABLE
from posthog_wizard.errors import NotSupported
from posthog_wizard.invocation import HOSTED_MCP_URL, Invocation, invocation_of
from posthog_wizard.model import (
    DesiredServer,
    EnvironmentReference,
    Found,
    Json,
    Key,
    Limits,
    Prompted,
    Remote,
    Secret,
    Server,
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


def written_places(bases: frozenset[str], mcp_url: str | None = None) -> Places:
    """The places of these PostHogs: PostHog's hosted server is that of its cloud."""
    hosted = {HOSTED_MCP_URL} if bases & set(CLOUD.values()) else set[str]()
    return Places(bases, frozenset(hosted | ({mcp_url} if mcp_url else set())))


def profile_named(entry: EntryFields) -> str | None:
    """The profile that the entry's words name."""
    said = invocation_of(entry.words)
    return said.profile if said is not None else None


def is_as_written(found: Found, name: str, value: Mapping[str, Json], named: Places, launcher: tuple[str, ...]) -> bool:
    """Whether `mcp add` would write this value there now, what only restricts aside.

    The entry is taken apart, only what may vary is kept, and what `add` makes of that is compared as a whole: what
    nobody thought of makes a difference.
    """
    schema = found.place.schema
    server = read_back(schema, value)
    if server is None or server.key not in _KEYS:
        return False
    try:
        if isinstance(server, Stdio):
            made: Server | None = _program(server, named, launcher)
        else:
            made = _at(server.url, server.key, named)
        return made is not None and equal(render_entry(schema, made, name), _bare(value, schema.switch))
    except (NotSupported, ValueError):  # what the client cannot have, or no URL
        return False


def _at(url: str, key: Key, named: Places) -> Remote | None:
    """The same server as `add` makes it; None where it leads elsewhere, or has words that are not for strangers."""
    if not _is_named(url, named):
        return None
    limits = Limits() if proxy_of(EntryFields(url)) else limits_in_url(url)
    return Remote(hosted_url(without_limits(url), limits), key) if _are_plain(limits) else None


def _is_named(url: str, named: Places) -> bool:
    proxy = proxy_of(EntryFields(url))
    if proxy is None:
        return without_limits(url) in named.endpoints
    ids = _LIMIT.fullmatch(proxy.installation) and re.fullmatch(r"[\w@-]+", proxy.project)
    return bool(ids) and not set("?#") & set(url) and proxy.base in named.bases


def _program(server: Stdio, named: Places, launcher: tuple[str, ...]) -> Stdio | None:
    """Without a key in the entry every machine finds the program by its name."""
    first = launcher if isinstance(server.key, Secret) else SHARED_LAUNCHER
    said = invocation_of((server.command, *server.arguments))
    if said is None or said.launcher != first:
        return None
    desired = _desired(said, server.key, named)
    return own_program(desired._replace(launcher=first)) if desired is not None and _are_plain(desired.limits) else None


def _desired(said: Invocation, key: Key, named: Places) -> DesiredServer | None:
    """What its words ask for; those that are not carried along here are missed in the comparison."""
    hosted, where = said.program == "bridge", (said.url if said.program == "bridge" else said.host) or ""
    is_endpoint = where in named.endpoints or (proxy_of(EntryFields(where)) is not None and _is_named(where, named))
    if not (is_endpoint if hosted else where in named.bases):
        return None
    kept = Stored(said.profile or Stored().profile) if key is None else key
    return DesiredServer("", "hosted" if hosted else "local", where, kept, (), said.limits)


def _are_plain(limits: Limits) -> bool:
    pinned = (text for text in (limits.organization, limits.project) if text)
    return all(map(_LIMIT.fullmatch, (*pinned, *limits.features, *limits.tools)))


def _bare(value: Mapping[str, Json], switch: Mapping[str, Json]) -> Mapping[str, Json]:
    """The entry without what only restricts; one that is switched off is looked at as if it were on."""
    kept = {name: item for name, item in value.items() if name not in _RESTRICTING}
    return {name: True if name == "enabled" and item == switch.get(name) else item for name, item in kept.items()}
