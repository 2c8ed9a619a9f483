"""The key itself, its owner, organizations and projects: all that the check of a key asks for."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.api.http_messages import HttpReply, not_found, reply
from posthog_wizard.sandbox.api.routes import PAGED, RequestContext, Route
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.sample import catalog

CURRENT = "@current"


def _current_key(context: RequestContext) -> HttpReply:
    key = context.key
    return reply(
        {
            "id": f"key_{key.label.lower().replace(' ', '_')}",
            "label": key.label,
            "value": None,
            "mask_value": f"phx_...{key.value[-4:]}",
            "created_at": context.owner["date_joined"],
            "last_used_at": context.time,
            "last_rolled_at": None,
            "user_id": context.owner["id"],
            "scopes": list(key.scopes),
            "scoped_teams": list(key.teams),
            "scoped_organizations": list(key.organizations),
        }
    )


def _me(context: RequestContext) -> HttpReply:
    user = context.owner
    opened = _project(context, context.store.row("projects", user["current_project"]) or {})
    organizations = context.store.rows("organizations")
    home = next((row for row in organizations if row["id"] == opened.get("organization")), None)
    return reply(
        {name: value for name, value in user.items() if name != "current_project"}
        | {"organization": home, "organizations": organizations, "team": opened}
    )


def _organizations(context: RequestContext) -> HttpReply:
    allowed = context.key.organizations
    rows = [row for row in context.store.rows("organizations") if not allowed or row["id"] in allowed]
    return context.page([_detailed(context, row) for row in rows])


def _detailed(context: RequestContext, row: Row) -> Row:
    """With its projects, and what its only member is there: the owner."""
    projects = _projects(context, row)
    teams = {"projects": projects, "teams": projects, "member_count": 1, "membership_level": 15}
    return catalog.GIVEN["organizations"] | row | teams


def _organization_row(context: RequestContext) -> Row:
    identifier = context["organization_id"]
    current = context.store.row("projects", context.owner["current_project"]) or {}
    row = context.store.row("organizations", current.get("organization") if identifier == CURRENT else identifier)
    if row is None:
        raise not_found()
    return row


def _projects(context: RequestContext, organization: Row) -> list[Row]:
    rows = context.store.rows("projects")
    return [_project(context, row) for row in rows if row["organization"] == organization["id"]]


def _project(context: RequestContext, row: Row) -> dict[str, Any]:
    token = row.get("api_token", "")
    return row | {"project_id": row.get("id"), "api_token": context.tokens.get(token, token)}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/personal_api_keys/@current", None, _current_key, any_team=True),
    Route("GET", "/api/personal_api_keys/@current/", None, _current_key, any_team=True),
    Route("GET", "/api/users/@me/", "user:read", _me, any_team=True),
    Route("GET", "/api/organizations/", "organization:read", _organizations, PAGED),
    Route("GET", "/api/organizations/{organization_id}/", "organization:read",
          lambda context: reply(_detailed(context, _organization_row(context)))),
    Route("GET", "/api/organizations/{organization_id}/projects/", "project:read",
          lambda context: context.page(_projects(context, _organization_row(context))), PAGED),
    Route("GET", "/api/projects/{project_id}/", "project:read",
          lambda context: reply(_project(context, context.store.row("projects", context.project) or {}))),
)  # fmt: skip
