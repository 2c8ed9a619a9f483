"""One PostHog asked about a key: its scopes, its owner, and the project that it works in.

A 403 that names no scope refuses the key, unless PostHog says that only this endpoint takes none.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from posthog_wizard.api.client import ApiClient, filled
from posthog_wizard.api.hosts import region_of
from posthog_wizard.api.key_report import KeyReport, KeyState, Named, report_of
from posthog_wizard.api.keyless import Contact
from posthog_wizard.api.oauth_requests import introspect
from posthog_wizard.api.replies import object_with
from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.api.scopes import satisfied
from posthog_wizard.errors import ApiError, BadKey, BadReply, MissingScope, NotFound, Unreachable
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.jsonrpc import object_of

_CURRENT_KEY = "/api/personal_api_keys/@current"  # needs no scope; PostHog's own client asks it without final slash
_ME = "/api/users/@me/"
_UNKNOWN_THERE = frozenset({403, 404, 405})  # the answers of servers that do not know _CURRENT_KEY
_DAY = len("2026-01-31")
_OAUTH = "pha_"  # such tokens are no personal keys: _CURRENT_KEY does not know them
_ENDPOINT_ALONE = re.compile(r"does not support personal api key|only supported on \w+-based endpoints", re.IGNORECASE)
"""How PostHog says that it takes the key, but not here; every other 403 that names no scope refuses the key itself."""
_STATES: tuple[tuple[type[ApiError], KeyState], ...] = (
    (BadKey, "invalid"),
    (MissingScope, "forbidden"),  # where it names a scope
    (ApiError, "unreachable"),
)


@dataclass(frozen=True)
class Pin:
    """What the server will be limited to, as the user typed it."""

    project: str | None = None
    organization: str | None = None


@dataclass(frozen=True)
class _Grant:
    """What a key is limited to. `scopes` is None where the server does not tell."""

    scopes: tuple[str, ...] | None
    teams: tuple[int, ...] = ()
    organizations: tuple[str, ...] = ()
    me: Mapping[str, Json] | None = None  # the owner, where that was asked already
    label: str | None = None
    last_used: str | None = None

    def may(self, scope: str) -> bool:
        """Whether asking for what needs `scope` is worth a request."""
        return self.scopes is None or satisfied(scope, self.scopes)


async def ask_host(contact: Contact, key: Secret, pin: Pin, patience: RetryPolicy) -> KeyReport:
    """What a PostHog says of the key. Raises WrongUsage for an unusable certificate file."""
    try:
        async with ApiClient(
            contact.base,
            key,
            transport=contact.transport,
            allow_http=True,
            ca_file=contact.ca_file,
            read_timeout=patience.budget,
            patience=patience,
        ) as client:
            return await _described(client, await _grant(client, contact, key), pin, patience.budget)
    except ApiError as problem:
        return _refused(contact.base, problem)


def _refused(base: str, problem: ApiError) -> KeyReport:
    scope = problem.scope if isinstance(problem, MissingScope) else None
    state = next(state for kind, state in _STATES if isinstance(problem, kind))
    if state == "forbidden" and scope is None and not _ENDPOINT_ALONE.search(problem.message):
        return report_of(base, "invalid", problem)
    return report_of(base, state, problem)._replace(missing_scopes=(scope,) if scope else ())


async def _grant(client: ApiClient, contact: Contact, key: Secret) -> _Grant:
    """From the key's own record; on servers and for tokens without one, from the owner's."""
    if key.masked().startswith(_OAUTH):
        return await _grant_of_token(contact, client, key)
    try:
        record = await client.get(_CURRENT_KEY)
    except ApiError as error:
        # Old servers take a browser's session there, no key, and say so with 401; PostHog Cloud is never old.
        old = isinstance(error, BadKey) and region_of(client.base) == "self-hosted"
        if not old and error.status not in _UNKNOWN_THERE:
            raise
        return _Grant(scopes=None, me=await _me(client))
    if not isinstance(record, dict) or not isinstance(record.get("scopes"), list):
        raise BadReply(f"`{client.base}` does not answer like PostHog (`{_CURRENT_KEY}`)", "check the address")
    return _Grant(
        tuple(map(str, record["scopes"])),
        tuple(record.get("scoped_teams") or ()),
        tuple(map(str, record.get("scoped_organizations") or ())),
        label=str(record.get("label") or "") or None,
        last_used=str(record.get("last_used_at") or "")[:_DAY] or None,
    )


async def _grant_of_token(contact: Contact, client: ApiClient, key: Secret) -> _Grant:
    """From what PostHog tells an access token of itself; where it does not, from the owner's record."""
    try:
        said = await introspect(contact, key)
    except NotFound:
        return _Grant(scopes=None, me=await _me(client))
    if said.get("active") is not True:
        told = f"`{contact.base}` does not accept the access token: it has expired or was revoked"
        raise BadKey(told, "sign in again: `posthog-wizard login --oauth`", status=401)
    teams = tuple(team for team in said.get("scoped_teams") or () if isinstance(team, int))
    scopes = tuple(str(said.get("scope") or "").split())
    return _Grant(scopes, teams, tuple(map(str, said.get("scoped_organizations") or ())), label=said.get("client_name"))


async def _me(client: ApiClient) -> Mapping[str, Json]:
    me = await client.get(_ME)
    if not isinstance(me, dict) or not {"email", "uuid"} & me.keys():
        raise BadReply(f"`{client.base}` does not answer like PostHog (`{_ME}`)", "check the address")
    return me


# ------------------------------------------------------------------ who and where


async def _described(client: ApiClient, grant: _Grant, pin: Pin, seconds: float) -> KeyReport:
    """The valid key with its owner and place, as far as it may see them; what goes wrong here is a note."""
    report = report_of(client.base, "valid")._replace(
        scopes=grant.scopes or (), label=grant.label, last_used=grant.last_used, teams=grant.teams
    )
    pinned = pin != Pin()
    try:
        async with asyncio.timeout(seconds):
            me = grant.me or (await _me(client) if grant.may("user:read") else {})
            report = report._replace(user=me.get("email") or me.get("first_name") or me.get("uuid"))
            organization, project = await _place(client, grant, me, pin)
            home = object_of(me, "organization")
            restricted = organization is not None and home.get("id") == organization.id and reads_only(home)
            return report._replace(organization=organization, project=project, reads_only=restricted)
    except TimeoutError:
        late = f"`{client.base}` accepted the key, but did not say in time whose it is"
        return report._replace(notes=(late,), unreached=Unreachable(late) if pinned else None)
    except ApiError as error:
        lacks_scope = isinstance(error, MissingScope) and error.scope
        subject = f"project `{pin.project}`" if pin.project else "the project of the key"
        told = f"{subject} could not be read: {error.message}"
        return report._replace(notes=(told,), unreached=error if pinned and not lacks_scope else None)


async def _place(
    client: ApiClient, grant: _Grant, me: Mapping[str, Json], pin: Pin
) -> tuple[Named | None, Named | None]:
    """The organization and the project, chosen as PostHog's own MCP server does.

    Raises MissingScope for one that is not among those to which the key is limited.
    """
    for word, wanted, allowed in (
        ("projects", pin.project, tuple(map(str, grant.teams))),
        ("organizations", pin.organization, grant.organizations),
    ):
        if wanted is not None and allowed and wanted not in allowed:
            raise MissingScope(f"the key is not allowed to do this: it is limited to the {word} {', '.join(allowed)}")
    project = await _project(client, grant, me, pin)
    if project is None and pin.organization is None:
        return None, None
    home = str(pin.organization or (project or {}).get("organization") or "") or None
    organization = None if home is None else Named(home, await _organization_name(client, grant, me, home))
    return organization, None if project is None else Named(project["id"], project.get("name"))


async def _project(client: ApiClient, grant: _Grant, me: Mapping[str, Json], pin: Pin) -> Mapping[str, Json] | None:
    team = object_of(me, "team")
    number = pin.project or _default_project(grant, team, pin.organization)
    if number is None:
        return await _first_project(client, grant, pin.organization or next(iter(grant.organizations), None))
    if str(team.get("id")) == str(number):
        return dict(team)
    if grant.may("project:read"):
        return object_with(await client.get(filled("/api/projects/{project_id}/", project_id=number)), "id")
    return {"id": int(number) if str(number).isdecimal() else number}


def _default_project(grant: _Grant, team: Mapping[str, Json], organization: str | None) -> int | None:
    """The project that PostHog's own MCP server works in; `team` is the one that the user has open.

    None: the first project of the organization that the key, or the user, is limited to.
    """
    opened = team.get("id")
    if grant.teams:
        return opened if opened in grant.teams else grant.teams[0]
    allowed = (organization,) if organization else grant.organizations
    return opened if not allowed or str(team.get("organization")) in allowed else None


async def _first_project(client: ApiClient, grant: _Grant, organization: str | None) -> Mapping[str, Json] | None:
    if organization is None or not grant.may("project:read"):
        return None
    path = filled("/api/organizations/{organization_id}/projects/", organization_id=organization)
    page = await client.get(path, params={"limit": 1})
    projects = page.get("results") if isinstance(page, dict) else None
    return {"organization": organization, **object_with(projects[0], "id")} if projects else None


async def _organization_name(client: ApiClient, grant: _Grant, me: Mapping[str, Json], home: str) -> str | None:
    others = me.get("organizations")
    listed = others if isinstance(others, list) else []
    known = [each for each in (object_of(me, "organization"), *listed) if isinstance(each, dict)]
    name = next((each.get("name") for each in known if str(each.get("id")) == home), None)
    if name is None and grant.may("organization:read") and not grant.teams:
        path = filled("/api/organizations/{organization_id}/", organization_id=home)
        name = object_with(await client.get(path), "id").get("name")
    return name


def reads_only(organization: Mapping[str, Json]) -> bool:
    """Whether its admins let MCP servers only read: https://github.com/PostHog/posthog/pull/86299.

    PostHog sees to that for its own server alone; here it is a wish to be respected.
    """
    return organization.get("read_only_mcp_access") is True
