"""What doctor finds: one value a finding, what would mend it, and the command that does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.clients.entries import EntryFields, read_entry
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of
from posthog_wizard.doctor.context import DEFAULT_NAME, Context, Entry
from posthog_wizard.invocation import Invocation, invocation_of
from posthog_wizard.model import NOTHING, Found, Json, Scope, Stdio
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.duplicates import SANDBOX_FLAG, server_identity
from posthog_wizard.printable import joined, word

Status = Literal["ok", "warn", "fail", "skip"]
"""skip: it does not apply here, and `cause` says why."""


class Repair(NamedTuple):
    """Edits of one client's file that mend a finding without asking for what only the user knows.

    All repairs of a file share one draft, so they become one change, which `mcp undo` takes back.
    """

    found: Found | None  # None: nothing but `prepare` is done
    says: str  # what it does, as an imperative sentence without a full stop: "remove the entry `posthog-eu`"
    edit: Callable[[Draft], None] = lambda _: None  # does nothing where the draft is right already
    holds_key: bool = False  # a key in plain text stands in what it writes
    mode: int | None = None  # the mode bits that the file gets
    prepare: Callable[[], None] | None = None  # what has to be done before the file is written
    also: Repair | None = None  # what follows in another file, or elsewhere in this one


NEEDS_NETWORK = "it needs the network (`--offline`)"  # why something was not looked at


def mend(scope: Scope) -> str:
    """The command between backticks that repairs what was found in the files of that scope."""
    return f"`{joined(('posthog-wizard', 'mcp', 'doctor', *in_scope(scope).split(), '--fix'))}`"


def advice(repair: Repair | None, otherwise: str) -> str:
    """What mends a finding: `--fix` where it can, or else, or instead of it."""
    if repair is None:
        return otherwise
    return f"{mend(repair.found.place.scope if repair.found else 'user')} or {otherwise}"


class Check(NamedTuple):
    """One finding.

    `id` begins with its family: `install.`, `key.`, `network.`, `client.<client id>.`, `installation.`. An id may
    come more than once: a client has several files, a file several entries; `data` says which (`path`, `entry`).
    A finding without one has that of its row. `title` says what was looked at, `cause` what is wrong in a sentence,
    `fix` is the exact command or sentence that mends it. Nothing here may hold a key.
    """

    id: str
    status: Status
    title: str
    cause: str | None = None
    fix: str | None = None
    repair: Repair | None = None
    data: Mapping[str, Json] = NOTHING

    @property
    def fixable(self) -> bool:
        """Whether `--fix` mends it."""
        return self.repair is not None


def finding(
    status: Status,
    title: str,
    cause: str | None = None,
    fix: str | None = None,
    repair: Repair | None = None,
    data: Mapping[str, Json] = NOTHING,
) -> Check:
    """A finding under the id of its row. `fix` is what helps without the repair, where there is one."""
    return Check("", status, title, cause, fix and advice(repair, fix), repair, data)


def of_entry(entry: Entry, status: Status, cause: str, fix: str, repair: Repair | None = None) -> Check:
    """What is wrong with an entry."""
    return finding(status, f"{entry.client.title}: `{entry.name}`", cause, fix, repair, entry.where)


class CheckRow(NamedTuple):
    """A row of the table: one task for each subject, with the subject's values in its id and title.

    `subjects` gives what is looked at on this machine (the machine itself, each client, each entry, each key), each as
    the arguments that `look` gets after the context; rows beside each other with the same subjects take turns.
    When a task has not answered by the time limit, a check with its `id` says so, with its `title`.
    """

    id: str  # `{0.id}` and the like stand for what the first argument has
    title: str  # what is looked at, for the spinner: "PostHog's API"
    look: Callable[..., Iterable[Check]]
    subjects: Callable[[Context], Iterable[tuple[Any, ...]]]
    fine: str | None = None  # the title of the check that says so where nothing was found; None: nobody says so


# ------------------------------------------------------------------ commands that can be pasted, for the file that a finding is about


def add_command(entry: Entry, *more: str, value: EntryFields | None = None) -> str:
    """The command between backticks, `more` at its end. `value` is what the entry should be, where it is not that."""
    server, words = entry.server, [] if entry.name == DEFAULT_NAME else ["--name", entry.name]
    said = invocation_of(entry.fields.words)
    imitated = said is not None and said.program == "serve" and entry.wrong_address is not None
    if value is not None or (
        entry.doubt is None and not imitated
    ):  # or an address of a stranger's would be recommended
        words += _server(entry.fields if value is None else value, read_entry(entry.found.place.schema, entry.left))
    keyless = isinstance(server, Stdio) and server.key is None
    if keyless and said is not None and not said.sandbox:  # it starts our program without a key of its own
        words += ("--secret", "store")
    return command_for("add", entry.found, *words, *more)


def remove_command(entry: Entry) -> str:
    """The command between backticks that takes the entry out."""
    return command_for("remove", entry.found, *(("--name", entry.name) if entry.name != DEFAULT_NAME else ()))


def command_for(verb: str, found: Found, *more: str) -> str:
    """The command between backticks that does it to that file, `more` at its end."""
    return f"`{joined(('posthog-wizard', 'mcp', verb, *in_scope(found.place.scope, found.client.id).split(), *more))}`"


def in_scope(scope: Scope, *clients: str) -> str:
    """Clients, and the scope of their files, as each of our commands is told of them."""
    return " ".join((*clients, *(("--scope", "project") if scope == "project" else ())))


def host_flag(base: str) -> str:
    """What `mcp add` has to be told of that PostHog, with a space before it; nothing for PostHog Cloud, which it finds."""
    if base == SANDBOX_FLAG:
        return f" {SANDBOX_FLAG}"
    return "" if base in CLOUD.values() else f" --host {word(base)}"


def _server(value: EntryFields, left: EntryFields) -> Iterator[str]:
    """`left`: how our last run left it; a hosted server beside PostHog's is one that the user named then."""
    proxy, host, url = proxy_of(value), server_identity(value)[0], _address(value)
    if proxy is not None:
        yield from ("--installation", proxy.installation)
    elif host == SANDBOX_FLAG:
        yield SANDBOX_FLAG
    elif host is not None:
        said = invocation_of(value.words)
        yield from (*Invocation("serve", host=host).flags, *(("--server", "local") if host in CLOUD.values() else ()))
        yield from Invocation("serve", allow_http=said is not None and said.allow_http).flags
    elif url and url == _address(left) and not HOSTED_ADDRESS.match(url):
        yield from ("--mcp-url", url)


def _address(value: EntryFields) -> str:
    """Where the hosted server is, limits aside."""
    said = invocation_of(value.words)
    return (value.url or (said and said.url) or "").partition("?")[0]
