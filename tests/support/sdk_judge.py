"""The same methods within the MCP SDK's own server: the judge of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from mcp import types
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared import exceptions
from mcp.shared.message import ServerMessageMetadata, SessionMessage

from posthog_wizard import __version__
from posthog_wizard.model import Json
from posthog_wizard.net.mcp_eras import MODERN, completion_of
from posthog_wizard.net.stdio import Lines, Output
from posthog_wizard.server.client_lines import ClientMessage, StdioClientSession
from posthog_wizard.server.confirmation import confirming, given_with
from posthog_wizard.server.methods import METHODS, MCPError, Method, MethodCall, instructions
from posthog_wizard.server.service import Service
from posthog_wizard.tokens import compact

_Context = ServerRequestContext[Any, Any]


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
        except exceptions.MCPError as error:
            return error.error.model_dump()
        return said.model_dump(by_alias=True, mode="json", exclude_none=True)

    confirm = confirming(abilities, ask if context.session.can_send_request else given_with(params))
    try:
        result = await row.answer(MethodCall(service, params, report, confirm))
    except MCPError as error:
        raise exceptions.MCPError(error.code, error.message, error.data) from error
    return result if context.protocol_version != MODERN else {**completion_of(context.method), **result}


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
