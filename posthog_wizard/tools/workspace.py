"""Which project and organization this process answers from: pinned, switched to, or the key's own default."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from posthog_wizard.errors import CredentialError, MissingScope, NotFound, WrongUsage
from posthog_wizard.model import Limits

if TYPE_CHECKING:  # httpx is imported when the first request is sent, not when the server starts
    from posthog_wizard.api.client import ApiClient


@dataclass(frozen=True)
class KeyFacts:
    """What PostHog says of the key. `scopes` is None for a token that cannot be asked (OAuth)."""

    scopes: frozenset[str] | None
    projects: tuple[int, ...] = ()
    organizations: tuple[str, ...] = ()


class Workspace:
    """The active organization and project of one server process. It never outlives the process."""

    def __init__(self, client: ApiClient | None, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._key: KeyFacts | None = None
        self._project = int(limits.project) if limits.project else None
        self._organization = limits.organization
        self._finding = asyncio.Lock()

    @property
    def client(self) -> ApiClient:
        """The client. Raises CredentialError when the server was started without a key."""
        if self._client is None:
            raise CredentialError(
                "this server has no PostHog key",
                "Set POSTHOG_PERSONAL_API_KEY in the server's environment, or run `posthog-wizard mcp doctor`.",
            )
        return self._client

    @property
    def pinned(self) -> bool:
        """Whether the user fixed the project or organization at start."""
        return bool(self._limits.project or self._limits.organization)

    def allow_project(self, project: int) -> None:
        """Raise WrongUsage when the server is pinned to another project."""
        if self._limits.project and int(self._limits.project) != project:
            raise WrongUsage(
                f"this server is pinned to project {self._limits.project}",
                "Leave `project_id` out, or start the server without `--project`.",
            )

    async def key(self) -> KeyFacts:
        """The key's scopes and limits, asked once. Raises ApiError."""
        async with self._finding:
            if self._key is None:
                self._key = await _key_facts(self.client)
            return self._key

    async def project(self) -> int:
        """The active project's id. Raises ApiError, and WrongUsage when the key has no default."""
        if self._project is None:
            await self._find()
        if self._project is None:
            raise WrongUsage(
                "which project? The key does not say",
                "Start the server with `--project ID`, or call `projects-get` and then `switch-project`.",
            )
        return self._project

    async def organization(self) -> str:
        """The active organization's id. Raises ApiError, and WrongUsage when the key does not reach one."""
        if self._organization is None:
            await self._find()
        if self._organization is None and self._project is not None:
            self._organization = (await self.client.get(f"/api/projects/{self._project}/")).get("organization")
        if self._organization is None:
            raise WrongUsage(
                "which organization? The key does not say",
                "Start the server with `--organization ID`, or give the key the scope `user:read`.",
            )
        return self._organization

    async def switch_project(self, project: int) -> dict[str, Any]:
        """Make a project the active one after PostHog has shown it to this key. Raises ApiError, WrongUsage."""
        found: dict[str, Any] = await self.client.get(f"/api/projects/{project}/")
        self._project, self._organization = project, found.get("organization") or self._organization
        return found

    async def switch_organization(self, organization: str) -> dict[str, Any]:
        """Make an organization and its first project the active ones. Raises ApiError, WrongUsage."""
        found: dict[str, Any] = await self.client.get(f"/api/organizations/{organization}/")
        project = await self._first_project(organization)
        self._organization, self._project = organization, project
        return found | {"project": project}

    async def _find(self) -> None:
        """The key's own default: its only project, else the user's active one, else the first of its organization."""
        key = await self.key()
        async with self._finding:
            me = await self._me()
            team, organization = me.get("team") or {}, me.get("organization") or {}
            allowed = self._allowed(key, team)
            self._organization = self._organization or _first(key.organizations, organization.get("id"))
            self._project = self._project or allowed
        if self._project is None and self._organization:
            self._project = await self._first_project(self._organization)

    def _allowed(self, key: KeyFacts, team: dict[str, Any]) -> int | None:
        """The user's active project where key and pin allow it, else the key's first."""
        active = team.get("id")
        if key.projects:
            return active if active in key.projects else key.projects[0]
        wanted = (self._limits.organization,) if self._limits.organization else key.organizations
        return active if not wanted or team.get("organization") in wanted else None

    async def _me(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = await self.client.get("/api/users/@me/")
        except MissingScope:
            return {}
        return found

    async def _first_project(self, organization: str) -> int | None:
        try:
            page = await self.client.get(f"/api/organizations/{organization}/projects/", params={"limit": 1})
        except MissingScope:
            return None
        return next((row["id"] for row in page.get("results", [])), None)


def _first(allowed: tuple[str, ...], active: str | None) -> str | None:
    return active if not allowed or active in allowed else allowed[0]


async def _key_facts(client: ApiClient) -> KeyFacts:
    try:
        found = await client.get("/api/personal_api_keys/@current")
    except (MissingScope, NotFound):
        return KeyFacts(None)
    return KeyFacts(
        frozenset(found.get("scopes") or ["*"]),
        tuple(found.get("scoped_teams") or ()),
        tuple(found.get("scoped_organizations") or ()),
    )
