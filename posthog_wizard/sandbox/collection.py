"""A resource that is kept in the store: its list, its rows, making and changing them. Deleting is a change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from posthog_wizard.model import NOTHING
from posthog_wizard.sandbox.fields import Check, boolean, checked
from posthog_wizard.sandbox.pages import found, page
from posthog_wizard.sandbox.routes import NONE, PAGED, Route, Visit, written
from posthog_wizard.sandbox.store import Row
from posthog_wizard.sandbox.wire import Reply, reply

DAYS_AGO = re.compile(r"~(\d+)d")  # in a sample row: that many days before today, whenever it is looked at
MORNING = timedelta(hours=9)
DELETED: Mapping[str, Check] = {"deleted": boolean}
Asked = Mapping[str, str]  # the query's parameters


def _as_it_is(_visit: Visit, row: Row) -> Row:
    return row


def _everything(_asked: Asked, _row: Row) -> bool:
    return True


@dataclass(frozen=True)
class Collection:
    """What differs between the resources. `name` is the word in the path, and in the store.

    `made` and `changed` get the checked fields, within the transaction, and give the row to keep: `changed` is told the
    row as it was and what was sent. `shown` is what a caller sees of a row, `listed` what a list shows of it.
    """

    name: str
    scope: str
    checks: Mapping[str, Check]
    required: tuple[str, ...] = ()
    parameters: frozenset[str] = NONE
    defaults: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    matches: Callable[[Asked, Row], bool] = _everything
    made: Callable[[Visit, Row], Row] = _as_it_is
    changed: Callable[[Visit, Row, Row], Row] = lambda _visit, before, sent: before | sent
    shown: Callable[[Visit, Row], Row] = _as_it_is
    listed: Callable[[Visit, Row], Row] | None = None

    @property
    def routes(self) -> tuple[Route, ...]:
        """The list, one row, making one, changing one."""
        several, one = f"/api/projects/{{project_id}}/{self.name}/", f"/api/projects/{{project_id}}/{self.name}/{{id}}/"
        fields, read, write = frozenset(self.checks), f"{self.scope}:read", f"{self.scope}:write"
        return (
            Route("GET", several, read, self._list, PAGED | self.parameters),
            Route("GET", one, read, self._get),
            Route("POST", several, write, self._make, fields=fields),
            Route("PATCH", one, write, self._change, fields=fields | DELETED.keys()),
        )

    def row(self, visit: Visit, identifier: object) -> Row:
        """A row as it is kept. Raises Refusal where there is none."""
        kept: Row = found(visit.store.row(self.name, identifier, visit.project))
        return kept

    def _list(self, visit: Visit) -> Reply:
        rows = [dated(row, visit.now) for row in reversed(visit.store.rows(self.name, visit.project))]
        show = self.listed or self.shown
        return page(visit, [show(visit, row) for row in rows if self.matches(visit.request.query, row)])

    def _get(self, visit: Visit) -> Reply:
        return reply(self.seen(visit, self.row(visit, visit["id"])))

    def _make(self, visit: Visit) -> Reply:
        sent = checked(visit.fields, self.checks, self.required, partial=False)
        kept = {"created_at": visit.time, "updated_at": visit.time, "deleted": False}
        with visit.store.changing():
            made = self.made(visit, {**self.defaults, **sent, **kept})
            return reply(self.seen(visit, visit.store.add(self.name, made, visit.project)), 201)

    def _change(self, visit: Visit) -> Reply:
        sent = checked(visit.fields, {**self.checks, **DELETED}, partial=True)
        with visit.store.changing():
            before = self.anything(visit, visit["id"])
            after = self.changed(visit, before, sent) | {"updated_at": visit.time}
            visit.store.save(self.name, after, visit.project)
            return reply(self.seen(visit, after))

    def anything(self, visit: Visit, identifier: object) -> Row:
        """A row as it is kept, also one that was deleted: a change can bring it back."""
        row = visit.store.row(self.name, identifier, visit.project)
        if row is None:
            found(row)
        return row or {}

    def seen(self, visit: Visit, row: Row) -> Row:
        """A row as a caller sees it."""
        return self.shown(visit, dated(row, visit.now))


def dated(row: Row, now: datetime) -> Row:
    """The row with its `~30d` as dates."""
    return {name: _date(value, now) if isinstance(value, str) else value for name, value in row.items()}


def _date(value: str, now: datetime) -> str:
    ago = DAYS_AGO.fullmatch(value)
    if ago is None:
        return value
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return written(midnight - timedelta(days=int(ago[1])) + MORNING)


def mentions(row: Row, names: tuple[str, ...], text: str) -> bool:
    """Whether one of the fields holds the text, whatever the case."""
    return any(text.lower() in str(row.get(name) or "").lower() for name in names)
