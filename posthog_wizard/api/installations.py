"""The MCP servers that are installed in a PostHog project: every call of that part of PostHog's API.

https://posthog.com/docs/api/mcp-server, and where the real servers differ (the comments below) PostHog's source,
`products/mcp_store/backend`. All calls raise ApiError, its words those of `installation_errors`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

from posthog_wizard.api.client import ApiClient, filled
from posthog_wizard.api.installation import (
    COLLECTION,
    ONE,
    PROXY_PATH,
    AuthType,
    Installation,
    chosen,
    read_installation,
)
from posthog_wizard.api.installation_errors import explained
from posthog_wizard.api.pagination import all_rows
from posthog_wizard.api.replies import GOOD, SERVER_FAULTS, ApiReply
from posthog_wizard.errors import ApiError, BadReply, Rejected, ServerFault
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.jsonrpc import text_of
from posthog_wizard.net.sse import EventReader
from posthog_wizard.net.strict_json import decode

_CUSTOM = f"{COLLECTION}install_custom/"
_AUTHORIZE = f"{COLLECTION}authorize/"
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_POST = 405
_REDIRECTS = range(300, 400)
_PROXY_TIMEOUT = 180.0  # seconds that PostHog waits for the server behind it
_MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


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
        return tuple([each async for each in self._rows()])

    async def retrieve(self, identifier: str) -> Installation:
        """One of them. NotFound where there is none, or it is somebody else's."""
        with _in_words():
            return self._read(await self._client.get(self._path(ONE, id=identifier)))

    async def find(self, wanted: str) -> Installation:
        """The one of that id or name. NotFound for none, WrongUsage for several of that name."""
        return await self.retrieve(wanted) if _IDENTIFIER.fullmatch(wanted) else chosen(wanted, await self.all())

    async def create(self, fields: Mapping[str, Json]) -> Installation:
        """POST the collection, which is documented, but which today's servers refuse with 405: use `install_custom`."""
        with _in_words():
            reply = await self._client.answer("POST", self._path(COLLECTION), json=dict(fields))
            if reply.status == _NO_POST:
                raise Rejected(
                    f"`{self.base}` does not take new installations this way (status 405)",
                    "install a server by its URL: `posthog-wizard mcp installations add`",
                    status=_NO_POST,
                    request_id=reply.request_id,
                )
            return self._read(self._client.content_of(reply))

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
        with _in_words():
            return self._read(await self._client.patch(self._path(ONE, id=identifier), json=fields))

    async def delete(self, identifier: str) -> None:
        """Take it out for good, with what PostHog keeps of its key or sign-in."""
        with _in_words():
            await self._client.delete(self._path(ONE, id=identifier))

    async def install_custom(
        self, name: str, url: str, auth_type: AuthType, *, api_key: Secret | None = None, description: str = ""
    ) -> Installation | str:
        """Install a server by its URL: the installation (201), or the address at which to sign in (200, oauth)."""
        fields = {"name": name, "url": url, "auth_type": auth_type, "description": description}
        key = {"api_key": api_key.reveal()} if api_key is not None else {}
        with _in_words():
            answer = await self._client.post(self._path(_CUSTOM), json={**fields, **key})
            return text_of(answer, "redirect_url") or self._read(answer)

    async def authorize(self, installation: Installation) -> str:
        """The address at which to sign in to the server behind it. The redirect is read, never followed."""
        with _in_words():
            reply = await self._client.answer(
                "GET",
                self._path(_AUTHORIZE),
                params={"install_source": "posthog", **installation.reference},
            )
            if reply.status in _REDIRECTS:
                target = reply.headers.get("location")
            else:
                target = text_of(self._client.content_of(reply), "redirect_url")
            if not target:
                raise BadReply(
                    f"`{self.base}` does not say where to sign in", "try again; if it keeps happening, report it"
                )
            return target

    async def proxy(self, identifier: str, message: Json) -> Json:
        """Send one JSON-RPC message to the server behind it and give its answer; None where a message has none.

        1 MB at most. The proxy says no with `{"error": "..."}`, unlike the rest of the API. What PostHog's policy forbids comes as a JSON-RPC error (-32001, -32002, -32000, -32601).
        """
        with _in_words():
            reply = await self._client.answer(
                "POST",
                self._path(PROXY_PATH, id=identifier),
                json=message,
                headers=_MCP_HEADERS,
                read_timeout=_PROXY_TIMEOUT,
            )
            if reply.status not in GOOD and (refusal := text_of(reply.fields, "error")) is not None:
                told = f"`{self.base}` does not pass it on: {self._client.scrubbed(refusal)}"
                kind = ServerFault if reply.status in SERVER_FAULTS else Rejected
                raise kind(told, status=reply.status, request_id=reply.request_id)
            if reply.status in GOOD and "text/event-stream" in reply.headers.get("content-type", ""):
                return event(reply)
            return self._client.content_of(reply)

    async def _rows(self) -> AsyncIterator[Installation]:
        with _in_words():
            async for row in all_rows(self._client, self._path(COLLECTION)):
                yield self._read(row)

    def _path(self, template: str, **parts: str) -> str:
        return filled(template, project_id=self.project, **parts)

    def _read(self, document: Json) -> Installation:
        return read_installation(document, self.base)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except ApiError as problem:
        raise explained(problem) from problem.__cause__


def event(reply: ApiReply) -> Json:
    """The last message of a stream, which is the answer. Raises BadReply where there is none."""
    whole = reply.body.decode("utf-8", "replace").encode() + b"\n\n"
    messages = [one.data for one in EventReader(len(whole)).feed(whole) if one.data]
    try:
        return decode(messages[-1])
    except (IndexError, ValueError) as error:
        raise BadReply(f"`{reply.base}` broke off in the middle of its answer", "try again") from error
