"""Where a key in an entry goes, as far as the entry itself says: nobody writes a key into one that leads elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.api.hosts import CLOUD, api_base
from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, is_our_program, proxy_of
from posthog_wizard.errors import WrongUsage

_HOST_VARIABLE = "POSTHOG_HOST"


def goes_to(entry: EntryFields, hosts: Collection[str]) -> bool:
    """Whether a key in this entry reaches none but these PostHogs (base URLs, and hosted servers' addresses).

    PostHog's hosted server stands for all of its cloud. What names no place at all, as a program that finds its
    PostHog in the profile, goes where its user says.
    """
    known = {_spelled(host) for host in hosts}
    return all(_is_among(place, known) for place in _places(entry))


def _is_among(place: str, known: AbstractSet[str]) -> bool:
    if HOSTED_ADDRESS.match(place):
        return place.lower().startswith("https:") and not known.isdisjoint(CLOUD.values())
    return _spelled(place) in known


def _places(entry: EntryFields) -> Iterator[str]:
    """The base URLs and hosted servers that the entry names; for a strange program every address among its words."""
    words, url, proxy = entry.words, entry.url, proxy_of(entry)
    ours, named = is_our_program(words), entry.environment.get(_HOST_VARIABLE)
    if proxy is not None:
        yield proxy.base
    elif url is not None:
        yield url
    if not ours:
        yield from (word for word in words if "://" in word and not (proxy and proxy.base in word))
        return
    if "bridge" in words and proxy is None:
        yield from tuple(_values("--url", words)) or (HOSTED_MCP_URL,)
    if "serve" in words:
        yield from (*_values("--host", words), *_values("--region", words))
        yield from (text for text in (named,) if isinstance(text, str) and text)


def _values(flag: str, words: tuple[str, ...]) -> Iterator[str]:
    """Every value of a flag, in both spellings: which of several counts is for the program to say."""
    yield from (value for name, value in pairwise(words) if name == flag)
    yield from (word.removeprefix(f"{flag}=") for word in words if word.startswith(f"{flag}="))


def _spelled(place: str) -> str:
    """One spelling for what means the same; what is no base URL stays as it is, and is equal to nothing else."""
    try:
        return api_base(place, allow_http=True)
    except WrongUsage:
        return place
