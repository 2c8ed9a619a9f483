"""The `mcp add` that writes an entry anew: for the same PostHog, file and name, so that it can be pasted."""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import proxy_of
from posthog_wizard.doctor.context import DEFAULT_NAME, Entry
from posthog_wizard.invocation import Invocation, invocation_of
from posthog_wizard.model import Found, Scope, Stdio
from posthog_wizard.plan.duplicates import SANDBOX_FLAG, server_identity
from posthog_wizard.plan.shell_words import joined, word


def add_command(entry: Entry, *more: str, value: EntryFields | None = None) -> str:
    """The command between backticks, `more` at its end. `value` is what the entry should be, where it is not that."""
    server, words = entry.server, [] if entry.name == DEFAULT_NAME else ["--name", entry.name]
    if entry.doubt is None or value is not None:  # or an address of a stranger's would be recommended
        words += _server(entry.fields if value is None else value)
    said = invocation_of(entry.fields.words) if isinstance(server, Stdio) and server.key is None else None
    if said is not None and not said.sandbox:  # it starts our program without a key of its own
        words += ("--secret", "store")
    return add_to(entry.found, *words, *more)


def add_to(found: Found, *more: str) -> str:
    """The command between backticks that writes into that file, `more` at its end."""
    return _command("add", found, *more)


def remove_command(entry: Entry) -> str:
    """The command between backticks that takes the entry out."""
    return _command("remove", entry.found, *(("--name", entry.name) if entry.name != DEFAULT_NAME else ()))


def _command(verb: str, found: Found, *more: str) -> str:
    return f"`{joined(('posthog-wizard', 'mcp', verb, *in_scope(found.place.scope, found.client.id).split(), *more))}`"


def in_scope(scope: Scope, *clients: str) -> str:
    """Clients, and the scope of their files, as each of our commands is told of them."""
    return " ".join((*clients, *(("--scope", "project") if scope == "project" else ())))


def host_flag(base: str) -> str:
    """What `mcp add` has to be told of that PostHog, with a space before it; nothing for PostHog Cloud, which it finds."""
    if base == SANDBOX_FLAG:
        return f" {SANDBOX_FLAG}"
    return "" if base in CLOUD.values() else f" --host {word(base)}"


def _server(value: EntryFields) -> Iterator[str]:
    proxy, host = proxy_of(value), server_identity(value)[0]
    if proxy is not None:
        yield from ("--installation", proxy.installation)
    elif host == SANDBOX_FLAG:
        yield SANDBOX_FLAG
    elif host is not None:
        said = invocation_of(value.words)
        yield from (*Invocation("serve", host=host).flags, *(("--server", "local") if host in CLOUD.values() else ()))
        yield from Invocation("serve", allow_http=said is not None and said.allow_http).flags
