"""A resource that is kept in the store: its list, its rows, making and changing them. Deleting is a change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from posthog_wizard.model import NOTHING
from posthog_wizard.sandbox.api.fields import FieldCheck, boolean, check_fields
from posthog_wizard.sandbox.api.http_messages import HttpReply, api_error, not_found, reply
from posthog_wizard.sandbox.api.routes import FALSE, NONE, PAGED, TRUE, RequestContext, Route, iso_moment
from posthog_wizard.sandbox.row_store import Row

AUTHOR_FIELDS = ("id", "uuid", "distinct_id", "first_name", "last_name", "email")
_REQUIRED: Final = object()  # as a default: whoever makes a row must say it
UNKEPT: Final = object()  # as a default: it is no part of a row, `made` and `changed` do something with it
_DAYS_AGO = re.compile(r"~(\d+)d")  # in a sample row: that many days before today, whenever it is looked at
_NO_DELETION = 'Hard delete of this model is not allowed. Use a patch API call to set "deleted" to true'
_DELETED: Mapping[str, FieldCheck] = {"deleted": boolean}
QueryParameters = Mapping[str, str]


class Field(NamedTuple):
    """A field that callers set: the check of what they send, and what a row has that was made without it.

    `changed` checks what a change sends, where that is another check.
    """

    check: FieldCheck
    default: Any = _REQUIRED
    changed: FieldCheck | None = None


@dataclass(frozen=True)
class Collection:
    """What differs between the resources. `name` is the word in the path, and in the store.

    `given` are fields that callers cannot set, with their first values. `searched` are those that `search` looks into,
    and `matches` is what the other `parameters` ask of a row as it is shown. `made` and `changed` get the checked fields, within the
    transaction, and give the row to keep: `changed` is told the row as it was and what was sent. `shown` is what a
    caller sees of a row; where `bare_lists`, a list shows rows as they are kept.
    """

    name: str
    scope: str
    fields: Mapping[str, Field]
    given: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    searched: tuple[str, ...] = ("name", "description")
    parameters: frozenset[str] = NONE
    matches: Callable[[QueryParameters, Row], bool] = lambda _asked, _row: True
    made: Callable[[RequestContext, Row], Row] = lambda _context, row: row
    changed: Callable[[RequestContext, Row, Row], Row] = lambda _context, before, sent: before | sent
    shown: Callable[[RequestContext, Row], Row] = lambda _context, row: row
    bare_lists: bool = False
    changed_when_deleted: bool = False  # in other ways than to bring it back
    deletes: bool = False  # for good, by DELETE; `deleted` is no field then

    @property
    def checks(self) -> dict[str, FieldCheck]:
        """The check of each field that callers set."""
        return {name: one.check for name, one in self.fields.items()}

    @property
    def defaults(self) -> dict[str, Any]:
        """What a row has that was made of nothing."""
        usual = {name: one.default for name, one in self.fields.items() if one.default not in (_REQUIRED, UNKEPT)}
        return {**usual, **self.given}

    @property
    def _changes(self) -> dict[str, FieldCheck]:
        checks = {name: one.changed or one.check for name, one in self.fields.items()}
        return checks if self.deletes else checks | dict(_DELETED)

    @property
    def _required(self) -> frozenset[str]:
        return frozenset(name for name, one in self.fields.items() if one.default is _REQUIRED)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The list, one row, making one, changing one, and the deletion that PostHog's schema has and refuses."""
        several, one = f"{self.name}/", f"{self.name}/{{id}}/"
        names, read, write = frozenset(self.fields), f"{self.scope}:read", f"{self.scope}:write"
        return (
            Route("GET", several, read, self._list, PAGED | {"search"} | self.parameters),
            Route("GET", one, read, lambda context: reply(self.seen(context, context.row(self.name, context["id"])))),
            Route("POST", several, write, self._make, fields=names, checks=self.checks, required=self._required),
            Route("PATCH", one, write, self._change, fields=frozenset(self._changes), checks=self._changes),
            Route("DELETE", one, write, self._delete, text="" if self.deletes else _NO_DELETION),
        )

    def author(self, context: RequestContext) -> Row:
        """Who asks, as rows name people."""
        return {name: context.owner.get(name) for name in AUTHOR_FIELDS}

    def add(self, context: RequestContext, sent: Row) -> Row:
        """Keep a new row of fields that are checked; gives it."""
        kept = {
            "created_by": self.author(context),
            "created_at": context.time,
            "updated_at": context.time,
            "deleted": False,
        }
        with context.store.changing():
            made = self.made(context, {**self.defaults, **sent, **kept})
            return context.store.add(self.name, made, context.project)

    def seen(self, context: RequestContext, row: Row) -> Row:
        """A row as a caller sees it."""
        return self.shown(context, dated(row, context.now))

    def _list(self, context: RequestContext) -> HttpReply:
        asked = context.request.query
        text = asked.get("search", "").lower()
        rows = [dated(row, context.now) for row in reversed(context.rows(self.name))]
        shown = rows if self.bare_lists else [self.shown(context, row) for row in rows]
        found = [
            row
            for row in shown
            if self.matches(asked, row) and any(text in str(row.get(name) or "").lower() for name in self.searched)
        ]
        return context.page(found)

    def _make(self, context: RequestContext) -> HttpReply:
        sent = check_fields(context.fields, self.checks, self._required)
        return reply(self.seen(context, self.add(context, sent)), 201)

    def _change(self, context: RequestContext) -> HttpReply:
        """Of most rows that were deleted the change alone that brings them back."""
        sent = check_fields(context.fields, self._changes)
        with context.store.changing():
            before = context.store.row(self.name, context["id"], context.project)
            gone = before and before.get("deleted") and not self.changed_when_deleted
            if before is None or (gone and sent.get("deleted") is not False):
                raise not_found()
            after = self.changed(context, before, sent) | {"updated_at": context.time}
            context.store.save(self.name, after, context.project)
            return reply(self.seen(context, after))

    def _delete(self, context: RequestContext) -> HttpReply:
        """As https://github.com/PostHog/posthog/blob/master/posthog/api/forbid_destroy_model.py refuses it."""
        if not self.deletes:
            raise api_error(405, "method_not_allowed", _NO_DELETION)
        context.store.remove(self.name, context.row(self.name, context["id"])["id"], context.project)
        return reply(status=204)


def agrees(asked: QueryParameters, row: Row, *names: str) -> bool:
    """Whether fields are what parameters of these names ask: true or false, a word, or one of a list."""
    facts = row | {"created_by": row["created_by"]["id"], "created_by_id": row["created_by"]["id"], "ids": row["id"]}
    return all(_fits(asked[name], facts[name]) for name in names if name in asked)


def _fits(asked: str, value: Any) -> bool:
    if isinstance(value, bool):
        return asked not in TRUE | FALSE or value == (asked in TRUE)
    wanted = {part.strip(' "') for part in asked.strip("[]").split(",")} - {""}
    return not wanted or not wanted.isdisjoint(map(str, value if isinstance(value, list) else [value]))


def dated(row: Row, now: datetime) -> Row:
    """The row with its `~30d` as dates."""
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
    ago = {name: _DAYS_AGO.fullmatch(value) for name, value in row.items() if isinstance(value, str)}
    return row | {name: iso_moment(morning - timedelta(days=int(days[1]))) for name, days in ago.items() if days}
