"""The calls of the installations' API that only other clients make: the documented POST, and a message through the proxy."""

from __future__ import annotations

from collections.abc import Mapping

from posthog_wizard.api.installations import (
    COLLECTION,
    PROXY_PATH,
    Installation,
    Installations,
    in_words,
    read_installation,
)
from posthog_wizard.api.replies import GOOD, SERVER_FAULTS, ApiReply
from posthog_wizard.errors import BadReply, Rejected, ServerFault
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import text_of
from posthog_wizard.net.sse import EventReader
from posthog_wizard.net.strict_json import decode

_NO_POST = 405
_PROXY_TIMEOUT = 180.0  # seconds that PostHog waits for the server behind it
_MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


class AllCalls(Installations):
    """Those of the product, and these."""

    async def create(self, fields: Mapping[str, Json]) -> Installation:
        """POST the collection, which is documented, but which today's servers refuse with 405: use `install_custom`."""
        with in_words():
            reply = await self._client.answer("POST", self._path(COLLECTION), json=dict(fields))
            if reply.status == _NO_POST:
                told = f"`{self.base}` does not take new installations this way (status 405)"
                hint = "install a server by its URL: `posthog-wizard mcp installations add`"
                raise Rejected(told, hint, status=_NO_POST, request_id=reply.request_id)
            return read_installation(self._client.content_of(reply), self.base)

    async def proxy(self, identifier: str, message: Json) -> Json:
        """Send one JSON-RPC message to the server behind it and give its answer; None where a message has none.

        1 MB at most. The proxy says no with `{"error": "..."}`, unlike the rest of the API. What PostHog's policy forbids comes as a JSON-RPC error (-32001, -32002, -32000, -32601).
        """
        with in_words():
            path = self._path(PROXY_PATH, id=identifier)
            reply = await self._client.answer(
                "POST", path, json=message, headers=_MCP_HEADERS, read_timeout=_PROXY_TIMEOUT
            )
            if reply.status not in GOOD and (refusal := text_of(reply.fields, "error")) is not None:
                told = f"`{self.base}` does not pass it on: {refusal}"
                kind = ServerFault if reply.status in SERVER_FAULTS else Rejected
                raise kind(told, status=reply.status, request_id=reply.request_id)
            if reply.status in GOOD and "text/event-stream" in reply.headers.get("content-type", ""):
                return event(reply)
            return self._client.content_of(reply)


def event(reply: ApiReply) -> Json:
    """The last message of a stream, which is the answer. Raises BadReply where there is none."""
    whole = reply.body.decode("utf-8", "replace").encode() + b"\n\n"
    messages = [one.data for one in EventReader(len(whole)).feed(whole) if one.data]
    try:
        return decode(messages[-1])
    except (IndexError, ValueError) as error:
        raise BadReply(f"`{reply.base}` broke off in the middle of its answer", "try again") from error
