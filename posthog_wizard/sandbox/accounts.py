"""The key itself, its owner, organizations and projects: all that the check of a key asks for."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.pages import page
from posthog_wizard.sandbox.refusals import not_found
from posthog_wizard.sandbox.routes import PAGED, Route, Visit
from posthog_wizard.sandbox.store import Row
from posthog_wizard.sandbox.wire import Reply, reply

CURRENT = "@current"
AUTHOR = ("id", "uuid", "distinct_id", "first_name", "last_name", "email")


def owner(visit: Visit) -> Row:
    """The only user, to whom every key belongs."""
    return visit.store.rows("users")[0]


def author(visit: Visit) -> Row:
    """The owner of the key, as the rows tell it that were made with it."""
    return {name: owner(visit).get(name) for name in AUTHOR}


def _current_key(visit: Visit) -> Reply:
    key = visit.key
    return reply(
        {
            "id": f"key_{key.label.lower().replace(' ', '_')}",
            "label": key.label,
            "value": None,
            "mask_value": f"phx_...{key.value[-4:]}",
            "created_at": owner(visit)["date_joined"],
            "last_used_at": visit.time,
            "last_rolled_at": None,
            "user_id": owner(visit)["id"],
            "scopes": list(key.scopes),
            "scoped_teams": list(key.teams),
            "scoped_organizations": list(key.organizations),
        }
    )


def _me(visit: Visit) -> Reply:
    user = owner(visit)
    opened = _project(visit, visit.store.row("projects", user["current_project"]) or {})
    organizations = visit.store.rows("organizations")
    home = next((row for row in organizations if row["id"] == opened.get("organization")), None)
    return reply(
        {name: value for name, value in user.items() if name != "current_project"}
        | {"organization": home, "organizations": organizations, "team": opened}
    )


def _organizations(visit: Visit) -> Reply:
    allowed = visit.key.organizations
    return page(visit, [row for row in visit.store.rows("organizations") if not allowed or row["id"] in allowed])


def _organization(visit: Visit) -> Reply:
    row = _organization_row(visit)
    projects = [_project(visit, one) for one in _projects_of(visit, row)]
    return reply(row | {"projects": projects, "teams": projects, "member_count": 1, "membership_level": 15})


def _organization_row(visit: Visit) -> Row:
    identifier = visit["organization_id"]
    current = visit.store.row("projects", owner(visit)["current_project"]) or {}
    row = visit.store.row("organizations", current.get("organization") if identifier == CURRENT else identifier)
    if row is None:
        raise not_found()
    return row


def _projects_of(visit: Visit, organization: Row) -> list[Row]:
    return [row for row in visit.store.rows("projects") if row["organization"] == organization["id"]]


def _projects(visit: Visit) -> Reply:
    return page(visit, [_project(visit, row) for row in _projects_of(visit, _organization_row(visit))])


def _one_project(visit: Visit) -> Reply:
    return reply(_project(visit, visit.store.row("projects", visit.project) or {}))


def _project(visit: Visit, row: Row) -> dict[str, Any]:
    token = row.get("api_token", "")
    return row | {"project_id": row.get("id"), "api_token": visit.tokens.get(token, token)}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/personal_api_keys/@current", None, _current_key, any_team=True),
    Route("GET", "/api/personal_api_keys/@current/", None, _current_key, any_team=True),
    Route("GET", "/api/users/@me/", "user:read", _me, any_team=True),
    Route("GET", "/api/organizations/", "organization:read", _organizations, PAGED),
    Route("GET", "/api/organizations/{organization_id}/", "organization:read", _organization),
    Route("GET", "/api/organizations/{organization_id}/projects/", "project:read", _projects, PAGED),
    Route("GET", "/api/projects/{project_id}/", "project:read", _one_project),
)
