"""How often surveys were shown, dismissed and answered: counted from the events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from posthog_wizard.sandbox.api.fields import moment_field
from posthog_wizard.sandbox.api.http_messages import HttpReply, reply
from posthog_wizard.sandbox.api.routes import RequestContext, Route
from posthog_wizard.sandbox.views.surveys import SURVEYS

_EVENTS = ("survey shown", "survey dismissed", "survey sent")
_COUNTED = """
SELECT event, count(*), count(DISTINCT person_id), min(timestamp), max(timestamp) FROM events
WHERE event IN ('survey shown', 'survey dismissed', 'survey sent')
  AND (?1::VARCHAR IS NULL OR json_extract_string(properties, '$."$survey_id"') = ?1)
  AND (?2::TIMESTAMP IS NULL OR timestamp >= ?2) AND (?3::TIMESTAMP IS NULL OR timestamp <= ?3)
GROUP BY event
"""
_NEVER = {"total_count": 0, "unique_persons": 0, "first_seen": None, "last_seen": None}


def _of_all(context: RequestContext) -> HttpReply:
    return reply(_stats(context, None))


def _of_one(context: RequestContext) -> HttpReply:
    row = SURVEYS.row(context, context["id"])
    shown = SURVEYS.seen(context, row)
    return reply(
        {"survey_id": row["id"], "start_date": shown["start_date"], "end_date": shown["end_date"]}
        | _stats(context, str(row["id"]))
    )


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
    date = datetime.fromisoformat(moment_field(name, text))
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)


_DATES = frozenset({"date_from", "date_to"})
ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/projects/{project_id}/surveys/stats/", "survey:read", _of_all, _DATES),
    Route("GET", "/api/projects/{project_id}/surveys/{id}/stats/", "survey:read", _of_one, _DATES),
    *SURVEYS.routes,
)
