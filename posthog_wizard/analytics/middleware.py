"""What happens around one request: arguments taken out, tools of ours answered, lists extended, the outcome recorded.

It is middleware of the MCP SDK's servers (low-level `Server` and `MCPServer`), and of FastMCP. Whatever fails in here is
told to the log, and the request goes on as if nobody watched.

Source: https://py.sdk.modelcontextprotocol.io/v2/servers/middleware/ - the SDK calls this seam provisional within 2.x.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import anyio

from posthog_wizard.analytics.calls import EVENT_TYPES, ObservedCall
from posthog_wizard.analytics.injected_arguments import CONVERSATION, conversation_of, delivered, over_http, possible
from posthog_wizard.analytics.options import NeverRaising, invoke, resolve
from posthog_wizard.analytics.recorder import CURRENT_CALL, Recorder
from posthog_wizard.analytics.requests import McpRequest, read_request
from posthog_wizard.analytics.sessions import derived_session
from posthog_wizard.analytics.virtual_tools import VirtualTools
from posthog_wizard.model import NOTHING

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

    from posthog_wizard.analytics.handle import Analytics

_LIFESPAN_PATIENCE: Final = 0.5  # seconds; where the process ends without a signal, its end has more
_LOOKUP_PATIENCE: Final = 1.0  # seconds that a call waits for what its tool is like
_McpResult = dict[str, Any]
_Proceed = Callable[[Mapping[str, Any] | None], Awaitable[_McpResult]]
_LOST: Final = "an event was lost: "
_Registry = Callable[[str, Any], Any]
"""A tool's name, and the SDK's context -> its definition (a dict of the protocol), an awaitable of one, or None."""


@dataclass(frozen=True)
class AnalyticsMiddleware:
    """Middleware that watches every request; notifications pass. `handle` is what `instrument` gave for the server.

    `registry` is asked about a tool that no list has told of.
    """

    recorder: Recorder
    virtual: VirtualTools
    handle: Analytics
    registry: _Registry | None = None

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle one message."""

        async def proceed(params: Mapping[str, Any] | None) -> _McpResult:
            return as_dict(await call_next(ctx if params is None else replace(ctx, params=params)))

        if ctx.request_id is None:
            return await call_next(ctx)
        asked = None
        with NeverRaising(self.recorder.tell, "a request was not read: "):
            asked = read_request(ctx)
        if asked is None or (asked.headers or NOTHING).get("mcp-method", asked.method) != asked.method:
            return await call_next(ctx)  # the SDK itself lists the tools, to check headers against their schemas
        return await self.around(asked, proceed)

    async def around(self, asked: McpRequest, proceed: _Proceed) -> _McpResult:
        """The result of `proceed`, which is given other parameters when arguments of ours are taken out of them."""
        call = await self._begun(asked)
        if call is None:
            return await proceed(None)
        token = CURRENT_CALL.set(call)
        try:
            if call.virtual is not None:
                result = await call.virtual.answer(call.asked.arguments)
                if call.asked.handshake is not None:  # the era wants it
                    result = {**result, "resultType": "complete"}
            else:
                result = await proceed(call.request.params if call.request is not call.asked else None)
        except BaseException as problem:  # a cancelled request is one too
            self._end(call, failure=problem)
            raise
        finally:
            CURRENT_CALL.reset(token)
        given = result
        with NeverRaising(self.recorder.tell, _LOST):
            given = self._extended(call, result)
        self._end(call, result=result if call.conversation else given)  # the handle is no part of the answer
        return given

    async def _begun(self, asked: McpRequest) -> ObservedCall | None:
        with NeverRaising(self.recorder.tell, "a request was not watched: "):
            kind = EVENT_TYPES.get(asked.method)
            if kind is None and asked.handshake is None:
                return None
            if asked.method == "tools/call":
                await self._learn(asked)
            call = self._call(asked)
            self.recorder.identify(call)
            return call
        return None

    def _call(self, asked: McpRequest) -> ObservedCall:
        clock, client, conversation = self.recorder.clock, self.recorder.sessions.of(asked), None
        known, is_call = self.recorder.tools.of(asked.params.get("name")), asked.method == "tools/call"
        has_handle = is_call and self.recorder.options.enable_conversation_id and possible(asked)
        if has_handle and (known.unlisted or CONVERSATION in known.owned):  # no tool's own argument of that name
            conversation = conversation_of(asked.arguments, clock)
        kept = {name: value for name, value in asked.arguments.items() if name not in known.owned}
        is_stripped = is_call and len(kept) < len(asked.arguments)  # of arguments that are ours
        return ObservedCall(
            asked=asked,
            request=asked._replace(params={**asked.params, "arguments": kept}) if is_stripped else asked,
            kind=EVENT_TYPES.get(asked.method),
            session=derived_session(conversation.identifier) if conversation else client.identifier,
            client=client,
            began=clock.now(),
            seconds=clock.seconds(),
            conversation=conversation,
            virtual=self.virtual.of(asked.params.get("name")) if is_call else None,
        )

    async def _learn(self, asked: McpRequest) -> None:
        tools, name = self.recorder.tools, asked.params.get("name")
        if self.registry is None or not isinstance(name, str) or not tools.of(name).unlisted:
            return
        found = None
        with anyio.move_on_after(_LOOKUP_PATIENCE):
            found = await resolve(invoke(self.registry, name, asked.ctx, tell=self.recorder.tell), self.recorder.tell)
        if found is not None:
            tools.learn(found, conversation=over_http(asked))
            self.virtual.missing_from({name})

    def _extended(self, call: ObservedCall, result: _McpResult) -> _McpResult:
        if call.asked.method == "tools/call":
            known = self.recorder.tools.of(call.asked.params.get("name"))
            return delivered(result, call.conversation, mirrored=known.mirrored) if call.conversation else result
        if call.asked.method != "tools/list" or not isinstance(result.get("tools"), list):
            return result
        tools, conversation = self.recorder.tools, possible(call.asked)
        for tool in result["tools"]:
            tools.learn(tool, conversation=over_http(call.asked), listed=conversation)
        first_page = call.asked.params.get("cursor") is None
        ours = self.virtual.missing_from({tool["name"] for tool in result["tools"]}) if first_page else []
        extended = [tools.extended(tool, conversation=conversation) for tool in result["tools"]]
        return {
            **result,
            "tools": extended + [tools.extended(tool, virtual=True, conversation=conversation) for tool in ours],
        }

    def _end(self, call: ObservedCall, result: _McpResult | None = None, failure: BaseException | None = None) -> None:
        if failure is not None and call.conversation is not None and call.conversation.minted:
            call.conversation = None  # nobody was told of it
        call.milliseconds = round((self.recorder.clock.seconds() - call.seconds) * 1000, 3)
        call.result, call.failure = result, failure
        with NeverRaising(self.recorder.tell, _LOST):
            self.recorder.ended(call)


def as_dict(result: HandlerResult) -> _McpResult:
    """The result as it goes over the wire."""
    if result is None or isinstance(result, dict):
        return result or {}
    return result.model_dump(by_alias=True, mode="json", exclude_none=True)


def middleware_of(server: Any) -> list[Any]:
    """The MCP SDK's list of middleware. FastMCP keeps it in the SDK's server that it wraps. Raises TypeError.

    FastMCP's own list of that name is another one: what goes through it are FastMCP's objects, not the protocol's.
    """
    found = getattr(getattr(server, "_mcp_server", server), "middleware", None)
    if not isinstance(found, list):
        raise TypeError("it takes a server of `mcp` 2.3 or later, or of FastMCP 4 or later")
    return found


def keep_what_tools_raise(server: Any) -> None:
    """Note what a tool of an `MCPServer` or a `FastMCP` raises, which it makes an answer of before middleware sees it."""
    original = getattr(server, "call_tool", None)
    if original is None:
        return

    async def call_tool(*arguments: Any, **named: Any) -> Any:
        try:
            return await original(*arguments, **named)
        except Exception as problem:
            call = CURRENT_CALL.get()
            if call is not None:
                call.raised.append(problem)
            raise

    server.call_tool = call_tool


def flush_at_the_end(server: Any, flush: Callable[[float], Awaitable[None]]) -> None:
    """Have events sent when a server's lifespan ends: uvicorn then ends its processes by a signal, without `atexit`."""
    inner = getattr(server, "_lowlevel_server", getattr(server, "_mcp_server", server))
    before = inner.lifespan

    @asynccontextmanager
    async def lifespan(given: Any) -> AsyncIterator[Any]:
        async with before(given) as state:
            try:
                yield state
            finally:
                with anyio.CancelScope(shield=True):
                    await flush(_LIFESPAN_PATIENCE)

    inner.lifespan = lifespan
