"""Keys and entries: which entries need a key, which hold one in plain text, and the same servers without it. Pure."""

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from posthog_wizard.api.hosted import without_limits
from posthog_wizard.clients.entries import read_back, read_entry
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, key_among, proxy_of, recognise
from posthog_wizard.documents.masking import REFERENCE
from posthog_wizard.invocation import HOSTED_MCP_URL, invocation_of
from posthog_wizard.model import DesiredServer, EntrySchema, Found, Json, Remote, Secret, Server, Stdio, Stored
from posthog_wizard.plan.draft import readable_entries
from posthog_wizard.plan.servers import named_profile, own_program, with_limits


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
    inline: list[InlineKey] = []
    for one in found:
        for name, value in readable_entries(one).items():
            entry = read_entry(one.place.schema, value)
            key = inline_key(one.place.schema, value) if recognise(entry, hosts) else None
            proxy = proxy_of(entry)
            if key is not None and proxy is not None:
                inline.append(InlineKey(one, name, key, proxy.base))
            elif key is not None:
                said = invocation_of(entry.words)
                url = entry.url or (said and said.url)
                other = without_limits(url) if url and not HOSTED_ADDRESS.match(url) else None
                inline.append(InlineKey(one, name, key, said and said.host, other))
    return tuple(inline)


def inline_key(schema: EntrySchema, entry: Json) -> Secret | None:
    """The key that stands in this entry in plain text; None where it holds none, or a reference to one."""
    server = read_back(schema, entry)
    if server is None:
        return None
    if isinstance(server.key, Secret) and not REFERENCE.fullmatch(server.key.reveal()):
        return server.key
    return key_among(server.arguments) if isinstance(server, Stdio) else None


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


class Use(NamedTuple):
    """An entry that needs the key. `how`: it reads the profile, or the key stands in it."""

    found: Found
    name: str
    how: Literal["profile", "inline"]


def uses(found: Iterable[Found], profile: str, key: Secret | None) -> tuple[Use, ...]:
    """The entries of these files that need this profile or hold this key; files that cannot be read give none."""
    needed: list[Use] = []
    for one in found:
        for name, entry in readable_entries(one).items():
            if key is not None and holds(entry, key):
                needed.append(Use(one, name, "inline"))
            elif _profile(one.place.schema, entry) == profile:
                needed.append(Use(one, name, "profile"))
    return tuple(needed)


def holds(value: Json, key: Secret) -> bool:
    """Whether the key stands somewhere in a value of a document."""
    if isinstance(value, str):
        return key.reveal() in value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(holds(part, key) for part in parts)


def _profile(schema: EntrySchema, entry: Json) -> str | None:
    """The profile that an entry without a key reads; None for every other entry."""
    server = read_back(schema, entry)
    if not isinstance(server, Stdio) or server.key is not None:
        return None
    said = invocation_of((server.command, *server.arguments))
    return None if said is None or said.sandbox else said.profile or Stored().profile
