"""The same methods within the MCP SDK's own server, which analytics watch. Loaded with `--analytics-key` alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
from mcp import types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata, SessionMessage

from posthog_wizard import __version__
from posthog_wizard.analytics import Analytics, instrument
from posthog_wizard.analytics.sdk_client import LazyClient, new_client
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.mcp_eras import MODERN, completion_of
from posthog_wizard.net.stdio import Lines, Output
from posthog_wizard.server.client_lines import ClientMessage, StdioClientSession
from posthog_wizard.server.confirmation import confirming, given_with
from posthog_wizard.server.methods import METHODS, Method, MethodCall, ProtocolError, instructions
from posthog_wizard.server.service import BY_NAME, Service
from posthog_wizard.tokens import compact
from posthog_wizard.tools.listing import definition

_Context = ServerRequestContext[Any, Any]
_PATIENCE = 10.0  # seconds for PostHog to say in which region the key is
_PARTING = 1.0  # seconds at the end; this process then leaves without a goodbye to anybody
_QUIET = 0.06  # seconds without a call under way, after which none is on its way any more
_LOOK = 0.02  # seconds between two looks at that


def sdk_server(service: Service) -> Server[Any]:
    """An MCP server that answers from the service, in both eras of the protocol."""
    server = Server[Any]("posthog", version=__version__, title="PostHog", instructions=instructions(service))
    for name, row in METHODS.items():
        server.add_request_handler(name, types.RequestParams, partial(_answered, service, row))
    return server


async def _answered(service: Service, row: Method, context: _Context, _params: types.RequestParams) -> HandlerResult:
    params: Mapping[str, Any] = context.params or {}
    known = context.session.client_capabilities
    abilities = known.model_dump(by_alias=True, mode="json", exclude_none=True) if known else {}

    async def report(progress: float, message: str) -> None:
        await context.session.report_progress(progress, message=message)

    async def ask(form: dict[str, Json]) -> Json:
        try:
            said = await context.session.elicit_form(form["message"], form["requestedSchema"], context.request_id)
        except MCPError as error:
            return error.error.model_dump()
        return said.model_dump(by_alias=True, mode="json", exclude_none=True)

    confirm = confirming(abilities, ask if context.session.can_send_request else given_with(params))
    try:
        result = await row.answer(MethodCall(service, params, report, confirm))
    except ProtocolError as error:
        raise MCPError(error.code, error.message, error.data) from error
    return result if context.protocol_version != MODERN else {**completion_of(context.method), **result}


@dataclass
class _InFlight:
    """How many requests are being answered. A middleware of the SDK's server."""

    count: int = field(default=0)

    async def __call__(self, ctx: _Context, call_next: CallNext) -> HandlerResult:
        """Count a message for as long as it is worked on."""
        self.count += 1
        try:
            return await call_next(ctx)
        finally:
            self.count -= 1

    async def idle(self) -> None:
        """Return when nothing was under way for a moment."""
        quiet = 0.0
        while quiet < _QUIET:
            await asyncio.sleep(_LOOK)
            quiet = 0.0 if self.count else quiet + _LOOK


def _reported(server: Server[Any], service: Service, key: Secret) -> Analytics:
    """Report the server's calls to the project of a key (phc_) in the PostHog that the server answers from.

    Answers are left out: they are made of the project's data, of persons for one.
    """
    loop = asyncio.get_running_loop()
    access = service.workspace.access

    def base() -> str:
        if access.host is not None:
            return access.host
        told = asyncio.run_coroutine_threadsafe(service.workspace.report(), loop).result(_PATIENCE)
        return str(told.host)

    return instrument(
        server,
        LazyClient(lambda: new_client(key.reveal(), base(), access.ca_file)),
        capture_model=False,
        enable_conversation_id=False,
        capture_responses=False,
        resolve_original_tool=lambda name: definition(BY_NAME[name]) if name in BY_NAME else None,
    )


async def run_reporting(service: Service, key: Secret, lines: Lines, output: Output, farewell: float) -> None:
    """Serve until the lines end, and report the calls to the project of the key (phc_)."""
    server, under_way = sdk_server(service), _InFlight()
    server.middleware = [under_way]
    analytics = _reported(server, service, key)

    async def before_end() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(farewell):
                await under_way.idle()

    try:
        async with session_streams(lines, output, before_end) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    except* (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # it was told to end, and the SDK's own streams close under its feet
    finally:
        await analytics.flush(_PARTING)


@asynccontextmanager
async def session_streams(
    lines: Lines, output: Output, before_end: Callable[[], Awaitable[None]]
) -> AsyncIterator[tuple[Any, Any]]:
    """The two streams that the SDK's server reads and writes, in the place of its `stdio_server`.

    That one passes what it cannot parse to a server that drops it, so that a client waits for ever. `before_end` is
    awaited when the client has said all, before the server learns of it.
    """
    to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    session = StdioClientSession(lambda content: output.put(compact(content).encode()))

    async def read() -> None:
        async with to_server:
            while (line := await lines.next()) is not None:
                for message in session.take(line):
                    await to_server.send(_session_message(message))
            await before_end()
            await output.keep_up(0)

    async def write() -> None:
        async with from_server:
            async for message in from_server:
                session.give(message.message.model_dump(by_alias=True, exclude_unset=True))
                await output.keep_up()
            await output.keep_up(0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(write)
        yield incoming, outgoing


def _session_message(message: ClientMessage) -> SessionMessage:
    async def unanswered() -> None:
        message.unanswered()

    return SessionMessage(session_message_of(message.content), ServerMessageMetadata(on_request_unanswered=unanswered))


def session_message_of(content: dict[str, Json]) -> types.JSONRPCMessage:
    """What `read_line` let pass, as the SDK has it. The SDK would take a request that also has an `error` for an answer."""
    if "method" in content:
        return (types.JSONRPCRequest if "id" in content else types.JSONRPCNotification).model_validate(content)
    return (types.JSONRPCError if "error" in content else types.JSONRPCResponse).model_validate(content)
