"""What the sandbox holds when it is new: the sample company's rows. Dates are days before today (`~30d`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from posthog_wizard.sandbox.api.collection import AUTHOR_FIELDS, Collection
from posthog_wizard.sandbox.row_store import Row, SampleRow
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.views.dashboards import DASHBOARDS
from posthog_wizard.sandbox.views.experiments import EXPERIMENTS
from posthog_wizard.sandbox.views.flags import FLAGS
from posthog_wizard.sandbox.views.insights import INSIGHTS
from posthog_wizard.sandbox.views.installations import KIND
from posthog_wizard.sandbox.views.surveys import SURVEYS

_FIRST_DAY = f"~{catalog.DAYS}d"
_AUTHOR = {name: catalog.USER[name] for name in AUTHOR_FIELDS}
_COLLECTIONS = {one.name: one for one in (DASHBOARDS, INSIGHTS, FLAGS, EXPERIMENTS, SURVEYS)}
INSTALLED: tuple[SampleRow, ...] = tuple((KIND, catalog.PROJECT_ID, row) for row in catalog.SAMPLE_ROWS[KIND])


def sample_rows() -> Iterator[SampleRow]:
    """Every row of the sample company."""
    for resource in ("users", "organizations", "projects"):
        yield from ((resource, 0, row) for row in catalog.SAMPLE_ROWS[resource])
    for name, collection in _COLLECTIONS.items():
        yield from ((name, catalog.PROJECT_ID, complete_row(collection, row)) for row in catalog.SAMPLE_ROWS[name])
    yield from INSTALLED


def complete_row(collection: Collection, row: dict[str, Any]) -> Row:
    """A row as it is kept, when only this of it is told."""
    made = {"created_at": _FIRST_DAY, "updated_at": _FIRST_DAY, "created_by": _AUTHOR, "deleted": False}
    return {**collection.defaults, **made, **row}
