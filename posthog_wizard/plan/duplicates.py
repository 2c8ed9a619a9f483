"""Which entries of a file are PostHog's, and which of them stand in each other's way."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import is_known, is_legacy, proxy_of, recognise
from posthog_wizard.invocation import Invocation, flag_called, invocation_of
from posthog_wizard.plan.limits import limits_in

SANDBOX_FLAG = flag_called("sandbox").spelled


def duplicates_of(name: str, entry: EntryFields, entries: Mapping[str, EntryFields]) -> tuple[str, ...]:
    """Other entries that would connect the client to the same server a second time.

    An entry that leads to another PostHog, or is pinned to another organization or project, was made on purpose and is
    no twin, unless it has our name in other letters. An installed server's entry has twins among its like alone.
    """
    proxy = proxy_of(entry)

    def is_twin(other: str, value: EntryFields) -> bool:
        if proxy is not None:
            found = proxy_of(value)
            return found is not None and found.installation == proxy.installation and is_known(found.base, {proxy.base})
        if recognise(value) not in {"hosted", "local"}:
            return False
        try:
            urlsplit(value.url or "")
        except ValueError:  # what cannot be read leads nowhere
            return is_same_name(other, name)
        return is_same_name(other, name) or server_identity(value) == server_identity(entry)

    return tuple(other for other, value in entries.items() if other != name and is_twin(other, value))


def stale_duplicates(name: str, entries: Mapping[str, EntryFields]) -> tuple[str, ...]:
    """Other entries that are the same server under an old way of writing it."""
    return tuple(
        other
        for other, value in entries.items()
        if other != name and recognise(value) in {"hosted", "local"} and (is_same_name(other, name) or is_legacy(value))
    )


def server_identity(entry: EntryFields) -> tuple[str | None, ...]:
    """Where an entry leads: the host of our own server or proxy, or its sandbox (None: hosted), organization, project."""
    proxy = proxy_of(entry)
    if proxy is not None:
        return (proxy.base, None, proxy.project)
    said, limits = invocation_of(entry.words) or Invocation("bridge"), limits_in(entry)
    return (SANDBOX_FLAG if said.sandbox else said.host, limits.organization, limits.project)


def is_same_name(other: str, name: str) -> bool:
    """Whether two names differ in their letters' case at most."""
    return other.casefold() == name.casefold()
