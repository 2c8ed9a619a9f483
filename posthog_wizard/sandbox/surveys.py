"""Surveys."""

from __future__ import annotations

import uuid
from typing import Any

from posthog_wizard.sandbox.accounts import author
from posthog_wizard.sandbox.collection import Asked, Collection, mentions
from posthog_wizard.sandbox.conditions import filters
from posthog_wizard.sandbox.fields import boolean, choice, listed, mapping, moment, number, or_null, text
from posthog_wizard.sandbox.flags import FLAGS
from posthog_wizard.sandbox.refusals import invalid
from posthog_wizard.sandbox.routes import Visit
from posthog_wizard.sandbox.store import Row

QUESTIONS = ("open", "link", "rating", "single_choice", "multiple_choice")
CHOOSING = ("single_choice", "multiple_choice")
LONGEST_PAUSE = 365  # days


def _question(name: str, value: Any) -> Any:
    mapping(name, value)
    if value.get("type") not in QUESTIONS:
        raise invalid(name, f"Question type must be one of {', '.join(QUESTIONS)}.", "invalid")
    if not isinstance(value.get("question"), str) or not value["question"].strip():
        raise invalid(name, "Question text is required.", "required")
    if value["type"] in CHOOSING and not isinstance(value.get("choices"), list):
        raise invalid(name, "Question choices must be a list of strings.", "invalid")
    return {"id": str(uuid.uuid4()), **value}


def _pause(name: str, value: Any) -> Any:
    if number(1)(name, value) > LONGEST_PAUSE:
        raise invalid(name, f"Ensure this value is less than or equal to {LONGEST_PAUSE}.", "max_value")
    return value


def _matches(asked: Asked, row: Row) -> bool:
    return mentions(row, ("name", "description"), asked.get("search", ""))


def _made(visit: Visit, row: Row) -> Row:
    return _targeted(visit, {"id": str(uuid.uuid4()), **row, "created_by": author(visit)})


def _changed(visit: Visit, before: Row, sent: Row) -> Row:
    return _targeted(visit, before | sent)


def _targeted(visit: Visit, row: Row) -> Row:
    """The row with its targeting flag, as `targeting_flag_filters` or `remove_targeting_flag` want it."""
    _check_name(visit, row)
    _check_flag(visit, row["linked_flag_id"])
    row = dict(row)
    wanted, drop = row.pop("targeting_flag_filters", None), row.pop("remove_targeting_flag", False)
    if wanted is not None:
        key = f"survey-targeting-{row['id'][:8]}"
        row["targeting_flag"] = {"key": key, "filters": wanted, "active": True}
    return row | ({"targeting_flag": None} if drop else {})


def _check_name(visit: Visit, row: Row) -> None:
    others = (one for one in visit.store.rows("surveys", visit.project) if one["id"] != row["id"])
    if any(one["name"] == row["name"] for one in others):
        raise invalid("name", "There is already another survey with this name.", "unique")


def _check_flag(visit: Visit, identifier: int | None) -> None:
    if identifier is not None and visit.store.row(FLAGS.name, identifier, visit.project) is None:
        raise invalid("linked_flag_id", "Feature Flag with this ID does not exist", "invalid_input")


def _shown(visit: Visit, row: Row) -> Row:
    linked = visit.store.row(FLAGS.name, row["linked_flag_id"], visit.project) if row["linked_flag_id"] else None
    return row | {"linked_flag": linked}


SURVEYS = Collection(
    name="surveys",
    scope="survey",
    checks={
        "name": text(400, blank=False),
        "description": text(),
        "type": choice("popover", "api", "widget", "external_survey"),
        "questions": or_null(listed(_question)),
        "conditions": or_null(mapping),
        "appearance": or_null(mapping),
        "schedule": or_null(choice("once", "recurring", "always")),
        "start_date": or_null(moment),
        "end_date": or_null(moment),
        "archived": boolean,
        "responses_limit": or_null(number(0)),
        "iteration_count": or_null(number(0)),
        "iteration_frequency_days": or_null(_pause),
        "enable_partial_responses": or_null(boolean),
        "linked_flag_id": or_null(number()),
        "targeting_flag_filters": or_null(filters),
        "remove_targeting_flag": or_null(boolean),
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
