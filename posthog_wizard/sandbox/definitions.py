"""The events and properties that a project has seen: descriptions from the story, the rest from the events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from posthog_wizard.sandbox import story
from posthog_wizard.sandbox.pages import page
from posthog_wizard.sandbox.refusals import invalid
from posthog_wizard.sandbox.routes import PAGED, Route, Visit
from posthog_wizard.sandbox.wire import Reply

SEEN = "SELECT event, min(timestamp), max(timestamp) FROM events GROUP BY event ORDER BY event"
USED = "SELECT DISTINCT unnest(json_keys(properties)) AS name FROM events WHERE event IN (SELECT unnest(?::VARCHAR[])) ORDER BY 1"
USED_BY_ANY = "SELECT DISTINCT unnest(json_keys(properties)) AS name FROM events ORDER BY 1"
PERSONS = "SELECT DISTINCT unnest(json_keys(properties)) AS name FROM persons ORDER BY 1"
SESSION_PROPERTIES = (
    story.Definition("$session_duration", "How long the session took, in seconds.", "Numeric"),
    story.Definition("$entry_pathname", "The first page of the session."),
    story.Definition("$pageview_count", "How many pages were seen.", "Numeric"),
)
KNOWN = {
    "event": {one.name: one for one in story.EVENT_PROPERTIES},
    "person": {one.name: one for one in story.PERSON_PROPERTIES},
    "session": {one.name: one for one in SESSION_PROPERTIES},
}
FLAG = "$feature/"
TRUE, FALSE = ("true", "True", "1"), ("false", "False", "0")
KINDS = {"event": 1, "person": 2, "group": 3, "session": 4}


def _events(visit: Visit) -> Reply:
    described = {one.name: one.description for one in story.EVENTS}
    rows = [
        {
            "id": _identifier("event", name),
            "name": name,
            "description": described.get(name, ""),
            "created_at": first,
            "last_seen_at": last,
            "tags": [],
            "hidden": False,
        }
        for name, first, last in visit.engine().sql(SEEN, project_id=visit.project).rows
    ]
    return page(visit, [row for row in rows if _said(visit, "search") in row["name"].lower()])


def _properties(visit: Visit) -> Reply:
    asked, kind = visit.request.query, visit.request.query.get("type", "event")
    if kind not in KINDS:
        raise invalid("type", f'"{kind}" is not a valid choice.', "invalid_choice")
    if kind == "group" and "group_type_index" not in asked:
        raise invalid("type", "`group_type_index` must be set for `group` type", "invalid")
    names = [name for name in NAMES[kind](visit) if _said(visit, "search") in name.lower()]
    if asked.get("exclude_core_properties") in TRUE:
        names = [name for name in names if not name.startswith("$")]
    if asked.get("is_feature_flag") in (*TRUE, *FALSE):
        names = [name for name in names if name.startswith(FLAG) == (asked["is_feature_flag"] in TRUE)]
    return page(visit, [_property(kind, name) for name in names])


def _of_events(visit: Visit) -> Iterable[str]:
    """Of the named events where that is asked for, else of all."""
    asked = visit.request.query
    if asked.get("filter_by_event_names") not in TRUE:
        return _column(visit, USED_BY_ANY)
    try:
        names = json.loads(asked.get("event_names", "[]"))
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid("event_names", "event_names must be a JSON list of names.", "invalid")
    return _column(visit, USED, names)


def _column(visit: Visit, statement: str, *parameters: Any) -> list[str]:
    return [str(name) for (name,) in visit.engine().sql(statement, parameters, project_id=visit.project).rows]


def _property(kind: str, name: str) -> dict[str, Any]:
    known = KNOWN[kind].get(name)
    return {
        "id": _identifier(kind, name),
        "name": name,
        "description": known.description if known else "",
        "property_type": known.type if known else "String",
        "is_numerical": bool(known and known.type == "Numeric"),
        "type": KINDS[kind],
        "tags": [],
        "hidden": False,
    }


def _identifier(kind: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{story.SITE}/{kind}/{name}"))


def _said(visit: Visit, name: str) -> str:
    return visit.request.query.get(name, "").lower()


NAMES: dict[str, Callable[[Visit], Iterable[str]]] = {
    "event": _of_events,
    "person": lambda visit: _column(visit, PERSONS),
    "group": lambda _visit: (),
    "session": lambda _visit: [one.name for one in SESSION_PROPERTIES],
}
PARAMETERS = frozenset((
    "search", "type", "event_names", "filter_by_event_names", "is_feature_flag", "exclude_core_properties", "exclude_hidden",
    "group_type_index",
))  # fmt: skip
ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/projects/{project_id}/event_definitions/",
        "event_definition:read",
        _events,
        PAGED | {"search"},
    ),
    Route(
        "GET",
        "/api/projects/{project_id}/property_definitions/",
        "property_definition:read",
        _properties,
        PAGED | PARAMETERS,
    ),
)
