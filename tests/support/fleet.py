"""Many clients at one watched server at the same time, each with a name of its own, or none: who is in whose events?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Unpack

import httpx
from fastmcp import FastMCP
from mcp.client import Client
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer
from mcp_types import (
    CallToolResult,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListToolsResult,
    Prompt,
    ReadResourceResult,
    Resource,
    TextContent,
    TextResourceContents,
    Tool,
)

from posthog_wizard.analytics import Analytics, Identity, instrument
from posthog_wizard.analytics.options import OptionArguments
from tests.support.watched import Keeping, Kept

ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
MODERN = "2026-07-28"
SCHEMA = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}


logging.getLogger("fastmcp").setLevel(
    logging.CRITICAL
)  # it draws each trace of `tear`, which takes longer than the calls


class Torn(Exception):
    """What the tool `tear` throws."""


@dataclass
class Fleet:
    """A server with two tools: `tell` tells an event of its own, `tear` throws."""

    server: Any
    handles: list[Analytics] = field(default_factory=list)
    kept: Keeping = field(default_factory=Keeping)

    async def tell(self, number: int) -> str:
        """Tell which client calls."""
        await asyncio.sleep(0.001 * (number % 3))
        await self.handles[0].capture("told", {"number": number})
        return str(number)

    async def tear(self, number: int) -> str:
        """Throw."""
        await asyncio.sleep(0.001 * (number % 2))
        raise Torn(number)


def readme() -> str:
    """Be read."""
    return "the body"


def greet() -> str:
    """Greet."""
    return "Greet them."


def mcp_server() -> Fleet:
    """By the SDK's high-level class."""
    server = MCPServer("fleet", version="1")
    fleet = Fleet(server)
    server.add_tool(fleet.tell, structured_output=False)
    server.add_tool(fleet.tear, structured_output=False)
    server.resource("demo://readme")(readme)
    server.prompt()(greet)
    return fleet


def fast_mcp() -> Fleet:
    """By FastMCP."""
    server: FastMCP[Any] = FastMCP("fleet", version="1")
    fleet = Fleet(server)
    server.tool(fleet.tell)
    server.tool(fleet.tear)
    server.resource("demo://readme")(readme)
    server.prompt(greet)
    return fleet


def low_level_server() -> Fleet:
    """By the SDK's low-level class."""

    async def listed(*_: object) -> ListToolsResult:
        tools = {"tell": "Tell which client calls.", "tear": "Throw."}
        return ListToolsResult(
            tools=[Tool(name=name, description=text, input_schema=SCHEMA) for name, text in tools.items()]
        )

    async def called(_: object, params: Any) -> CallToolResult:
        said = await {"tell": fleet.tell, "tear": fleet.tear}[params.name](params.arguments["number"])
        return CallToolResult(content=[TextContent(type="text", text=said)])

    server: Server[Any] = Server(
        "fleet",
        version="1",
        on_list_tools=listed,
        on_call_tool=called,
        on_list_resources=_answering(ListResourcesResult(resources=[Resource(name="readme", uri="demo://readme")])),
        on_read_resource=_answering(
            ReadResourceResult(contents=[TextResourceContents(uri="demo://readme", text="the body")])
        ),
        on_list_prompts=_answering(ListPromptsResult(prompts=[Prompt(name="greet")])),
        on_get_prompt=_answering(GetPromptResult(messages=[])),
    )
    fleet = Fleet(server)
    return fleet


def _answering(result: Any) -> Any:
    async def answered(*_: object) -> Any:
        return result

    return answered


SERVERS: dict[str, Callable[[], Fleet]] = {
    "MCPServer": mcp_server, "FastMCP": fast_mcp, "low-level Server": low_level_server,
}  # fmt: skip


class Transport(NamedTuple):
    """How clients come: `carries` when they send back the session that they were given."""

    stateless: bool = True
    carries: bool = False
    modern: bool = False
    conversations: bool = False
    in_memory: bool = False


TRANSPORTS = {
    "pipes": Transport(in_memory=True),
    "pipes, 2026-07-28": Transport(in_memory=True, modern=True),
    "HTTP with sessions": Transport(stateless=False, carries=True),
    "HTTP without sessions": Transport(),
    "HTTP without sessions, with conversations": Transport(conversations=True),
    "HTTP with tokens": Transport(carries=True),
    "HTTP with tokens, with conversations": Transport(carries=True, conversations=True),
    "HTTP, 2026-07-28": Transport(modern=True),
    "HTTP, 2026-07-28, with conversations": Transport(modern=True, conversations=True),
}
Send = Callable[[str, dict[str, Any]], Awaitable[Any]]


@asynccontextmanager
async def app_of(server: Any, *, stateless: bool) -> AsyncIterator[httpx.ASGITransport]:
    """The server's app in this process, started."""
    make = server.http_app if hasattr(server, "http_app") else server.streamable_http_app
    app = make(stateless_http=stateless)
    async with app.router.lifespan_context(app):
        yield httpx.ASGITransport(app)


@dataclass
class HttpClient:
    """A client that speaks JSON-RPC over HTTP itself, so that it can leave out and forge what it likes."""

    transport: httpx.ASGITransport
    way: Transport
    headers: dict[str, str]
    name: str = "agent"
    answers: list[httpx.Response] = field(default_factory=list)

    async def send(self, method: str, params: dict[str, Any]) -> Any:
        """The answer to a request; None where the era has no such request."""
        if self.way.modern and method == "initialize":
            return None
        meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": self.name, "version": "1"}}  # fmt: skip
        modern = {
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": method,
            "Mcp-Name": str(params.get("name", params.get("uri"))),
        }
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": params | ({"_meta": meta} if self.way.modern else {}),
        }
        async with httpx.AsyncClient(transport=self.transport, base_url="http://127.0.0.1:8000") as client:
            answer = await client.post(
                "/mcp", json=body, headers=ACCEPT | self.headers | (modern if self.way.modern else {})
            )
        self.answers.append(answer)
        if self.way.carries and "mcp-session-id" in answer.headers:
            self.headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
        lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
        return json.loads(lines[-1] if lines else answer.text)


def hello(name: str = "agent") -> dict[str, Any]:
    """What a client says of itself."""
    return {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": name, "version": "1"}}


async def stay(send: Send, number: int) -> None:
    """One client's visit; between its requests all others get their turn."""
    arguments = {"number": number, "context": "See who is there."}
    await send("initialize", hello())
    await send("tools/list", {})
    await send("tools/call", {"name": "tell", "arguments": arguments})
    await send("tools/call", {"name": "tear", "arguments": arguments})
    await send("tools/list", {})


async def tour(send: Send, number: int) -> None:
    """One of everything."""
    await stay(send, number)
    await send("resources/list", {})
    await send("resources/read", {"uri": "demo://readme"})
    await send("prompts/list", {})
    await send("prompts/get", {"name": "greet", "arguments": {}})
    await send("tools/call", {"name": "get_more_tools", "arguments": {"context": "Count."}})


Visit = Callable[[Send, int], Awaitable[None]]


def person(number: int) -> Identity | None:
    """Who uses a client; nobody knows it of every other one."""
    return Identity(f"user-{number}", {"name": f"N{number}"}, {"company": f"c{number}"}) if number % 2 else None


def number_of(request: Any, extra: Any) -> int | None:
    """Which client sends a request: by a header, or by the arguments."""
    said = (extra["headers"] or {}).get("x-client") or request["params"].get("arguments", {}).get("number")
    return None if said is None else int(said)


async def visited(
    fleet: Fleet, way: Transport, clients: int, visit: Visit = stay, **options: Unpack[OptionArguments]
) -> Fleet:
    """Have so many clients visit the server at the same time."""
    options.setdefault("event_properties", lambda request, extra: {"number": number_of(request, extra)})
    options.setdefault("enable_conversation_id", way.conversations)
    fleet.handles.append(instrument(fleet.server, fleet.kept, **options))
    await (_in_memory if way.in_memory else _over_http)(fleet, way, clients, visit)
    await fleet.handles[0].flush(10)
    return fleet


async def _over_http(fleet: Fleet, way: Transport, clients: int, visit: Visit) -> None:
    async with app_of(fleet.server, stateless=way.stateless) as transport:
        all_of_them = [HttpClient(transport, way, {"X-Client": str(number)}) for number in range(clients)]
        await asyncio.gather(*(visit(each.send, number) for number, each in enumerate(all_of_them)))


async def _in_memory(fleet: Fleet, way: Transport, clients: int, visit: Visit) -> None:
    async with AsyncExitStack() as stack:
        server, mode = getattr(fleet.server, "_mcp_server", fleet.server), "auto" if way.modern else "legacy"
        each = [await stack.enter_async_context(Client(server, mode=mode, cache=None)) for _ in range(clients)]
        await asyncio.gather(*(visit(_sending(client), number) for number, client in enumerate(each)))


def _sending(client: Client) -> Send:
    methods: dict[str, Callable[..., Awaitable[Any]]] = {
        "tools/list": client.list_tools,
        "tools/call": client.call_tool,
        "resources/list": client.list_resources,
        "resources/read": client.read_resource,
        "prompts/list": client.list_prompts,
        "prompts/get": client.get_prompt,
    }

    async def send(method: str, params: dict[str, Any]) -> Any:
        with contextlib.suppress(Exception):  # what it is is not asked here
            return await methods[method](**params)

    return send


class Heard(NamedTuple):
    """What came of some requests: the events, each answer's body, the client."""

    kept: Keeping
    answers: list[Any]
    client: HttpClient

    def sessions(self) -> list[str]:
        """The session ids of the events, each once, in their order."""
        return list(dict.fromkeys(event.properties["$session_id"] for event in self.kept.events))


async def asked(
    server: Any, way: Transport, *requests: tuple[str, Any], headers: Any = None, **options: Unpack[OptionArguments]
) -> Heard:
    """Send requests over HTTP, one after the other."""
    kept = Keeping()
    handle = instrument(server, kept, **options)
    async with app_of(server, stateless=way.stateless) as transport:
        client = HttpClient(transport, way, dict(headers or {}))
        answers = [await client.send(method, params) for method, params in requests]
    await handle.flush(10)
    return Heard(kept, answers, client)


def whose(event: Kept) -> Any:
    """Who an event is of, by what is sent as identity."""
    properties = event.properties
    return (
        None if event.distinct_id == properties["$session_id"] else event.distinct_id,
        properties.get("$groups"),
        None if event.event == "$exception" else properties.get("$set"),
        properties.get("$process_person_profile"),
    )


def wanted(event: Kept, number: int | None) -> Any:
    """Who an event of this client must be of."""
    said = None if number is None else person(number)
    if said is None:
        return (None, None, None, False)
    return (said.distinct_id, said.groups, None if event.event == "$exception" else said.properties, None)
