"""A kind of rows that PostHog keeps: asked for, made and changed the same way, and trimmed to what a model needs."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from posthog_wizard.api.replies import object_with, rows_of
from posthog_wizard.errors import NotFound, WrongUsage
from posthog_wizard.model import NOTHING
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.merging import KEPT, REPLACED, Fields, StoredRow, merged


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
    rule: Fields = KEPT  # what a change goes into; see merging

    def show(self, call: Call, row: dict[str, Any], names: tuple[str, ...] = ()) -> dict[str, Any]:
        """A row for a model, with its page. Raises BadReply for what is none."""
        told = object_with(row, self.named_by) | ({} if self.status is None else {"status": self.status(row)})
        return pick_fields(told, names or self.shown) | {"url": call.link(self.kind, row[self.named_by])}

    def page(self, call: Call, answer: Any, offset: int) -> dict[str, Any]:
        """One page of a list. Raises BadReply for what is no list."""
        return trimmed_page(answer, offset, lambda row: self.show(call, row, self.listed))

    async def list(self, call: Call, offset: int, **query: Any) -> dict[str, Any]:
        """One page of those that the query asks for; parameters that are None are not sent."""
        return self.page(call, await call.get(self.path, offset=offset, **query), offset)

    async def get(self, call: Call, identifier: int | str) -> dict[str, Any]:
        """A row as PostHog has it."""
        return object_with(await call.get(f"{self.path}{identifier}/"), "id")

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


def pick_fields(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named fields of a row, without those that are absent, null or empty."""
    return {name: row[name] for name in names if row.get(name) not in (None, "", [], {})}


def trimmed_page(answer: Any, offset: int, show: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """One page of a list: rows as they are shown, the count where PostHog gives one, the next offset where there is more.

    Raises:
        BadReply: the answer is not a list.
    """
    found = rows_of(answer)
    more = {"next_offset": offset + len(found)} if found and answer.get("next") else {}
    return pick_fields(answer, ("count",)) | {"results": [show(row) for row in found]} | more


def changes(**values: Any) -> dict[str, Any]:
    """The fields to change. Raises WrongUsage when there are none."""
    kept = given(**values)
    if not kept:
        raise WrongUsage("nothing to change", f"give at least one of {', '.join(f'`{name}`' for name in values)}")
    return kept


async def find_insight(call: Call, insight_id: str) -> dict[str, Any]:
    """The insight of a numeric id or a short id. Raises NotFound.

    Short ids are eight characters and may be all digits, so digits are tried as a numeric id first.
    """
    if insight_id.isdigit():
        with suppress(NotFound):
            return object_with(await call.get(f"insights/{insight_id}/"), "id", "short_id")
    for row in rows_of(await call.get("insights/", short_id=insight_id)):
        if row.get("short_id") == insight_id:
            return row
    missing = f"there is no insight `{insight_id}` in project {call.project}"
    raise NotFound(missing, "look for it with `insights-get-all`", status=404)
