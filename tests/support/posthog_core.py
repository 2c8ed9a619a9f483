"""What every test's PostHog knows: its user, organizations and projects, and the rows that tell of them."""

from __future__ import annotations

from typing import Any

from tests.support.posthog import Key, PostHog, Reply, Route, Visit, not_found

FIRST, SECOND = "0190aaaa-0000-0000-0000-000000000001", "0190aaaa-0000-0000-0000-000000000002"


def world() -> dict[str, Any]:
    """A user of two organizations with three projects, the second of which is open."""
    return {
        "email": "max@example.com",
        "active": 2,
        "organizations": {FIRST: "Hedgehogs", SECOND: "Foxes"},
        "projects": {1: ("Website", FIRST), 2: ("App", FIRST), 3: ("Den", SECOND)},
    }


def posthog(*keys: Key, routes: tuple[Route, ...] = (), **more: Any) -> PostHog:
    """A PostHog with the core routes and `routes`; `more` goes to PostHog."""
    return PostHog(keys=keys or (Key("phx_test"),), routes=(*CORE, *routes), **{"world": world(), **more})


def page(visit: Visit, rows: list[Any]) -> Reply:
    """One page of a list by limit and offset; `next` is absolute, as PostHog's is."""
    offset, limit = int(visit.request.parameter("offset", "0")), int(visit.request.parameter("limit", "100"))
    following = f"{visit.origin}{visit.request.path}?limit={limit}&offset={offset + limit}"
    return Reply(
        body={
            "count": len(rows),
            "next": following if offset + limit < len(rows) else None,
            "previous": None,
            "results": rows[offset : offset + limit],
        }
    )


def _current_key(visit: Visit) -> Reply:
    key = visit.key
    return Reply(
        body={
            "id": "key-1",
            "label": "test",
            "value": None,
            "mask_value": f"phx_...{key.value[-4:]}",
            "created_at": "2026-01-01T00:00:00Z",
            "last_used_at": None,
            "last_rolled_at": None,
            "user_id": 7,
            "scopes": list(key.scopes),
            "scoped_teams": list(key.teams),
            "scoped_organizations": list(key.organizations),
        }
    )


def _me(visit: Visit) -> Reply:
    project = visit.world["active"]
    name, organization = visit.world["projects"][project]
    return Reply(
        body={
            "uuid": "0190bbbb-0000-0000-0000-000000000007",
            "distinct_id": "d7",
            "email": visit.world["email"],
            "first_name": "Max",
            "organization": _organization(visit, organization),
            "team": {"id": project, "name": name, "organization": organization},
            "organizations": [_organization(visit, each) for each in visit.world["organizations"]],
        }
    )


def _organization(visit: Visit, identifier: str) -> dict[str, Any]:
    return {"id": identifier, "name": visit.world["organizations"][identifier]}


def _project(visit: Visit, identifier: int) -> dict[str, Any]:
    name, organization = visit.world["projects"][identifier]
    return {"id": identifier, "name": name, "organization": organization}


def _organizations(visit: Visit) -> Reply:
    return page(visit, [_organization(visit, each) for each in visit.world["organizations"]])


def _one_organization(visit: Visit) -> Reply:
    known = visit["organization_id"] in visit.world["organizations"]
    return Reply(body=_organization(visit, visit["organization_id"])) if known else not_found()


def _projects(visit: Visit) -> Reply:
    owned = [each for each, (_, owner) in visit.world["projects"].items() if owner == visit["organization_id"]]
    return page(visit, [_project(visit, each) for each in owned])


def _one_project(visit: Visit) -> Reply:
    known = {str(each): each for each in visit.world["projects"]}.get(visit["project_id"])
    return not_found() if known is None else Reply(body=_project(visit, known))


PAGED = frozenset({"limit", "offset"})
CORE: tuple[Route, ...] = (
    Route("GET", "/api/personal_api_keys/@current", _current_key, any_team=True),
    Route("GET", "/api/users/@me/", _me, "user:read", any_team=True),
    Route("GET", "/api/organizations/", _organizations, "organization:read", PAGED),
    Route("GET", "/api/organizations/{organization_id}/", _one_organization, "organization:read"),
    Route("GET", "/api/organizations/{organization_id}/projects/", _projects, "project:read", PAGED),
    Route("GET", "/api/projects/{project_id}/", _one_project, "project:read"),
)
