"""Moving keys out of entries: which keys stand there in plain text, and the same servers without them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from posthog_wizard.api.hosted import without_limits
from posthog_wizard.clients.entries import read_back, read_entry
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of, recognise
from posthog_wizard.documents.masking import REFERENCE
from posthog_wizard.invocation import HOSTED_MCP_URL, invocation_of
from posthog_wizard.model import DesiredServer, EntrySchema, Found, Json, Remote, Secret, Server, Stdio
from posthog_wizard.plan.draft import readable_entries
from posthog_wizard.plan.servers import named_profile, own_program, with_limits

_SPELLED_KEY = re.compile(r"phx_\w{6,}")


class InlineKey(NamedTuple):
    """A key in plain text in an entry of PostHog's.

    `host`: the PostHog that the entry names, None for Cloud. `url`: a hosted server other than PostHog's own.
    """

    found: Found
    name: str
    key: Secret
    host: str | None = None
    url: str | None = None


def inline_keys(found: Iterable[Found], hosts: Collection[str] = ()) -> tuple[InlineKey, ...]:
    """Every key that stands in these files in an entry of PostHog's; files that cannot be read give none.

    `hosts`: see `recognise`.
    """
    return tuple(inline for one in found for inline in _inline_keys(one, hosts))


def inline_key(schema: EntrySchema, entry: Json) -> Secret | None:
    """The key that stands in this entry in plain text; None where it holds none, or a reference to one."""
    server = read_back(schema, entry)
    if server is None:
        return None
    if isinstance(server.key, Secret) and not REFERENCE.fullmatch(server.key.reveal()):
        return server.key
    words = server.arguments if isinstance(server, Stdio) else ()
    spelled = next((match[0] for match in map(_SPELLED_KEY.search, words) if match), None)
    return Secret(spelled) if spelled else None


def without_key(server: Server, desired: DesiredServer) -> Stdio:
    """A program that reaches what this server reaches, within the wish's limits, with the key in the wish's profile."""
    said = invocation_of((server.command, *server.arguments)) if isinstance(server, Stdio) else None
    if said is not None:
        limited = with_limits(said, desired.limits)
        words = limited._replace(launcher=desired.launcher, profile=named_profile(desired.key)).words
        return Stdio(words[0], words[1:], None)
    url = (
        server.url
        if isinstance(server, Remote)
        else next(filter(HOSTED_ADDRESS.match, server.arguments), HOSTED_MCP_URL)
    )
    known = isinstance(server, Remote) and not url.endswith("/sse")
    reached = without_limits(url) if known else HOSTED_MCP_URL
    return own_program(desired._replace(kind="hosted", address=reached))


def _inline_keys(found: Found, hosts: Collection[str]) -> Iterator[InlineKey]:
    for name, value in readable_entries(found).items():
        entry = read_entry(found.place.schema, value)
        key = inline_key(found.place.schema, value) if recognise(entry, hosts) else None
        if key is not None:
            proxy = proxy_of(entry)
            said = None if proxy else invocation_of(entry.words)
            host = proxy.base if proxy else said and said.host
            other = None if proxy else _other_server(entry.url or (said and said.url))
            yield InlineKey(found, name, key, host, other)


def _other_server(url: str | None) -> str | None:
    return without_limits(url) if url and not HOSTED_ADDRESS.match(url) else None
