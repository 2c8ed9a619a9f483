"""The workspace toolset: organizations and projects, and which of them the other tools answer from."""

from typing import Annotated, Any

from posthog_wizard.api.replies import object_with
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.parameters import Limit, Offset
from posthog_wizard.tools.resource import pick_fields, trimmed_page
from posthog_wizard.tools.tool import READS, REMEMBERS, tool
from posthog_wizard.tools.value_types import Constraints

_ORGANIZATION = ("id", "name", "slug", "created_at", "membership_level", "member_count")
_PROJECT = ("id", "name", "organization")


@tool("Get the organization", feature="workspace", scopes=("organization:read",), hints=READS, within="organization")
async def organization_details_get(call: Call) -> dict[str, Any]:
    """Get the active organization and its projects."""
    found = object_with(await call.get(f"/api/organizations/{call.organization}/"))
    projects = [pick_fields(row, ("id", "name")) for row in found.get("projects") or found.get("teams") or []]
    if pinned := call.workspace.limits.project:
        projects = [row for row in projects if str(row.get("id")) == pinned]
    return pick_fields(found, _ORGANIZATION) | {"projects": projects} | _settings(call)


@tool("List organizations", feature="workspace", scopes=("organization:read",), hints=READS, within="account")
async def organizations_get(call: Call, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """List the organizations that the key reaches."""
    if call.workspace.limits.organization or call.workspace.limits.project:
        home = await call.workspace.organization()
        answer = {"count": 1, "results": [await call.get(f"/api/organizations/{home}/")]}
    else:
        answer = await call.get("/api/organizations/", limit=limit, offset=offset)
    return trimmed_page(answer, offset, lambda row: pick_fields(row, _ORGANIZATION)) | _settings(call)


@tool("List projects", feature="workspace", scopes=("project:read",), hints=READS, within="organization")
async def projects_get(call: Call, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """List the projects of the active organization."""
    if pinned := call.workspace.limits.project:
        answer = {"count": 1, "results": [await call.get(f"/api/projects/{pinned}/")]}
    else:
        answer = await call.get(f"/api/organizations/{call.organization}/projects/", limit=limit, offset=offset)
    return trimmed_page(
        answer, offset, lambda row: pick_fields(row, _PROJECT) | {"url": f"{call.base}/project/{row.get('id')}"}
    )


@tool("Switch the project", feature="workspace", scopes=("project:read",), hints=REMEMBERS, within="account")
async def switch_project(
    call: Call, project_id: Annotated[int, Constraints(ge=1, description="From projects-get")]
) -> dict[str, Any]:
    """Answer from another project from now on, in this session only."""
    found = await call.workspace.switch_project(project_id)
    shown = {"project": project_id} | pick_fields(found, ("name", "organization"))
    return shown | {"url": f"{call.base}/project/{project_id}"}


# With its first project: without `project:read` none would be active afterwards.
@tool(
    "Switch the organization",
    feature="workspace",
    scopes=("organization:read", "project:read"),
    hints=REMEMBERS,
    within="account",
)
async def switch_organization(
    call: Call,
    org_id: Annotated[str, Constraints(pattern="^[0-9a-fA-F-]{36}$", description="From organizations-get (UUID)")],
) -> dict[str, Any]:
    """Answer from another organization and its first project from now on, in this session only."""
    found = await call.workspace.switch_organization(org_id)
    return pick_fields(found, ("id", "name")) | {"project": found["project"]} | _settings(call)


def _settings(call: Call) -> dict[str, str]:
    return {"url": f"{call.base}/settings/organization"}
