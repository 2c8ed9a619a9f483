"""One MCP server that is installed in a PostHog project. Pure.

The resource has changed three times within a year: `server_id` became `template_id`, `scope`, `is_owner` and
`tool_count` came. So only the id is demanded, everything else may be missing, and nothing that PostHog sends is lost.
https://posthog.com/docs/api/mcp-server

A `proxy_url` on another host than the key's is refused, not rewritten, and a sign-in page that is not https is not
shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit

from posthog_wizard.errors import BadReply, NotFound, WrongUsage
from posthog_wizard.model import Json
from posthog_wizard.net.addresses import origin_of
from posthog_wizard.net.jsonrpc import text_of

AuthType = Literal["api_key", "oauth"]
COLLECTION = "/api/environments/{project_id}/mcp_server_installations/"
ONE = f"{COLLECTION}{{id}}/"
PROXY_PATH = f"{ONE}proxy/"


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
        if not _is_at(base, address):
            raise BadReply(
                f"`{base}` says that `{self.name}` is reached through `{_origin(address)}`, to which the key does not belong",
                "correct SITE_URL of that PostHog, or pass the address that it names as `--host`",
            )
        return address

    def _text(self, name: str) -> str:
        return text_of(self.fields, name) or ""


def read_installation(document: Json, base: str) -> Installation:
    """The installation that a document of PostHog's tells of. Raises BadReply when it is none."""
    identifier = document.get("id") if isinstance(document, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise BadReply(f"`{base}` does not answer with an MCP server installation", "check the address")
    return Installation(identifier, document)


def _is_at(base: str, address: str) -> bool:
    plain = "@" not in address and " " not in address and address.isprintable()
    return plain and _origin(address) == _origin(base)


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
        return origin_of(parts) if parts.hostname else "an invalid address"
    except ValueError:
        return "an invalid address"


def chosen(wanted: str, among: tuple[Installation, ...]) -> Installation:
    """The one of that id or name. Raises NotFound for none, WrongUsage for several of that name."""
    found = [each for each in among if each.id == wanted] or [each for each in among if _is_called(each, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUsage(
            f"{len(found)} installations are called `{wanted}`",
            f"name one by its id: {', '.join(each.id for each in found)}",
        )
    known = ", ".join(f"`{each.name}`" for each in among)
    raise NotFound(
        f"there is no installation `{wanted}` in this project",
        f"there are {known}" if known else "install one with `posthog-wizard mcp installations add`",
        status=None,
    )


def _is_called(installation: Installation, wanted: str) -> bool:
    return wanted.casefold() in {name.casefold() for name in installation.names}
