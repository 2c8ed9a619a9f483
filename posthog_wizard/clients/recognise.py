"""Which entries are PostHog's, by what they say: nobody else's is ever replaced or removed unasked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Literal, NamedTuple

from posthog_wizard.clients.entries import AUTHORIZATION, address
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import Json

EntryOrigin = Literal["hosted", "local", "installation", "other"]
"""hosted: PostHog's MCP server, however reached · local: our `mcp serve` · installation: another server, through
PostHog's proxy · other: PostHog's by its key or program."""

HOSTED_ADDRESS = re.compile(r"https?://mcp(?:[.-](?:us|eu))?\.posthog\.com(?::[^/?#@\\\s]*)?(?:[/?#]|$)", re.IGNORECASE)
_CLOUD = re.compile(r"https://(?:us|eu|app)\.posthog\.com", re.IGNORECASE)
_PROXY_ADDRESS = re.compile(  # https://posthog.com/docs/api/mcp-server: `proxy_url`
    r"(https?://[^/?#\s@\\]+(?:/[^?#\s]*)?)/api/(?:environments|projects)/([^/?#\s]+)"
    r"/mcp_server_installations/([^/?#\s]+)/proxy/?(?:[?#]|$)",
    re.IGNORECASE,
)
_LEGACY = re.compile(r"mcp-remote|posthog\.com/sse\b")
_BEARER_KEY = re.compile(r"Bearer\s+ph[xa]_")
_LITERAL = re.compile(r"[\w.~+/=-]+")  # what a key is made of; a reference to a variable is not


class InstallationProxy(NamedTuple):
    """Where PostHog speaks for an installed server."""

    base: str  # the PostHog
    project: str  # or environment
    installation: str  # its id


def proxy_of(entry: Json) -> InstallationProxy | None:
    """The proxy that an entry leads to, by HTTP or through a program; None when it leads elsewhere."""
    if not isinstance(entry, Mapping):
        return None
    found = (_PROXY_ADDRESS.match(text) for text in (address(entry) or "", *_command(entry)))
    return next((InstallationProxy(match[1], match[2], match[3]) for match in found if match), None)


def recognise(entry: Json, hosts: Collection[str] = ()) -> EntryOrigin | None:
    """What makes this entry PostHog's; None when nothing does.

    `hosts`: base URLs beside PostHog Cloud's that somebody trustworthy named. Anybody can write the path of a proxy
    behind any host, so a proxy anywhere else is nobody's.
    """
    if not isinstance(entry, Mapping):
        return None
    proxy = proxy_of(entry)
    if proxy is not None:
        return "installation" if is_known(proxy.base, hosts) else None
    url, words = address(entry), list(_command(entry))
    if url is not None:
        return "hosted" if HOSTED_ADDRESS.match(url) else "other" if _has_personal_key(entry) else None
    said = invocation_of(words)
    if said is not None:
        return "local" if said.program == "serve" else "hosted" if any(map(HOSTED_ADDRESS.match, words)) else "other"
    return "hosted" if any(map(HOSTED_ADDRESS.match, words)) else None


def is_known(base: str, hosts: Collection[str]) -> bool:
    """Whether a PostHog is one of its cloud's, or among these base URLs."""
    return bool(_CLOUD.fullmatch(base)) or base.rstrip("/").lower() in {host.rstrip("/").lower() for host in hosts}


def claims(entry: Json) -> bool:
    """Whether it looks as if it were PostHog's, by the path of its address or the beginning of its key."""
    return isinstance(entry, Mapping) and (proxy_of(entry) is not None or _claimed_key(entry) is not None)


def is_legacy(entry: Json) -> bool:
    """Whether it reaches PostHog in a way that was documented once: `npx mcp-remote`, or the old `/sse` address."""
    return isinstance(entry, Mapping) and any(map(_LEGACY.search, (address(entry) or "", *_command(entry))))


def is_our_program(words: list[str]) -> bool:
    """Whether these words start this program: the console program, `python -I -m posthog_wizard`, or through `uvx`."""
    return invocation_of(words) is not None


def _has_personal_key(entry: Mapping[str, Json]) -> bool:
    key = _claimed_key(entry)
    return key is not None and bool(_LITERAL.fullmatch(key))


def _claimed_key(entry: Mapping[str, Json]) -> str | None:
    """What stands behind `Bearer` in the header and begins as a personal key does."""
    headers = entry.get("headers")
    value = headers.get(AUTHORIZATION) if isinstance(headers, Mapping) else None
    return value.split(None, 1)[1].strip() if isinstance(value, str) and _BEARER_KEY.match(value) else None


def _command(entry: Mapping[str, Json]) -> Iterator[str]:
    command, arguments = entry.get("command"), entry.get("args")
    words = [command, *(arguments if isinstance(arguments, list) else ())]
    return (word for word in words if isinstance(word, str))
