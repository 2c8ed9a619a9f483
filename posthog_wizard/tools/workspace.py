"""Which project and organization this process answers from: pinned, switched to, or the key's own default."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.api.key_format import read_key
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.api.key_validation import check_key
from posthog_wizard.api.replies import object_with, rows_of
from posthog_wizard.credentials.background import in_background
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.errors import CredentialError, MissingScope, SignInExpired, Unreachable, WizardError, WrongUsage
from posthog_wizard.model import Json, Limits, Secret
from posthog_wizard.settings import KeySource

if TYPE_CHECKING:  # httpx is imported when the first request is sent, not when the server starts
    from posthog_wizard.api.client import ApiClient
    from posthog_wizard.api.in_process import Exchange, InProcessTransport
    from posthog_wizard.openapi.instance import InstanceIndex
    from posthog_wizard.openapi.model import Index

log = logging.getLogger("posthog_wizard.server")
_EVERYTHING = Limits()
_REPAIR = "Run `posthog-wizard mcp doctor`, it finds out why and what to do."


@dataclass(frozen=True)
class Access:
    """Which PostHog, with which key. `host` None: the region is the one that accepts the key.

    The key is `key`, or is read from `source` when it is first needed. `defect` says why there is none, or why it may
    not be used; `again` then looks once more, for whoever asks next.
    """

    key: Secret | None = None
    host: str | None = None
    limits: Limits = _EVERYTHING
    allow_http: bool = False
    ca_file: Path | None = None
    defect: WizardError | None = None
    source: KeySource | None = None
    again: Callable[[], Access] | None = None
    cache: Path | None = None  # the folder for what can be had again
    embedded: Exchange | None = None  # what answers instead of the network

    @property
    def transport(self) -> InProcessTransport | None:
        """The way to what answers instead of the network."""
        if self.embedded is None:
            return None
        from posthog_wizard.api.in_process import InProcessTransport  # noqa: PLC0415 - it loads httpx

        return InProcessTransport(self.embedded)


class Workspace:
    """The client and the active organization and project of one server process. It never outlives the process."""

    def __init__(self, access: Access, *, allow_dangerous: bool = False) -> None:
        self.access, self.limits, self.allow_dangerous = access, access.limits, allow_dangerous
        self._client: ApiClient | None = None
        self._operations: InstanceIndex | None = None
        self._report: KeyReport | None = None
        self._project = int(self.limits.project) if self.limits.project else None
        self._organization = self.limits.organization
        self._reads_only: bool | None = None  # of the organization that was switched to
        self._switched = False  # then the key's default is no longer what is meant
        self._asking, self._reading = asyncio.Lock(), asyncio.Lock()
        self._key = access.key

    @property
    def known_scopes(self) -> tuple[str, ...] | None:
        """The key's scopes, None while or where PostHog does not tell them."""
        return (self._report.scopes or None) if self._report else None

    @property
    def known_teams(self) -> tuple[int, ...]:
        """The projects that the key is limited to; none where it is not, or while that is not known."""
        return self._report.teams if self._report else ()

    @property
    def reads_only(self) -> bool:
        """Whether the active organization lets MCP servers only read, as far as PostHog told."""
        told = self._report is not None and self._report.reads_only
        return told if self._reads_only is None else self._reads_only

    async def report(self) -> KeyReport:
        """What PostHog says of the key; asked until it accepts it, then never again. Raises CredentialError, ApiError."""
        async with self._asking:
            if self._report is None:
                self._report = await self._asked(await self.key())
            return self._report

    async def client(self) -> ApiClient:
        """The client. Raises CredentialError without a key, ApiError when no region accepts it."""
        if self._client is None:
            self._client = await self._new_client()
        return self._client

    async def _new_client(self, **more: Any) -> ApiClient:
        from posthog_wizard.api.client import ApiClient  # noqa: PLC0415 - it loads httpx

        key, access = await self.key(), self.access
        return ApiClient(
            await self._host(),
            key,
            transport=access.transport,
            allow_http=access.allow_http,
            ca_file=access.ca_file,
            renew=self.renewed,
            **more,
        )

    async def _host(self) -> str:
        """The PostHog's address. Raises CredentialError without a key that tells it, ApiError when no region accepts it."""
        return self.access.host or str((await self.report()).host)

    async def operations(self) -> Index:
        """Every operation that this PostHog's API has, as far as that is known."""
        if self._operations is None:
            from posthog_wizard.openapi.instance import InstanceIndex, kept_file  # noqa: PLC0415 - few ask for it

            try:
                host = await self._host()
            except WizardError:  # no key, or none that tells where it belongs
                host = ""
            folder = self.access.cache
            self._operations = InstanceIndex(host, self._schema, kept_file(folder, host) if folder else None)
        return await self._operations.get()

    async def _schema(self) -> Json:
        from posthog_wizard.openapi.instance import LARGEST, SCHEMA, SCHEMA_PATIENCE  # noqa: PLC0415 - few ask for it

        async with await self._new_client(largest_reply=LARGEST) as client:
            accept = {"Accept": "application/vnd.oai.openapi+json, application/json"}
            query = {"format": "json"}
            reply = await client.answer("GET", SCHEMA, params=query, headers=accept, read_timeout=SCHEMA_PATIENCE)
            return await in_background(partial(client.content_of, reply))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.__aexit__()

    async def project(self) -> int:
        """The active project. Raises ApiError, CredentialError, and WrongUsage when the key has no default."""
        if self._project is None:
            found = None if self._switched else (await self.report()).project
            if found is None:
                raise WrongUsage(
                    "which project? None is active, and the key does not say",
                    "call `projects-get`, then `switch-project`; or start the server with `--project ID`",
                )
            self._project = int(found.id)
        return self._project

    async def organization(self) -> str:
        """The active organization. Raises ApiError, CredentialError, and WrongUsage when the key does not say."""
        if self._organization is None:
            found = (await self.report()).organization
            if found is None:
                raise WrongUsage(
                    "which organization? The key does not say",
                    "give the key the scope `user:read`, or start the server with `--organization ID`",
                )
            self._organization = str(found.id)
        return self._organization

    async def allow_project(self, project: int) -> None:
        """Raise WrongUsage when the server is pinned, and not to this project or its organization."""
        if self.limits.project and int(self.limits.project) != project:
            raise _pinned(f"project {self.limits.project}")
        if self.limits.organization and not self.limits.project:
            found = object_with(await (await self.client()).get(f"/api/projects/{project}/"))
            if found.get("organization") != self.limits.organization:
                raise _pinned(f"organization {self.limits.organization}")

    async def switch_project(self, project: int) -> dict[str, Any]:
        """Make a project the active one, after PostHog has shown it to this key. Raises ApiError."""
        found = object_with(await (await self.client()).get(f"/api/projects/{project}/"))
        self._project, self._organization = project, found.get("organization") or self._organization
        return found

    async def switch_organization(self, organization: str) -> dict[str, Any]:
        """Make an organization and its first project the active ones. Raises ApiError.

        Without a project that the key may see there is none active: better no answer than one from elsewhere.
        """
        from posthog_wizard.api.key_owner import reads_only  # noqa: PLC0415 - it loads httpx

        client = await self.client()
        found = object_with(await client.get(f"/api/organizations/{organization}/"))
        try:
            page = await client.get(f"/api/organizations/{organization}/projects/", params={"limit": 1})
        except MissingScope:
            page = {"results": []}
        project = next((row.get("id") for row in rows_of(page)), None)
        self._organization, self._project, self._switched = organization, project, True
        self._reads_only = reads_only(found)
        return found | {"project": project}

    async def key(self) -> Secret:
        """The key; looked for until there is one. Raises CredentialError, and ConfigError for an unreadable profile."""
        async with self._reading:
            if self._key is None:
                self._key = await self._found()
            return self._key

    async def renewed(self, refused: Secret) -> Secret | None:
        """Another key than the one that PostHog refused, where the store holds one by now."""
        async with self._reading:
            if self._key == refused and self.access.source is not None and self.access.source.may_change:
                try:
                    self._key = await self._found(refused)
                except SignInExpired:
                    raise
                except WizardError as problem:
                    log.warning("the key could not be read again: %s", mask_text(str(problem)))
            if self._key is None or self._key == refused:
                return None
            self._report = None  # it may do more, or less
            return self._key

    async def _found(self, refused: Secret | None = None) -> Secret:
        """The key, wherever the profile says by now that it is."""
        if self.access.again is not None:  # work with what is found at a second look
            access = await in_background(self.access.again)
            self.access, self.limits = access, access.limits
            if not self._switched:
                self._project = int(access.limits.project) if access.limits.project else self._project
                self._organization = access.limits.organization or self._organization
        if self.access.defect is not None:
            raise self.access.defect
        source = self.access.source
        if source is None:
            raise CredentialError(
                "this server has no PostHog key",
                f"store one with `posthog-wizard key set`, or set POSTHOG_PERSONAL_API_KEY in the server's environment. {_REPAIR}",
            )
        found = await in_background(partial(source.after, refused))
        return read_key(found.reveal(), base=self.access.host, signed_in=source.may_change)

    async def _asked(self, key: Secret) -> KeyReport:
        report = await self._checked(key)
        newer = await self.renewed(key) if report.state == "invalid" else None
        if newer is not None:
            report = await self._checked(newer)
        if not report.usable:
            problem = report.problem or Unreachable("the key could not be checked")
            problem.hint = ". ".join(part for part in (problem.hint, _REPAIR) if part)
            raise problem
        return report

    async def _checked(self, key: Secret) -> KeyReport:
        return await check_key(
            key,
            (self.access.host,) if self.access.host else tuple(CLOUD.values()),
            project=self.limits.project,
            organization=self.limits.organization,
            transport=self.access.transport,
            allow_http=self.access.allow_http,
            ca_file=self.access.ca_file,
        )


def _pinned(place: str) -> WrongUsage:
    return WrongUsage(
        f"this server is pinned to {place}", "leave `project_id` out, or start the server without that limit"
    )
