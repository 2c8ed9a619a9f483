"""A kind of rows that PostHog keeps: asked for, made and changed the same way, and shown to a model by its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from posthog_wizard.model import NOTHING
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.merging import KEPT, REPLACED, Fields, StoredRow, merged
from posthog_wizard.tools.trimming import pick_fields, trimmed_page


@dataclass(frozen=True)
class Resource:
    """Where the rows are, and what is shown of one (`shown`), and of one in a list (`listed`).

    `path` stands below the project, and is empty where the rows come from a query; `kind` names their pages (`api.hosts`) by the field `named_by`. `status` is told
    of a row that has none of PostHog's.
    """

    path: str
    kind: str
    shown: tuple[str, ...]
    listed: tuple[str, ...]
    named_by: str = "id"
    status: Callable[[Mapping[str, Any]], str] | None = None
    rule: Fields = KEPT  # what a change goes into; see merge_rules

    def show(self, call: Call, row: dict[str, Any], names: tuple[str, ...] = ()) -> dict[str, Any]:
        """A row for a model, with its page."""
        told = row if self.status is None else row | {"status": self.status(row)}
        return pick_fields(told, names or self.shown) | {"url": call.link(self.kind, row[self.named_by])}

    def page(self, call: Call, answer: Any, offset: int) -> dict[str, Any]:
        """One page of a list. Raises BadReply for what is no list."""
        return trimmed_page(answer, offset, lambda row: self.show(call, row, self.listed))

    async def list(self, call: Call, offset: int, **query: Any) -> dict[str, Any]:
        """One page of those that the query asks for; parameters that are None are not sent."""
        return self.page(call, await call.get(self.path, offset=offset, **query), offset)

    async def get(self, call: Call, identifier: int | str) -> dict[str, Any]:
        """A row as PostHog has it."""
        found: dict[str, Any] = await call.get(f"{self.path}{identifier}/")
        return found

    async def create(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        """Make a row, and show it."""
        return self.show(call, await call.post(self.path, body))

    async def change(
        self, call: Call, identifier: int | str, body: dict[str, Any], stored: StoredRow | None = None
    ) -> dict[str, Any]:
        """Change a row, and show it. What PostHog would lose of the stored one, which is read where needed, is sent along."""
        if stored is None and self.rule.parts.keys() & body.keys():
            stored = await self.get(call, identifier)
        whole = {
            name: merged(self.rule.parts.get(name, REPLACED), (stored or {}).get(name), body[name]) for name in body
        }
        return self.show(call, await call.patch(f"{self.path}{identifier}/", whole))

    async def delete(
        self, call: Call, row: dict[str, Any], mark: str = "deleted", beside: StoredRow = NOTHING
    ) -> dict[str, Any]:
        """Mark a row, of which the id and what names its page are known: PostHog deletes nothing."""
        await call.patch(f"{self.path}{row['id']}/", {**beside, mark: True})
        return {mark: True, "id": row["id"], "url": call.link(self.kind, row[self.named_by])}
