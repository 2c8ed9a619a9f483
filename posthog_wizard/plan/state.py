"""In what state our entry is in a place: what `mcp list` shows."""

from collections.abc import Callable, Collection
from typing import Literal, NamedTuple

from posthog_wizard.api.hosted import hosted_url, limits_in_url
from posthog_wizard.clients.entries import dropped, keep_user_fields, read_back, read_entry, render_entry
from posthog_wizard.clients.recognise import is_legacy, key_among, proxy_of, recognise, wrong_address
from posthog_wizard.errors import ConfigError, NotSupported
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import (
    EntrySchema,
    Found,
    Json,
    KeyPath,
    Limits,
    Prompted,
    Remote,
    Secret,
    Server,
    Stdio,
    equal,
)
from posthog_wizard.plan import LeftByUs, known_of, nothing_left
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.duplicates import SANDBOX_FLAG, server_identity
from posthog_wizard.plan.limits import limits_in
from posthog_wizard.plan.servers import launcher_in

_WrittenByUs = Callable[[Found, KeyPath, bytes], bool]
Standing = Literal["none", "current", "outdated", "foreign", "unreadable"]
"""outdated: ours, but not what `add` would write now, the key's value aside."""


class EntryState(NamedTuple):
    """What stands in a place under our name, or under another name that leads to PostHog."""

    standing: Standing
    name: str | None = None
    transport: Literal["http", "stdio"] | None = None
    secret: Literal["inline", "store", "env", "prompt", "none"] | None = None
    problem: ConfigError | None = None
    limits: Limits = Limits()
    host: str | None = None  # the PostHog that it names; None: the hosted server's, or none
    drifted: bool = False  # whether it is not as we left it


def state_of(
    found: Found,
    name: str,
    launcher: tuple[str, ...],
    written_by_us: _WrittenByUs,
    left_by_us: LeftByUs = nothing_left,
    hosts: Collection[str] = (),
) -> EntryState:
    """The state of the entry `name`; where there is none, of the first entry that is PostHog's all the same.

    `hosts`: see `recognise`.
    """
    if found.content is None and found.problem is None:
        return EntryState("none")  # without the library of its format
    try:
        draft = Draft(found)
        entries = draft.entries()
        schema = found.place.schema
        read = ((other, recognise(read_entry(schema, value))) for other, value in entries.items())
        posthogs = (other for other, kind in read if kind not in {None, "installation"})
        ours = name if name in entries else next(posthogs, None)
        if ours is None:
            return EntryState("none")
        keys = found.place.keys_of(ours)
        entry, raw = draft.get(keys), draft.raw(keys)
    except ConfigError as problem:
        return EntryState("unreadable", problem=problem)

    def known() -> bool:  # asked last: the journal may be large
        return raw is not None and written_by_us(found, keys, raw)

    left = left_by_us(found, keys)
    fields = read_entry(schema, entry)
    if not (recognise(fields, hosts) or left or known()):
        return EntryState("foreign", ours)
    server = read_back(schema, entry)
    current = (
        server is not None
        and (ours == name or known())
        and _is_current(schema, ours, entry, server, launcher_in(found, server, launcher))
        and (wrong_address(fields) is None or known())  # that we wrote, the user named
        and not dropped(schema, entry, known_of(found, keys, entry, left_by_us))
        and (not isinstance(server.key, Prompted) or draft.question(server.key.input_id) is not None)
    )
    standing: Standing = "current" if current else "outdated"
    host = server_identity(fields)[0]
    where = (limits_in(fields), None if host == SANDBOX_FLAG else host)
    drifted = bool(left) and not equal(left, entry)
    transport: Literal["http", "stdio"] | None = (
        None if server is None else "http" if isinstance(server, Remote) else "stdio"
    )
    return EntryState(standing, ours, transport, _secret(server), None, *where, drifted)


def entries_of_ours(
    found: Found, written_by_us: _WrittenByUs, hosts: Collection[str] = (), *, installed: bool = False
) -> tuple[str, ...]:
    """The names of the entries that lead to PostHog itself, or that we wrote; `hosts`: see `recognise`.

    `installed`: of those that lead to an installed server, through PostHog's proxy.
    """

    def ours(name: str, value: Json) -> bool:
        keys, entry = found.place.keys_of(name), read_entry(found.place.schema, value)
        if (proxy_of(entry) is not None) != installed:
            return False
        return recognise(entry, hosts) is not None or written_by_us(found, keys, draft.raw(keys) or b"")

    if found.content is None or (installed and b"mcp_server_installations" not in found.content):
        return ()  # without the library of its format, without looking at every entry
    try:
        draft = Draft(found)
        return tuple(name for name, value in draft.entries().items() if ours(name, value))
    except ConfigError:  # `state_of` tells it
        return ()


def _is_current(schema: EntrySchema, name: str, entry: Json, server: Server, launcher: tuple[str, ...]) -> bool:
    """Whether `add` would write this entry as it is, if it were asked for the same server."""
    fields = read_entry(schema, entry)
    if is_legacy(fields) or key_among(fields.words):
        return False
    if isinstance(server, Stdio):
        said = invocation_of((server.command, *server.arguments))
        if said is None or said.launcher != launcher:
            return False
    try:
        spelled = isinstance(server, Stdio) or server.url == hosted_url(server.url, limits_in_url(server.url))
        return spelled and bool(keep_user_fields(schema, render_entry(schema, server, name), entry) == entry)
    except (NotSupported, ValueError):  # a way that this client does not have, or no URL at all
        return False


def _secret(server: Server | None) -> Literal["inline", "store", "env", "prompt", "none"] | None:
    if server is None:
        return None
    if isinstance(server, Stdio) and server.key is None and key_among(server.arguments):
        return "inline"
    if server.key is None:
        said = invocation_of((server.command, *server.arguments)) if isinstance(server, Stdio) else None
        return "none" if said is None or said.sandbox else "store"  # the embedded PostHog needs no key
    return "inline" if isinstance(server.key, Secret) else server.key.kind
