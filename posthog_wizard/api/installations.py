"""The MCP servers that are installed in a PostHog project. To their proxies `mcp bridge` speaks, as clients do.

https://posthog.com/docs/api/mcp-server, and where the real servers differ (the comments below) PostHog's source,
`products/mcp_store/backend`. All calls raise ApiError, its words those of `installation_errors`.

The resource has changed three times within a year: `server_id` became `template_id`, `scope`, `is_owner` and
`tool_count` came. So only the id is demanded, everything else may be missing, and nothing that PostHog sends is lost.
A `proxy_url` on another host than the key's is refused, not rewritten, and a sign-in page that is not https is not shown.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit

from posthog_wizard.api.client import ApiClient, filled
from posthog_wizard.api.installation_errors import explained
from posthog_wizard.api.pagination import all_rows
from posthog_wizard.errors import ApiError, BadReply, NotFound, WrongUsage
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import origin_of
from posthog_wizard.net.jsonrpc import text_of

_AuthType = Literal["api_key", "oauth"]
COLLECTION = "/api/environments/{project_id}/mcp_server_installations/"
_ONE = f"{COLLECTION}{{id}}/"
PROXY_PATH = f"{_ONE}proxy/"
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REDIRECTS = range(300, 400)


class Installation(NamedTuple):
    """An installation. `fields` is all that PostHog sent of it."""

    id: str
    fields: Mapping[str, Json]

    @property
    def name(self) -> str:
        """What people call it; the URL's host where it has no name."""
        named = self._text("name") or self._text("display_name")
        return named or urlsplit(self.url).hostname or self.id

    @property
    def names(self) -> frozenset[str]:
        """All that may be meant by it."""
        return frozenset(filter(None, (self.name, self._text("display_name"))))

    @property
    def url(self) -> str:
        """The server behind it."""
        return self._text("url")

    @property
    def auth_type(self) -> str:
        """`api_key`, `oauth`, or `none` (the first generation); empty where PostHog does not say."""
        return self._text("auth_type")

    @property
    def enabled(self) -> bool:
        """Whether its proxy answers; the first generation could not be switched off."""
        return self.fields.get("is_enabled") is not False

    @property
    def needs_sign_in(self) -> bool:
        """Whether somebody has to sign in, for the first time or again, before its proxy answers."""
        return self.fields.get("needs_reauth") is True or self.fields.get("pending_oauth") is True

    @property
    def shared(self) -> bool:
        """Whether all of the project use it, not its owner alone."""
        return self.fields.get("scope") == "shared"

    @property
    def reference(self) -> dict[str, str]:
        """The parameter by which `authorize` knows it: its server in the older generations, else itself."""
        server = self._text("server_id")
        return {"server_id": server} if server else {"installation_id": self.id}

    def proxy_address(self, base: str, project: str) -> str:
        """Where PostHog speaks for the server. `base` is the PostHog to which the key belongs.

        Without `proxy_url` (the first generation) the documented path. Raises BadReply for another host than `base`:
        the key would be sent there.
        """
        address = self._text("proxy_url") or f"{base}{PROXY_PATH.format(project_id=quote(project), id=quote(self.id))}"
        plain = "@" not in address and " " not in address and address.isprintable()
        if not plain or _origin(address) != _origin(base):
            told = f"`{base}` says that `{self.name}` is reached through `{_origin(address)}`, to which the key does not belong"
            raise BadReply(told, "correct SITE_URL of that PostHog, or pass the address that it names as `--host`")
        return address

    def _text(self, name: str) -> str:
        return text_of(self.fields, name) or ""


def read_installation(document: Json, base: str) -> Installation:
    """The installation that a document of PostHog's tells of. Raises BadReply when it is none."""
    identifier = document.get("id") if isinstance(document, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise BadReply(f"`{base}` does not answer with an MCP server installation", "check the address")
    return Installation(identifier, document)


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
        return origin_of(parts) if parts.hostname else "an invalid address"
    except ValueError:
        return "an invalid address"


class Installations:
    """The installations of one project, as the owner of the client's key sees them. `project`: its, or its environment's, id."""

    def __init__(self, client: ApiClient, project: str) -> None:
        self._client, self.project = client, project

    @property
    def base(self) -> str:
        """The PostHog that is asked."""
        return self._client.base

    async def all(self) -> tuple[Installation, ...]:
        """All pages, newest first."""
        with in_words():
            return tuple(
                [read_installation(row, self.base) async for row in all_rows(self._client, self._path(COLLECTION))]
            )

    async def retrieve(self, identifier: str) -> Installation:
        """One of them. NotFound where there is none, or it is somebody else's."""
        with in_words():
            return read_installation(await self._client.get(self._path(_ONE, id=identifier)), self.base)

    async def find(self, wanted: str) -> Installation:
        """The one of that id or name. NotFound for none, WrongUsage for several of that name."""
        return await self.retrieve(wanted) if _IDENTIFIER.fullmatch(wanted) else _chosen(wanted, await self.all())

    async def update(
        self,
        identifier: str,
        *,
        display_name: str | None = None,
        description: str | None = None,
        is_enabled: bool | None = None,
    ) -> Installation:
        """Change what is given; PostHog takes these three fields."""
        given = {"display_name": display_name, "description": description, "is_enabled": is_enabled}
        fields = {name: value for name, value in given.items() if value is not None}
        with in_words():
            return read_installation(await self._client.patch(self._path(_ONE, id=identifier), json=fields), self.base)

    async def delete(self, identifier: str) -> None:
        """Take it out for good, with what PostHog keeps of its key or sign-in."""
        with in_words():
            await self._client.delete(self._path(_ONE, id=identifier))

    async def install_custom(
        self, name: str, url: str, auth_type: _AuthType, *, api_key: Secret | None = None, description: str = ""
    ) -> Installation | str:
        """Install a server by its URL: the installation (201), or the address at which to sign in (200, oauth)."""
        fields = {"name": name, "url": url, "auth_type": auth_type, "description": description}
        key = {"api_key": api_key.reveal()} if api_key is not None else {}
        with in_words():
            answer = await self._client.post(self._path(f"{COLLECTION}install_custom/"), json={**fields, **key})
            return text_of(answer, "redirect_url") or read_installation(answer, self.base)

    async def authorize(self, installation: Installation) -> str:
        """The address at which to sign in to the server behind it. The redirect is read, never followed."""
        with in_words():
            params = {"install_source": "posthog", **installation.reference}
            reply = await self._client.answer("GET", self._path(f"{COLLECTION}authorize/"), params=params)
            if reply.status in _REDIRECTS:
                target = reply.headers.get("location")
            else:
                target = text_of(self._client.content_of(reply), "redirect_url")
            if not target:
                hint = "try again; if it keeps happening, report it"
                raise BadReply(f"`{self.base}` does not say where to sign in", hint)
            return target

    def _path(self, template: str, **parts: str) -> str:
        return filled(template, project_id=self.project, **parts)


@contextmanager
def in_words() -> Iterator[None]:
    """An ApiError within, in the words of `installation_errors`."""
    try:
        yield
    except ApiError as problem:
        raise explained(problem) from problem.__cause__


def _chosen(wanted: str, among: tuple[Installation, ...]) -> Installation:
    """The one of that id or name. Raises NotFound for none, WrongUsage for several of that name."""
    called = [each for each in among if wanted.casefold() in map(str.casefold, each.names)]
    found = [each for each in among if each.id == wanted] or called
    if len(found) == 1:
        return found[0]
    if found:
        hint = f"name one by its id: {', '.join(each.id for each in found)}"
        raise WrongUsage(f"{len(found)} installations are called `{wanted}`", hint)
    known = ", ".join(f"`{each.name}`" for each in among)
    hint = f"there are {known}" if known else "install one with `posthog-wizard mcp installations add`"
    raise NotFound(f"there is no installation `{wanted}` in this project", hint, status=None)
