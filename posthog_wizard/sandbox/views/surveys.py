"""Surveys."""

from __future__ import annotations

import uuid
from typing import Any

from posthog_wizard.sandbox.api.api_errors import invalid
from posthog_wizard.sandbox.api.collection import Collection, QueryParameters, mentions
from posthog_wizard.sandbox.api.fields import (
    boolean_field,
    choice_field,
    list_field,
    mapping_field,
    moment_field,
    number_field,
    or_null,
    text_field,
)
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.views.accounts import author
from posthog_wizard.sandbox.views.conditions import filters
from posthog_wizard.sandbox.views.flags import FLAGS

_QUESTIONS = ("open", "link", "rating", "single_choice", "multiple_choice")
_CHOOSING = ("single_choice", "multiple_choice")
_LONGEST_PAUSE = 365  # days


def _question(name: str, value: Any) -> Any:
    mapping_field(name, value)
    if value.get("type") not in _QUESTIONS:
        raise invalid(name, f"Question type must be one of {', '.join(_QUESTIONS)}.", "invalid")
    if not isinstance(value.get("question"), str) or not value["question"].strip():
        raise invalid(name, "Question text is required.", "required")
    if value["type"] in _CHOOSING and not isinstance(value.get("choices"), list):
        raise invalid(name, "Question choices must be a list of strings.", "invalid")
    return {"id": str(uuid.uuid4()), **value}


def _pause(name: str, value: Any) -> Any:
    if number_field(1)(name, value) > _LONGEST_PAUSE:
        raise invalid(name, f"Ensure this value is less than or equal to {_LONGEST_PAUSE}.", "max_value")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    return mentions(row, ("name", "description"), asked.get("search", ""))


def _made(context: RequestContext, row: Row) -> Row:
    return _targeted(context, {"id": str(uuid.uuid4()), **row, "created_by": author(context)})


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    return _targeted(context, before | sent)


def _targeted(context: RequestContext, row: Row) -> Row:
    """The row with its targeting flag, as `targeting_flag_filters` or `remove_targeting_flag` want it."""
    _check_name(context, row)
    _check_flag(context, row["linked_flag_id"])
    row = dict(row)
    wanted, drop = row.pop("targeting_flag_filters", None), row.pop("remove_targeting_flag", False)
    if wanted is not None:
        key = f"survey-targeting-{row['id'][:8]}"
        row["targeting_flag"] = {"key": key, "filters": wanted, "active": True}
    return row | ({"targeting_flag": None} if drop else {})


def _check_name(context: RequestContext, row: Row) -> None:
    others = (one for one in context.store.rows("surveys", context.project) if one["id"] != row["id"])
    if any(one["name"] == row["name"] for one in others):
        raise invalid("name", "There is already another survey with this name.", "unique")


def _check_flag(context: RequestContext, identifier: int | None) -> None:
    if identifier is not None and context.store.row(FLAGS.name, identifier, context.project) is None:
        raise invalid("linked_flag_id", "Feature Flag with this ID does not exist", "invalid_input")


def _shown(context: RequestContext, row: Row) -> Row:
    linked = context.store.row(FLAGS.name, row["linked_flag_id"], context.project) if row["linked_flag_id"] else None
    return row | {"linked_flag": linked}


SURVEYS = Collection(
    name="surveys",
    scope="survey",
    checks={
        "name": text_field(400, blank=False),
        "description": text_field(),
        "type": choice_field("popover", "api", "widget", "external_survey"),
        "questions": or_null(list_field(_question)),
        "conditions": or_null(mapping_field),
        "appearance": or_null(mapping_field),
        "schedule": or_null(choice_field("once", "recurring", "always")),
        "start_date": or_null(moment_field),
        "end_date": or_null(moment_field),
        "archived": boolean_field,
        "responses_limit": or_null(number_field(0)),
        "iteration_count": or_null(number_field(0)),
        "iteration_frequency_days": or_null(_pause),
        "enable_partial_responses": or_null(boolean_field),
        "linked_flag_id": or_null(number_field()),
        "targeting_flag_filters": or_null(filters),
        "remove_targeting_flag": or_null(boolean_field),
    },
    required=("name", "type"),
    defaults={
        "description": "",
        "questions": [],
        "conditions": None,
        "appearance": None,
        "schedule": "once",
        "start_date": None,
        "end_date": None,
        "archived": False,
        "responses_limit": None,
        "iteration_count": None,
        "iteration_frequency_days": None,
        "enable_partial_responses": False,
        "linked_flag_id": None,
        "targeting_flag": None,
    },
    parameters=frozenset({"search"}),
    matches=_matches,
    made=_made,
    changed=_changed,
    shown=_shown,
)
