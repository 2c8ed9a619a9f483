"""Surveys, and how often they were shown, dismissed and answered: counted from the events."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import UNKEPT, Collection, Field, agrees
from posthog_wizard.sandbox.api.http_messages import HttpReply, invalid, reply
from posthog_wizard.sandbox.api.routes import RequestContext, Route
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.views.flags import FLAGS, filters, new_filters, variant_keys
from posthog_wizard.tools.surveys import status

_QUESTIONS = ("open", "link", "rating", "single_choice", "multiple_choice")
_PARAMETERS = ("archived", "status", "type", "created_by", "ids")
_CONTENT = (None, "", "text", "html")
_LINK = re.compile(r"(?i:https)://[^/?#]+.*|mailto:[\w.%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}", re.ASCII)
_EVENTS = ("survey shown", "survey dismissed", "survey sent")
_COUNTED = """
SELECT event, count(*), count(DISTINCT person_id), min(timestamp), max(timestamp) FROM events
WHERE event IN ('survey shown', 'survey dismissed', 'survey sent')
  AND (?1::VARCHAR IS NULL OR json_extract_string(properties, '$."$survey_id"') = ?1)
  AND (?2::TIMESTAMP IS NULL OR timestamp >= ?2) AND (?3::TIMESTAMP IS NULL OR timestamp <= ?3)
GROUP BY event
"""
_NEVER = {"total_count": 0, "unique_persons": 0, "first_seen": None, "last_seen": None}


def _question(name: str, value: Any) -> Any:
    fields.mapping(name, value)
    if value.get("type") not in _QUESTIONS:
        raise invalid(name, f"Question type must be one of {', '.join(_QUESTIONS)}.")
    if not isinstance(value.get("question"), str) or not value["question"].strip():
        raise invalid(name, "Question text is required.", "required")
    choices = value.get("choices") or (None if value["type"].endswith("_choice") and "choices" not in value else [])
    texts = isinstance(choices, list) and all(isinstance(one, str) and one.strip() for one in choices)
    if not texts:
        raise invalid(name, "Question choices must be a list of strings that are not empty.")
    if not isinstance(value.get("description") or "", str):
        raise invalid(name, "Question description must be a string")
    if value.get("descriptionContentType") not in _CONTENT:
        raise invalid(name, "Question descriptionContentType must be one of ['text', 'html']")
    if (link := value.get("link")) and not _LINK.fullmatch(str(link)):
        raise invalid(name, "Link must be a URL with one of these schemes: [https, mailto]")
    return {"id": str(uuid.uuid4()), **value}


def _appearance(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        raise invalid(name, "Appearance must be an object")
    if not isinstance(value.get("whiteLabel"), bool | None):
        raise invalid(name, "whiteLabel must be a boolean")
    if value.get("whiteLabel"):
        raise invalid(name, "You need to upgrade to PostHog Enterprise to use white labelling")
    if value.get("thankYouMessageDescriptionContentType") not in _CONTENT:
        raise invalid(name, "thankYouMessageDescriptionContentType must be one of ['text', 'html']")
    if isinstance(delay := value.get("surveyPopupDelaySeconds"), int | float) and delay < 0:
        raise invalid(name, "Survey popup delay seconds must be a positive integer")
    return value


def _targeting(name: str, value: Any) -> Any:
    """Who is asked; everybody needs no targeting."""
    for group in filters(name, value).get("groups") or []:
        if group.get("rollout_percentage") in {100, None} and not group.get("properties"):
            words = "Invalid operation: User targeting rolls out to everyone. If you want to roll out to everyone, delete this targeting"
            raise invalid(None, words)
    return value


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    """Some fields are reset where a change does not name them: https://github.com/PostHog/posthog/blob/master/posthog/api/survey.py."""
    count = sent.get("iteration_count")
    if before["current_iteration"] is not None and count is not None and before["current_iteration"] > count > 0:
        least = before["current_iteration"]
        raise invalid(None, f"Cannot change survey recurrence to {count}, should be at least {least}")
    after = before | ({"iteration_frequency_days": None} if count is not None else {}) | sent
    if not sent.get("conditions") and after["conditions"]:
        after["conditions"] = {name: value for name, value in after["conditions"].items() if name != "actions"}
    after = _targeted(context, after, sent)
    flag = after["targeting_flag"]
    return after | {"targeting_flag": flag and flag | {"active": sent.get("end_date") is None}}


def _targeted(context: RequestContext, row: Row, sent: Row) -> Row:
    """The row with its targeting flag, as `targeting_flag_filters`, `targeting_flag_id` or `remove_targeting_flag` want it."""
    if any(one["name"] == row["name"] and one["id"] != row["id"] for one in context.rows(SURVEYS.name)):
        raise invalid("name", "There is already another survey with this name.", "unique")
    shuffled = (row["appearance"] or {}).get("shuffleQuestions")
    if shuffled and any(one.get("branching") is not None for one in row["questions"] or []):
        raise invalid(None, "Question shuffling and question branching cannot be used together.")
    _check_flag(context, row["linked_flag_id"])
    _check_variant(context, sent.get("conditions") or {}, sent.get("linked_flag_id"))
    row = dict(row)
    wanted, drop = row.pop("targeting_flag_filters", None), row.pop("remove_targeting_flag", False)
    row["targeting_flag"] = None if drop else row["targeting_flag"]
    if identifier := row.pop("targeting_flag_id", None):
        row["targeting_flag"] = _check_flag(context, identifier)
    if wanted:
        new: Row = {"key": f"survey-targeting-{row['id'][:8]}", "active": bool(row["start_date"])}
        before = row["targeting_flag"] or new
        checked = new_filters("targeting_flag_filters", {**before.get("filters", {}), **wanted})
        row["targeting_flag"] = before | {"filters": checked}
    return row


def _check_variant(context: RequestContext, conditions: Row, identifier: int | None) -> None:
    variant = conditions.get("linkedFlagVariant")
    if variant and not identifier:
        raise invalid(None, "linkedFlagVariant can only be used when a linked_flag_id is specified")
    known = variant_keys(_check_flag(context, identifier) or {})
    if variant and variant != "any" and variant not in known:
        there = f"does not exist. Available variants: {', '.join(known)}"
        words = there if known else "specified but the linked feature flag has no variants"
        raise invalid(None, f"Feature flag variant '{variant}' {words}")


def _check_flag(context: RequestContext, identifier: int | None) -> Row | None:
    found = None if identifier is None else context.store.row(FLAGS.name, identifier, context.project)
    if identifier is not None and found is None:
        raise invalid("linked_flag_id", "Feature Flag with this ID does not exist", "invalid_input")
    return found


SURVEYS = Collection(
    name="surveys",
    scope="survey",
    fields={
        "name": Field(fields.text(400, blank=False)),
        "type": Field(fields.one_of("popover", "api", "widget", "external_survey")),
        "description": Field(fields.text(), ""),
        "questions": Field(fields.or_null(fields.list_of(_question)), []),
        "conditions": Field(fields.or_null(fields.mapping), None),
        "appearance": Field(fields.or_null(_appearance), None),
        "schedule": Field(fields.or_null(fields.one_of("once", "recurring", "always")), "once"),
        "start_date": Field(fields.or_null(fields.iso_date), None),
        "end_date": Field(fields.or_null(fields.iso_date), None),
        "archived": Field(fields.boolean, False),
        "responses_limit": Field(fields.or_null(fields.number(0)), None),
        "iteration_count": Field(fields.or_null(fields.number(0, 500)), None),
        "iteration_frequency_days": Field(fields.or_null(fields.number(1, 365)), None),
        "enable_partial_responses": Field(fields.or_null(fields.boolean), False),
        "linked_flag_id": Field(fields.or_null(fields.number()), None),
        "targeting_flag_id": Field(fields.number(), UNKEPT),
        "targeting_flag_filters": Field(fields.or_null(_targeting), UNKEPT),
        "remove_targeting_flag": Field(fields.or_null(fields.boolean), UNKEPT),
        "enable_iframe_embedding": Field(fields.or_null(fields.boolean), False),
        "translations": Field(fields.or_null(fields.mapping), None),
        "form_content": Field(fields.or_null(fields.mapping), None),
    },
    given=catalog.GIVEN["surveys"],
    parameters=frozenset(_PARAMETERS),
    matches=lambda asked, row: agrees(asked, row | {"status": status(row)}, *_PARAMETERS),
    deletes=True,
    made=lambda context, row: _targeted(context, {"id": str(uuid.uuid4()), **row}, row),
    changed=_changed,
    shown=lambda context, row: row | {"linked_flag": context.store.row(FLAGS.name, row["linked_flag_id"], context.project)},
)  # fmt: skip


def _of_one(context: RequestContext) -> HttpReply:
    shown = SURVEYS.seen(context, context.row(SURVEYS.name, context["id"]))
    about = {"survey_id": shown["id"], "start_date": shown["start_date"], "end_date": shown["end_date"]}
    return reply(about | _stats(context, str(shown["id"])))


def _stats(context: RequestContext, survey: str | None) -> dict[str, Any]:
    counted = context.engine().sql(
        _COUNTED, (survey, _bound(context, "date_from"), _bound(context, "date_to")), project_id=context.project
    )
    found = {event: dict(zip(_NEVER, numbers, strict=True)) for event, *numbers in counted.rows}
    stats = {event: found.get(event, _NEVER) for event in _EVENTS}
    shown, dismissed, sent = (stats[event] for event in _EVENTS)
    rates = {
        "response_rate": _percent(sent["total_count"], shown["total_count"]),
        "dismissal_rate": _percent(dismissed["total_count"], shown["total_count"]),
        "unique_users_response_rate": _percent(sent["unique_persons"], shown["unique_persons"]),
        "unique_users_dismissal_rate": _percent(dismissed["unique_persons"], shown["unique_persons"]),
    }
    return {"stats": stats, "rates": rates}


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _bound(context: RequestContext, name: str) -> datetime | None:
    """A date of the query in UTC, without its zone."""
    text = context.request.query.get(name)
    if not text:
        return None
    date = datetime.fromisoformat(fields.iso_date(name, text))
    try:
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise invalid(name, "Datetime is out of range.") from None


_DATES = frozenset({"date_from", "date_to"})
ROUTES: tuple[Route, ...] = (
    Route("GET", "surveys/stats/", "survey:read", lambda context: reply(_stats(context, None)), _DATES),
    Route("GET", "surveys/{id}/stats/", "survey:read", _of_one, _DATES),
    *SURVEYS.routes,
)
