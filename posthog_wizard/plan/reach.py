"""Where a key in an entry goes, as far as the entry itself says: nobody writes a key into one that leads elsewhere. Pure.

Who knows a key that was made public may have put it into an entry of their own, and waits for its successor.
"""

from collections.abc import Collection, Iterator

from posthog_wizard.api.hosts import CLOUD, api_base
from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import HOSTED_MCP_URL, invocation_of, values_among


def goes_to(entry: EntryFields, hosts: Collection[str]) -> bool:
    """Whether a key in this entry reaches none but these PostHogs (base URLs, and hosted servers' addresses).

    PostHog's hosted server stands for all of its cloud. What names no place at all, as a program that finds its
    PostHog in the profile, goes where its user says.
    """
    known = {_spelled(host) for host in hosts}
    has_cloud = not known.isdisjoint(CLOUD.values())
    return all(
        has_cloud and place.lower().startswith("https:") if HOSTED_ADDRESS.match(place) else _spelled(place) in known
        for place in _places(entry)
    )


def _places(entry: EntryFields) -> Iterator[str]:
    """The base URLs and hosted servers that the entry names; for a strange program every address among its words."""
    words, said, named = entry.words, invocation_of(entry.words), entry.environment.get("POSTHOG_HOST")
    if entry.url is not None:
        yield _posthog_behind(entry.url)
    if said is None:
        yield from (_posthog_behind(word) for word in words if "://" in word)
    elif said.program == "bridge":
        yield from map(_posthog_behind, tuple(values_among(words, "url")) or (HOSTED_MCP_URL,))
    else:
        yield from (*values_among(words, "host"), *values_among(words, "region"))
        yield from (text for text in (named,) if isinstance(text, str) and text)


def _posthog_behind(url: str) -> str:
    """The PostHog that speaks for an installed server; every other address itself."""
    proxy = proxy_of(EntryFields(url))
    return url if proxy is None else proxy.base


def _spelled(place: str) -> str:
    """One spelling for what means the same; what is no base URL stays as it is, and is equal to nothing else."""
    try:
        return api_base(place, allow_http=True)
    except WrongUsage:
        return place
