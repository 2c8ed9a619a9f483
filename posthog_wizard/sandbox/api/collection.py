"""A resource that is kept in the store: its list, its rows, making and changing them. Deleting is a change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from posthog_wizard.model import NOTHING
from posthog_wizard.sandbox.api.fields import FieldCheck, boolean_field, check_fields
from posthog_wizard.sandbox.api.http_messages import HttpReply, reply
from posthog_wizard.sandbox.api.list_pages import found, list_page
from posthog_wizard.sandbox.api.routes import NONE, PAGED, RequestContext, Route, iso_moment
from posthog_wizard.sandbox.row_store import Row

_DAYS_AGO = re.compile(r"~(\d+)d")  # in a sample row: that many days before today, whenever it is looked at
_MORNING = timedelta(hours=9)
_DELETED: Mapping[str, FieldCheck] = {"deleted": boolean_field}
QueryParameters = Mapping[str, str]  # the query's parameters


def _as_it_is(_visit: RequestContext, row: Row) -> Row:
    return row


def _everything(_asked: QueryParameters, _row: Row) -> bool:
    return True


@dataclass(frozen=True)
class Collection:
    """What differs between the resources. `name` is the word in the path, and in the store.

    `made` and `changed` get the checked fields, within the transaction, and give the row to keep: `changed` is told the
    row as it was and what was sent. `shown` is what a caller sees of a row, `listed` what a list shows of it.
    """

    name: str
    scope: str
    checks: Mapping[str, FieldCheck]
    required: tuple[str, ...] = ()
    parameters: frozenset[str] = NONE
    defaults: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    matches: Callable[[QueryParameters, Row], bool] = _everything
    made: Callable[[RequestContext, Row], Row] = _as_it_is
    changed: Callable[[RequestContext, Row, Row], Row] = lambda _visit, before, sent: before | sent
    shown: Callable[[RequestContext, Row], Row] = _as_it_is
    listed: Callable[[RequestContext, Row], Row] | None = None

    @property
    def routes(self) -> tuple[Route, ...]:
        """The list, one row, making one, changing one."""
        several, one = f"/api/projects/{{project_id}}/{self.name}/", f"/api/projects/{{project_id}}/{self.name}/{{id}}/"
        fields, read, write = frozenset(self.checks), f"{self.scope}:read", f"{self.scope}:write"
        return (
            Route("GET", several, read, self._list, PAGED | self.parameters),
            Route("GET", one, read, self._get),
            Route("POST", several, write, self._make, fields=fields),
            Route("PATCH", one, write, self._change, fields=fields | _DELETED.keys()),
        )

    def row(self, context: RequestContext, identifier: object) -> Row:
        """A row as it is kept. Raises Refusal where there is none."""
        kept: Row = found(context.store.row(self.name, identifier, context.project))
        return kept

    def _list(self, context: RequestContext) -> HttpReply:
        rows = [dated(row, context.now) for row in reversed(context.store.rows(self.name, context.project))]
        show = self.listed or self.shown
        return list_page(context, [show(context, row) for row in rows if self.matches(context.request.query, row)])

    def _get(self, context: RequestContext) -> HttpReply:
        return reply(self.seen(context, self.row(context, context["id"])))

    def _make(self, context: RequestContext) -> HttpReply:
        sent = check_fields(context.fields, self.checks, self.required, partial=False)
        kept = {"created_at": context.time, "updated_at": context.time, "deleted": False}
        with context.store.changing():
            made = self.made(context, {**self.defaults, **sent, **kept})
            return reply(self.seen(context, context.store.add(self.name, made, context.project)), 201)

    def _change(self, context: RequestContext) -> HttpReply:
        sent = check_fields(context.fields, {**self.checks, **_DELETED}, partial=True)
        with context.store.changing():
            before = self.anything(context, context["id"])
            after = self.changed(context, before, sent) | {"updated_at": context.time}
            context.store.save(self.name, after, context.project)
            return reply(self.seen(context, after))

    def anything(self, context: RequestContext, identifier: object) -> Row:
        """A row as it is kept, also one that was deleted: a change can bring it back."""
        row = context.store.row(self.name, identifier, context.project)
        if row is None:
            found(row)
        return row or {}

    def seen(self, context: RequestContext, row: Row) -> Row:
        """A row as a caller sees it."""
        return self.shown(context, dated(row, context.now))


def dated(row: Row, now: datetime) -> Row:
    """The row with its `~30d` as dates."""
    return {name: _date(value, now) if isinstance(value, str) else value for name, value in row.items()}


def _date(value: str, now: datetime) -> str:
    ago = _DAYS_AGO.fullmatch(value)
    if ago is None:
        return value
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return iso_moment(midnight - timedelta(days=int(ago[1])) + _MORNING)


def mentions(row: Row, names: tuple[str, ...], text: str) -> bool:
    """Whether one of the fields holds the text, whatever the case."""
    return any(text.lower() in str(row.get(name) or "").lower() for name in names)
