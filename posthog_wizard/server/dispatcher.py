"""A connection in both eras of MCP: every request is a task that answers, unless the client cancels it. No SDK.

The SDK's own server is a process of 64 MB and half a second of CPU before its first answer, once for every client; it
judges what is said here (`tests/server/test_judged.py`). The client's first request decides the era for good: one with
the envelope of 2026-07-28 opens a connection without handshake, any other one with it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from itertools import count

from posthog_wizard.model import NOTHING, Json
from posthog_wizard.net import jsonrpc, mcp_eras
from posthog_wizard.net.jsonrpc import error_response, object_of, text_of
from posthog_wizard.net.mcp_eras import ABILITIES_FIELD, MODERN, VERSION_FIELD
from posthog_wizard.server import methods
from posthog_wizard.server.client_lines import ClientMessage
from posthog_wizard.server.confirmation import confirming, given_with
from posthog_wizard.server.methods import METHODS, MCPError, MethodCall, fits, invalid_params
from posthog_wizard.server.service import Service
from posthog_wizard.tools.call import ProgressReport, no_progress

log = logging.getLogger("posthog_wizard.server")
_WRONG_ERA = "this connection serves the handshake protocol era; requests carrying the 2026-07-28 envelope are not accepted on it"
_NO_HANDSHAKE = "connection is serving the 2026-07-28 protocol; the initialize handshake is not accepted"
_NO_ENVELOPE = (
    f"params._meta must be an object carrying the required '{VERSION_FIELD}' and '{ABILITIES_FIELD}' envelope keys"
)


Proceed = Callable[[dict[str, Json]], Awaitable[dict[str, Json]]]
Watch = Callable[["Dispatcher", dict[str, Json], Proceed], Awaitable[dict[str, Json]]]
"""Stands around a request: it is given what answers it, and gives the result. What is wrong with it is raised through."""


class Dispatcher:
    """One client. `send` writes a message to it, and returns when it may have more. `hello` is its `initialize`, answered."""

    def __init__(self, service: Service, send: Callable[[Json], Awaitable[None]], watch: Watch | None = None) -> None:
        self._service, self._send, self._watch = service, send, watch
        self.hello: Mapping[str, Json] = NOTHING
        self._modern: bool | None = None  # None until the first request
        self._open = False  # for a client that says `initialize`
        self._tasks: dict[asyncio.Task[None], Json] = {}  # what is worked on, and the request's id
        self._questions: dict[str, asyncio.Future[Json]] = {}  # ours to the client, by their ids
        self._numbers = count(1)

    def take(self, message: ClientMessage) -> None:
        """Begin with a message of the client."""
        content = message.content
        if "method" not in content:
            asked = self._questions.get(text_of(content, "id") or "")
            if asked is not None and not asked.done():
                asked.set_result(content.get("result") or content.get("error") or {})
        elif "id" in content:
            self._begin(message)
        elif content["method"] == "notifications/cancelled":
            self._cancel(object_of(content, "params").get("requestId"))
        elif content["method"] == "notifications/initialized":
            self._open = True

    async def idle(self) -> None:
        """Return when no request is worked on."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Answer what is still worked on with the end of the connection, and return when who watches it knows."""
        error = {"code": jsonrpc.CONNECTION_CLOSED, "message": "Connection closed"}
        ending, self._tasks = self._tasks, {}
        for request_id in [request_id for task, request_id in ending.items() if task.cancel()]:
            await self._send(error_response(request_id, error))
        if ending:
            await asyncio.wait(ending)

    def _begin(self, message: ClientMessage) -> None:
        content = message.content
        if self._modern is None:
            self._modern = content["method"] != "initialize" and VERSION_FIELD in _meta_of(content)
        task = asyncio.get_running_loop().create_task(self._answer(content))
        self._tasks[task] = content["id"]

        def over(task: asyncio.Task[None]) -> None:
            if self._tasks.pop(task, None) is not None and task.cancelled():
                message.unanswered()

        task.add_done_callback(over)

    async def _answer(self, content: dict[str, Json]) -> None:
        request_id = content["id"]
        try:
            answer = {"jsonrpc": "2.0", "id": request_id, "result": await self._watched(content)}
        except MCPError as error:
            answer = error_response(request_id, error.error)
        except Exception:
            log.exception("a bug in `%s`", content["method"])
            answer = error_response(request_id, {"code": jsonrpc.INTERNAL_ERROR, "message": "Internal server error"})
        self._tasks.pop(asyncio.current_task(), None)  # type: ignore[arg-type] # from here on it cannot be cancelled
        await self._send(answer)

    def _cancel(self, request_id: Json) -> None:
        """The newest request of that id, however it is spelled. It has begun by then: a handshake is answered."""
        found = [task for task, known in self._tasks.items() if str(known) == str(request_id)]
        if found and type(request_id) in {str, int}:
            asyncio.get_running_loop().call_soon(found[-1].cancel)

    # ------------------------------------------------------------------ results

    async def _watched(self, content: dict[str, Json]) -> dict[str, Json]:
        self._check_era(content)
        return await (self._watch(self, content, self._result) if self._watch else self._result(content))

    def _check_era(self, content: dict[str, Json]) -> None:
        """Raise MCPError for a request of the other era, which is none on this connection: nobody watches it."""
        params = content.get("params") or {}
        if not self._modern:
            if content["method"] != "initialize" and VERSION_FIELD in _meta_of(content):
                raise MCPError(jsonrpc.INVALID_REQUEST, _WRONG_ERA)
        elif content["method"] == "initialize":
            raise MCPError(jsonrpc.UNSUPPORTED_VERSION, _NO_HANDSHAKE, _supported(params.get("protocolVersion")))
        else:
            _check_envelope(params)

    async def _result(self, content: dict[str, Json]) -> dict[str, Json]:
        method, params = content["method"], content.get("params") or {}
        if self._modern:
            return await self._modern_result(content, method, params)
        if method == "initialize":
            return self._initialize(params)
        row = METHODS.get(method)
        if row is None and method != "ping":
            raise MCPError(jsonrpc.METHOD_NOT_FOUND, "Method not found", method)
        if not fits(params, methods.META) or not (row is None or (self._open and fits(params, row.shape))):
            raise invalid_params()
        if row is None:
            return {}
        confirm = confirming(self.hello.get("capabilities", {}), self._ask)
        return await row.answer(MethodCall(self._service, params, self._reporting(content), confirm))

    def _initialize(self, params: Mapping[str, Json]) -> dict[str, Json]:
        if not fits(params, {**methods.META, **methods.INITIALIZE}):
            raise invalid_params()
        asked = params["protocolVersion"]
        version = asked if asked in mcp_eras.HANDSHAKE_VERSIONS else mcp_eras.LEGACY
        self._open, self.hello = True, {**params, "protocolVersion": version}
        return {"protocolVersion": version, "serverInfo": methods.SERVER_INFO, **self._itself()}

    async def _modern_result(self, content: dict[str, Json], method: str, params: dict[str, Json]) -> dict[str, Json]:
        row = METHODS.get(method)
        if row is None and method != "server/discover":
            raise MCPError(jsonrpc.METHOD_NOT_FOUND, "Method not found", method)
        if not fits(params, {**methods.META, **(row.shape if row else {})}) or not fits(params, methods.ENVELOPE):
            raise invalid_params()
        abilities, report = _meta_of(content)[ABILITIES_FIELD], self._reporting(content)
        call = MethodCall(self._service, params, report, confirming(abilities, given_with(params)))
        result = {"supportedVersions": [MODERN], **self._itself()} if row is None else await row.answer(call)
        return {**mcp_eras.completion_of(method), **result, "_meta": {mcp_eras.SERVER_FIELD: methods.SERVER_INFO}}

    def _itself(self) -> dict[str, Json]:
        return {"capabilities": methods.CAPABILITIES, "instructions": methods.instructions(self._service)}

    # ------------------------------------------------------------------ to the client

    def _reporting(self, content: dict[str, Json]) -> ProgressReport:
        token, task = _meta_of(content).get("progressToken"), asyncio.current_task()
        if token is None:
            return no_progress

        async def report(progress: float, message: str) -> None:
            if task in self._tasks:
                told = {"progressToken": token, "progress": progress, "message": message}
                await self._send({"jsonrpc": "2.0", "method": "notifications/progress", "params": told})

        return report

    async def _ask(self, question: dict[str, Json]) -> Json:
        """The client's result for `elicitation/create`, or its error."""
        number = f"posthog-{next(self._numbers)}"
        answer = self._questions[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send({"jsonrpc": "2.0", "id": number, "method": "elicitation/create", "params": question})
            return await answer
        except asyncio.CancelledError:  # with the call: nobody needs to answer any more
            await self._send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}})
            raise
        finally:
            del self._questions[number]


def _meta_of(content: dict[str, Json]) -> dict[str, Json]:
    return object_of(content.get("params"), "_meta")


def _supported(asked: Json) -> dict[str, Json]:
    return {"supported": [MODERN]} | ({"requested": asked} if isinstance(asked, str) else {})


def _check_envelope(params: dict[str, Json]) -> None:
    """What every request must bring since 2026-07-28. Raises MCPError."""
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        raise MCPError(jsonrpc.INVALID_PARAMS, _NO_ENVELOPE)
    if missing := [name for name in (VERSION_FIELD, ABILITIES_FIELD) if name not in meta]:
        raise MCPError(
            jsonrpc.INVALID_PARAMS, f"params._meta is missing the required envelope key(s): {', '.join(missing)}"
        )
    version = meta[VERSION_FIELD]
    if not isinstance(version, str):
        raise MCPError(jsonrpc.INVALID_PARAMS, "the protocol-version envelope value must be a string")
    if version != MODERN:
        raise MCPError(jsonrpc.UNSUPPORTED_VERSION, "Unsupported protocol version", _supported(version))
