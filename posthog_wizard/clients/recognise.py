"""Which entries are PostHog's, by what they say: nobody else's is ever replaced or removed unasked."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from posthog_wizard.clients.entries import AUTHORIZATION, EntryFields
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import Secret

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
_WORD = re.compile(r""""[^"]*"|'[^']*'|[^\s"']+""")
_FLAG = re.compile(r"^(--?[\w-]+)=[\"']?(?=https?://)")
# What few runs ask is compiled when it is asked: together these took 2 ms of every `mcp add`.
_SPELLED_KEY = r"ph[xa]_[\w.~+/=-]{6,}"
_SENT_KEY = rf"(?i)\s*Bearer\s+{_SPELLED_KEY}\s*"
_HOST = r"(?i)(?P<scheme>https?)://(?:[^/?#]*@)?(?P<name>[^/?#:@]+)(?::\d+)?(?P<path>[^?#]*)"
_APP = r"(?:(?:us|eu|app|us\.i|eu\.i|www)\.)?posthog\.com"
# Where people look for PostHog's server, with a key before the host, as some have it, or not.
_SERVER = rf"(?i)https?://(?:[^/?#@\\\s]*@)?(?:{_APP}|mcp(?:[.-](?:us|eu))?\.posthog\.com)/(?:mcp|sse)/?(?:[?#]|$)"
_LOOKALIKE = r"posthog\.com\.|p[o0]s[t7]-?h?[o0]+[gq][\w-]*\.(?:com?|net|io|dev|app|ai|org|xyz|cloud)$|xn--.*p.*sth.*g"
_CLOUD_LIKE = r"(?i)https?://(?:us|eu|app)\.(?!(?:i\.)?posthog\.com\.?(?:[:/?#]|$))"
_LEADING = (
    r"(?i)url|uri|host|server|endpoint|address|remote"  # names of variables by which programs are told where to go
)
_LEGACY = r"mcp-remote|posthog\.com/sse\b"
_BEARER_KEY = r"Bearer\s+ph[xa]_"
_LITERAL = r"[\w.~+/=-]+"  # what a key is made of; a reference to a variable is not


class InstallationProxy(NamedTuple):
    """Where PostHog speaks for an installed server."""

    base: str  # the PostHog
    project: str  # or environment
    installation: str  # its id


def proxy_of(entry: EntryFields) -> InstallationProxy | None:
    """The proxy that an entry leads to, by HTTP or through a program; None when it leads elsewhere."""
    found = (_PROXY_ADDRESS.match(text) for text in (entry.url or "", *entry.words))
    return next((InstallationProxy(match[1], match[2], match[3]) for match in found if match), None)


def recognise(entry: EntryFields, hosts: Collection[str] = ()) -> EntryOrigin | None:
    """What makes this entry PostHog's; None when nothing does.

    `hosts`: base URLs beside PostHog Cloud's that somebody trustworthy named. Anybody can write the path of a proxy
    behind any host, so a proxy anywhere else is nobody's.
    """
    proxy = proxy_of(entry)
    if proxy is not None:
        return "installation" if is_known(proxy.base, hosts) else None
    addresses = said_words(entry) if entry.url is None else (entry.url,)
    said = invocation_of(addresses)
    if said is not None and said.program == "serve":
        return "local"
    if any(map(HOSTED_ADDRESS.match, addresses)):
        return "hosted"
    keyed = entry.url is not None and re.fullmatch(_LITERAL, _claimed_key(entry) or "")
    return "other" if said or keyed or any(re.match(_SERVER, one) for one in addresses) else None


def said_words(entry: EntryFields) -> tuple[str, ...]:
    """The words of its program, command lines (`bash -lc "npx ..."`) and `--flag=value` taken apart, and where its environment leads.

    An environment with several addresses leads to more than one server: a gateway is not PostHog's. A variable leads
    somewhere by its name (`MCP_URL`), or it only tells of an address (`DOCS`).
    """
    flat = (part for word in entry.words for part in (_WORD.findall(word) if " " in word else (word,)))
    words = (part for word in flat for part in _FLAG.sub(r"\1 ", word.strip("\"'"), count=1).split(" "))
    addresses = {name: text for name, text in entry.environment.items() if isinstance(text, str) and "://" in text}
    leading = [text for name, text in addresses.items() if re.search(_LEADING, name)]
    return (*words, *(leading if "".join(addresses.values()).count("://") == 1 else ()))


def is_known(base: str, hosts: Collection[str]) -> bool:
    """Whether a PostHog is one of its cloud's, or among these base URLs."""
    return bool(_CLOUD.fullmatch(base)) or base.rstrip("/").lower() in {host.rstrip("/").lower() for host in hosts}


def claims(entry: EntryFields) -> bool:
    """Whether it looks as if it were PostHog's, by the path of its address or the beginning of its key."""
    return proxy_of(entry) is not None or _claimed_key(entry) is not None


def is_legacy(entry: EntryFields) -> bool:
    """Whether it reaches PostHog in a way that was documented once: `npx mcp-remote`, or the old `/sse` address."""
    return any(re.search(_LEGACY, text) for text in (entry.url or "", *entry.words))


def wrong_address(entry: EntryFields) -> str | None:
    """Why its address cannot be PostHog's server, or its key cannot be seen, as its text alone tells; None where it can."""
    words = said_words(entry)
    said = invocation_of(words)
    address = entry.url or (said and said.url)
    if said is not None and said.program == "serve":  # any host may be a PostHog, but for one that imitates its cloud
        address = said.host if re.match(_CLOUD_LIKE, said.host or "") else None
    urls = (address or "",) if address or said else (word for word in words if re.match(_SERVER, word))
    return _unseen_key(entry) or next(filter(None, map(_no_server, urls)), None)


def _no_server(url: str) -> str | None:
    """Why PostHog's server cannot be at this address."""
    host = re.match(_HOST, url)
    if host is None:
        return None
    name = host["name"].lower().rstrip(".")
    if HOSTED_ADDRESS.match(url):
        if host["scheme"].lower() == "http":
            return (
                "its address begins with http: everybody on the way can read the key, and PostHog answers https alone"
            )
        return None if host["path"].strip("/") else f"`{name}` has its MCP server at `/mcp`, not at this address"
    if re.fullmatch(_APP, name):
        told = f"`{name}` is PostHog itself, not its MCP server, which is `mcp.posthog.com`"
        return None if proxy_of(EntryFields(url)) else told
    looks = re.search(_LOOKALIKE, name) and not name.endswith(".posthog.com")
    return f"`{name}` is not PostHog's, though it looks like it: whoever is behind it gets the key" if looks else None


def _unseen_key(entry: EntryFields) -> str | None:
    """Why a key that it sends in plain text is not seen by the server."""
    header = entry.headers.get(AUTHORIZATION)
    if isinstance(header, str):
        bad = re.search(_SPELLED_KEY, header) and not re.fullmatch(_SENT_KEY, header) and not re.search(r"[${]", header)
        return f"`{AUTHORIZATION}` must be `Bearer ` and then the key, or the server does not see one" if bad else None
    told = {**{f"its header `{name}`": value for name, value in entry.headers.items()}, "its address": entry.url}
    where = next((name for name, text in told.items() if isinstance(text, str) and re.search(_SPELLED_KEY, text)), None)
    return f"{where} holds the key, and the server looks for it in `{AUTHORIZATION}` alone" if where else None


def spelled_key(entry: EntryFields) -> Secret | None:
    """The key that stands in plain text in its headers or its address, rightly or not."""
    texts = (entry.headers.get(AUTHORIZATION), *entry.headers.values(), entry.url)
    found = (re.search(_SPELLED_KEY, text) for text in texts if isinstance(text, str))
    return next((Secret(match[0]) for match in found if match), None)


def key_among(words: Iterable[str]) -> Secret | None:
    """The key that stands among the words of a command, which every user of a machine can read."""
    found = (re.search(r"(?<![A-Za-z])ph[xa]_\w{6,}", word) for word in words)
    return next((Secret(match[0]) for match in found if match), None)


def is_our_program(words: Sequence[str]) -> bool:
    """Whether these words start this program: the console program, `python -I -m posthog_wizard`, or through `uvx`."""
    return invocation_of(words) is not None


def _claimed_key(entry: EntryFields) -> str | None:
    """What stands behind `Bearer` in the header and begins as a personal key does."""
    value = entry.headers.get(AUTHORIZATION)
    return value.split(None, 1)[1].strip() if isinstance(value, str) and re.match(_BEARER_KEY, value) else None
