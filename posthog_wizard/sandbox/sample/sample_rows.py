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

_FOUNDED = "2026-01-05T09:00:00.000000Z"
_FIRST_DAY = f"~{catalog.DAYS}d"
_USER: Row = {
    "id": 1,
    "uuid": catalog.USER_UUID,
    "distinct_id": "robin",
    "first_name": catalog.USER_NAME.split()[0],
    "last_name": catalog.USER_NAME.split()[1],
    "email": catalog.USER_EMAIL,
    "date_joined": _FOUNDED,
    "is_staff": False,
    "current_project": catalog.PROJECT_ID,
}
_AUTHOR = {name: _USER[name] for name in AUTHOR_FIELDS}


def sample_rows() -> Iterator[SampleRow]:
    """Every row of the sample company."""
    yield "users", 0, _USER
    yield "organizations", 0, _organization()
    yield "projects", 0, _project(catalog.PROJECT_ID, catalog.PROJECT_NAME, catalog.TOKEN)
    yield "projects", 0, _project(catalog.STAGING_ID, catalog.STAGING_NAME, catalog.STAGING_TOKEN)
    for collection, samples in _CONTENTS:
        for row in samples():
            yield collection.name, catalog.PROJECT_ID, complete_row(collection, row)
    yield from INSTALLED


def _organization() -> Row:
    slug = catalog.ORGANIZATION_NAME.lower()
    return {"id": catalog.ORGANIZATION_ID, "name": catalog.ORGANIZATION_NAME, "slug": slug, "created_at": _FOUNDED}


def _project(identifier: int, name: str, token: str) -> Row:
    return {
        "id": identifier,
        "name": name,
        "organization": catalog.ORGANIZATION_ID,
        "api_token": token,
        "timezone": "UTC",
        "created_at": _FOUNDED,
        "test_account_filters": [
            {"key": "email", "type": "person", "operator": "not_icontains", "value": catalog.TEAM_DOMAIN}
        ],
    }


def complete_row(collection: Collection, row: dict[str, Any]) -> Row:
    """A row as it is kept, when only this of it is told."""
    made = {"created_at": _FIRST_DAY, "updated_at": _FIRST_DAY, "created_by": _AUTHOR, "deleted": False}
    return {**collection.defaults, **made, **row}


def _dashboards() -> Iterator[Row]:
    for identifier, name, description, pinned in catalog.SAMPLE_DASHBOARDS:
        yield {"id": identifier, "name": name, "description": description, "pinned": pinned, "tags": ["leafline"]}


def _insights() -> Iterator[Row]:
    for one in catalog.SAMPLE_INSIGHTS:
        yield {**one._asdict(), "dashboards": list(one.dashboards), "last_modified_at": _FIRST_DAY, "saved": True}


def _flags() -> Iterator[Row]:
    for one in catalog.SAMPLE_FLAGS:
        yield {"id": one.id, "key": one.key, "name": one.name, "active": one.active, "status": "ACTIVE"} | {
            "filters": _filters(one)
        }


def _filters(flag: catalog.Flag) -> Row:
    groups = [{"properties": [], "rollout_percentage": flag.rollout}]
    variants = [{"key": key, "rollout_percentage": share} for key, share in flag.variants]
    return {"groups": groups, "payloads": {}} | ({"multivariate": {"variants": variants}} if variants else {})


def _experiments() -> Iterator[Row]:
    variants = [{"key": key, "rollout_percentage": share} for key, share in catalog.CHECKOUT_FLAG.variants]
    yield {
        "id": catalog.EXPERIMENT_ID,
        "name": catalog.EXPERIMENT_NAME,
        "description": catalog.EXPERIMENT_DESCRIPTION,
        "feature_flag_key": catalog.CHECKOUT_FLAG.key,
        "metrics": list(catalog.EXPERIMENT_METRICS),
        "metrics_secondary": list(catalog.EXPERIMENT_SECONDARY_METRICS),
        "parameters": {"feature_flag_variants": variants, "minimum_detectable_effect": 20},
        "created_at": f"~{catalog.EXPERIMENT_DAYS + 2}d",
        "start_date": f"~{catalog.EXPERIMENT_DAYS}d",
    }


def _surveys() -> Iterator[Row]:
    for one in catalog.SAMPLE_SURVEYS:
        yield {
            "id": one.id,
            "name": one.name,
            "type": "popover",
            "questions": [_question(question) for question in one.questions],
            "created_at": f"~{one.started + 1}d",
            "start_date": f"~{one.started}d",
            "end_date": None if one.ended is None else f"~{one.ended}d",
        }


def _question(question: catalog.Question) -> Row:
    asked: Row = {"id": question.id, "type": question.type, "question": question.question}
    rating = {"display": "number", "scale": question.scale, "lowerBoundLabel": "Not at all", "upperBoundLabel": "Very"}
    choices = {"choices": list(question.choices)} if question.choices else {}
    return asked | (rating if question.scale else {}) | choices


_CONTENTS = (
    (DASHBOARDS, _dashboards),
    (INSIGHTS, _insights),
    (FLAGS, _flags),
    (EXPERIMENTS, _experiments),
    (SURVEYS, _surveys),
)


def _installed(number: int, name: str, url: str, description: str, created_at: str, **more: Any) -> SampleRow:
    usual = {
        "id": f"018f0000-0000-7000-8000-0000000a000{number}",
        "server_id": f"018f0000-0000-7000-8000-0000000b000{number}",
        "display_name": name,
        "url": url,
        "description": description,
        "auth_type": "oauth",
        "is_enabled": True,
        "needs_reauth": False,
        "pending_oauth": False,
        "created_at": created_at,
        "updated_at": created_at,
        "signed_in_at": None,
        "secret": None,
    }
    return KIND, catalog.PROJECT_ID, usual | more


INSTALLED: tuple[SampleRow, ...] = (
    _installed(1, "Linear", "https://mcp.linear.app/mcp", "Issues and roadmap", "~60d"),
    _installed(2, "Notion", "https://mcp.notion.com/mcp", "Meeting notes", "~30d", needs_reauth=True),
    _installed(
        3, "Warehouse", "https://mcp.leafline.example/mcp", "Stock", "~10d", auth_type="api_key", is_enabled=False
    ),
)
