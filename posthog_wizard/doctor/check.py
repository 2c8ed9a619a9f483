"""What doctor finds: one value a finding, and what would mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.model import NOTHING, Found, Json
from posthog_wizard.plan.draft import Draft

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


MEND = "`posthog-wizard mcp doctor --fix`"
NEEDS_NETWORK = "it needs the network (`--offline`)"  # why something was not looked at


def advice(repair: Repair | None, otherwise: str) -> str:
    """What mends a finding: `--fix` where it can, or else, or instead of it."""
    return f"{MEND} or {otherwise}" if repair is not None else otherwise


class Check(NamedTuple):
    """One finding.

    `id` begins with its family: `install.`, `key.`, `network.`, `client.<client id>.`, `installation.`. An id may
    come more than once: a client has several files, a file several entries; `data` says which (`path`, `entry`).
    A finding without one has that of its row. `title` says what was looked at, `cause` what is wrong in a sentence, `fix` is the exact command or sentence that
    mends it. Nothing here may hold a key.
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


class Task(NamedTuple):
    """What is done at the same time as every other task.

    When it has not answered by the time limit, a check with its `id` says so, with its `title`.
    """

    id: str
    title: str  # what is looked at, for the spinner: "PostHog's API"
    run: Callable[[], Iterable[Check]]
    fine: str | None = None  # the title of the check that says so where nothing was found; None: nobody says so


class CheckRow(NamedTuple):
    """A row of the table: one task for each subject, with the subject's values in its id and title.

    `subjects` gives what is looked at on this machine (the machine itself, each client, each entry, each key), each as
    the arguments that `look` gets after the context; rows beside each other with the same subjects take turns.
    """

    id: str  # `{0.id}` and the like stand for what the first argument has
    title: str
    look: Callable[..., Iterable[Check]]
    subjects: Callable[[Context], Iterable[tuple[Any, ...]]]
    fine: str | None = None  # as in `Task`
