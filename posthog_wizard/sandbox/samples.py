"""What the sandbox holds when it is new: the sample company's rows. Dates are days before today (`~30d`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from posthog_wizard.sandbox import installed, story
from posthog_wizard.sandbox.collection import Collection
from posthog_wizard.sandbox.dashboards import DASHBOARDS
from posthog_wizard.sandbox.experiments import EXPERIMENTS
from posthog_wizard.sandbox.flags import FLAGS
from posthog_wizard.sandbox.insights import INSIGHTS
from posthog_wizard.sandbox.installed import SAMPLES as INSTALLED
from posthog_wizard.sandbox.store import Row, Sample
from posthog_wizard.sandbox.surveys import SURVEYS

FOUNDED = "2026-01-05T09:00:00.000000Z"
FIRST_DAY = f"~{story.DAYS}d"
USER: Row = {
    "id": 1,
    "uuid": story.USER_UUID,
    "distinct_id": "robin",
    "first_name": story.USER_NAME.split()[0],
    "last_name": story.USER_NAME.split()[1],
    "email": story.USER_EMAIL,
    "date_joined": FOUNDED,
    "is_staff": False,
    "current_project": story.PROJECT_ID,
}
AUTHOR = {name: USER[name] for name in ("id", "uuid", "distinct_id", "first_name", "last_name", "email")}


def rows() -> Iterator[Sample]:
    """Every row of the sample company."""
    yield "users", 0, USER
    yield "organizations", 0, _organization()
    yield "projects", 0, _project(story.PROJECT_ID, story.PROJECT_NAME, story.TOKEN)
    yield "projects", 0, _project(story.STAGING_ID, story.STAGING_NAME, story.STAGING_TOKEN)
    for collection, samples in CONTENTS:
        for row in samples():
            yield collection.name, story.PROJECT_ID, whole(collection, row)
    yield from installed.SAMPLES
    yield from INSTALLED


def _organization() -> Row:
    slug = story.ORGANIZATION_NAME.lower()
    return {"id": story.ORGANIZATION_ID, "name": story.ORGANIZATION_NAME, "slug": slug, "created_at": FOUNDED}


def _project(identifier: int, name: str, token: str) -> Row:
    return {
        "id": identifier,
        "name": name,
        "organization": story.ORGANIZATION_ID,
        "api_token": token,
        "timezone": "UTC",
        "created_at": FOUNDED,
        "test_account_filters": [
            {"key": "email", "type": "person", "operator": "not_icontains", "value": story.TEAM_DOMAIN}
        ],
    }


def whole(collection: Collection, row: dict[str, Any]) -> Row:
    """A row as it is kept, when only this of it is told."""
    made = {"created_at": FIRST_DAY, "updated_at": FIRST_DAY, "created_by": AUTHOR, "deleted": False}
    return {**collection.defaults, **made, **row}


def _dashboards() -> Iterator[Row]:
    for identifier, name, description, pinned in story.DASHBOARDS:
        yield {"id": identifier, "name": name, "description": description, "pinned": pinned, "tags": ["leafline"]}


def _insights() -> Iterator[Row]:
    for one in story.INSIGHTS:
        yield {**one._asdict(), "dashboards": list(one.dashboards), "last_modified_at": FIRST_DAY}


def _flags() -> Iterator[Row]:
    for one in story.FLAGS:
        yield {"id": one.id, "key": one.key, "name": one.name, "active": one.active, "status": "ACTIVE"} | {
            "filters": _filters(one)
        }


def _filters(flag: story.Flag) -> Row:
    groups = [{"properties": [], "rollout_percentage": flag.rollout}]
    variants = [{"key": key, "rollout_percentage": share} for key, share in flag.variants]
    return {"groups": groups, "payloads": {}} | ({"multivariate": {"variants": variants}} if variants else {})


def _experiments() -> Iterator[Row]:
    variants = [{"key": key, "rollout_percentage": share} for key, share in story.CHECKOUT_FLAG.variants]
    yield {
        "id": story.EXPERIMENT_ID,
        "name": story.EXPERIMENT_NAME,
        "description": story.EXPERIMENT_DESCRIPTION,
        "feature_flag_key": story.CHECKOUT_FLAG.key,
        "metrics": list(story.EXPERIMENT_METRICS),
        "metrics_secondary": list(story.EXPERIMENT_SECONDARY_METRICS),
        "parameters": {"feature_flag_variants": variants, "minimum_detectable_effect": 20},
        "created_at": f"~{story.EXPERIMENT_DAYS + 2}d",
        "start_date": f"~{story.EXPERIMENT_DAYS}d",
    }


def _surveys() -> Iterator[Row]:
    for one in story.SURVEYS:
        yield {
            "id": one.id,
            "name": one.name,
            "type": "popover",
            "questions": [_question(question) for question in one.questions],
            "created_at": f"~{one.started + 1}d",
            "start_date": f"~{one.started}d",
            "end_date": None if one.ended is None else f"~{one.ended}d",
        }


def _question(question: story.Question) -> Row:
    asked: Row = {"id": question.id, "type": question.type, "question": question.question}
    rating = {"display": "number", "scale": question.scale, "lowerBoundLabel": "Not at all", "upperBoundLabel": "Very"}
    choices = {"choices": list(question.choices)} if question.choices else {}
    return asked | (rating if question.scale else {}) | choices


CONTENTS = (
    (DASHBOARDS, _dashboards),
    (INSIGHTS, _insights),
    (FLAGS, _flags),
    (EXPERIMENTS, _experiments),
    (SURVEYS, _surveys),
)
