"""Over HTTP: sessions of the transport, conversation handles where there are none, and what headers tell."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Unpack
from uuid import UUID

import httpx
import pytest
from mcp.server.lowlevel import Server
from mcp_types import CallToolResult, TextContent

from posthog_wizard.analytics import instrument
from posthog_wizard.analytics.middleware import middleware_of
from posthog_wizard.analytics.options import OptionArguments
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import derived_session
from tests.support.analytics_server import demo
from tests.support.over_http import over_http
from tests.support.watched import Keeping, low_level

HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "User-Agent": "agent/1.0 (cli)",
    "X-Anthropic-Client": "desktop",
}
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
ECHOED = "0190f0e8-7a6b-7c3d-9e4f-5a6b7c8d9e0f"


def talk(
    *requests: tuple[str, Any], stateless: bool, server: Any = None, **options: Unpack[OptionArguments]
) -> tuple[Keeping, list[Any], list[str]]:
    """Send requests one after the other; gives the events, the results, and the transport's session ids."""
    shown, handles = demo()
    kept, results, sessions = Keeping(), list[Any](), list[str]()
    handles.append(instrument(server or shown, kept, **options))
    with (
        over_http(server or shown, stateless=stateless) as url,
        httpx.Client(headers=HEADERS, trust_env=False) as client,
    ):
        for number, (method, params) in enumerate(requests):
            body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            answer = client.post(url, json=body)
            client.headers.update({name: answer.headers[name] for name in ["mcp-session-id"] if name in answer.headers})
            sessions.append(client.headers.get("mcp-session-id", ""))
            data = [line for line in answer.text.splitlines() if line.startswith("data: {")]
            results.append(json.loads(data[-1].removeprefix("data: "))["result"])
    asyncio.run(handles[0].flush())
    return kept, results, sessions


def call(**arguments: Any) -> tuple[str, Any]:
    """A call of the tool `add`."""
    return "tools/call", {"name": "add", "arguments": {"a": 1, "b": 2, **arguments}}


def test_a_session_of_the_transport_is_the_events_session_from_the_first_one_on() -> None:
    kept, results, sessions = talk(("initialize", HELLO), ("tools/list", {}), call(), stateless=False)
    assert sessions[0]
    assert {event.properties["$session_id"] for event in kept.events} == {derived_session(sessions[0])}
    assert len(kept.events) == 3
    assert "conversation_id" not in str(results)


def test_headers_tell_of_the_client() -> None:
    kept, _, _ = talk(("initialize", HELLO), call(), stateless=False)
    properties = kept.properties("$mcp_tool_call")
    assert properties["$mcp_client_user_agent"] == "agent/1.0 (cli)"
    assert properties["$mcp_vendor_client"] == "desktop"
    assert properties["$mcp_client_name"] == "t"


def test_callbacks_get_headers_and_the_transport_s_session() -> None:
    def told(_: Any, extra: Any) -> dict[str, Any]:
        return {"agent": extra["headers"]["user-agent"], "transport": extra["session_id"], "ctx": extra["ctx"].method}

    kept, _, sessions = talk(("initialize", HELLO), call(), stateless=False, event_properties=told)
    properties = kept.properties("$mcp_tool_call")
    assert properties["agent"] == "agent/1.0 (cli)"
    assert properties["transport"] == sessions[0]
    assert properties["ctx"] == "tools/call"


def test_without_sessions_a_handle_is_told_and_makes_the_session() -> None:
    kept, results, _ = talk(("tools/list", {}), call(), stateless=True)
    properties = kept.properties("$mcp_tool_call")
    handle = json.loads(results[1]["content"][-1]["text"])["conversation_id"]
    assert UUID(handle).version == 7
    assert properties["$mcp_conversation_id"] == handle
    assert properties["$session_id"] == derived_session(handle)
    assert "conversation_id" in results[0]["tools"][0]["inputSchema"]["properties"]
    assert "conversation_id" not in results[0]["tools"][0]["inputSchema"].get("required", [])


@pytest.mark.parametrize("echoed", [ECHOED, ECHOED.upper(), f" {ECHOED} "])
def test_a_handle_that_comes_back_is_the_same_session(echoed: str) -> None:
    kept, results, _ = talk(("tools/list", {}), call(conversation_id=echoed), stateless=True)
    properties = kept.properties("$mcp_tool_call")
    assert properties["$mcp_conversation_id"] == ECHOED
    assert properties["$session_id"] == "ses_6df45f0102a182bcd5e8dd5dad6c65a0"
    assert len(results[1]["content"]) == 1
    assert "conversation_id" not in properties["$mcp_parameters"]["request"]["params"]["arguments"]


@pytest.mark.parametrize("echoed", ["conv-1", "", 5, "0190f0e8-7a6b-4c3d-9e4f-5a6b7c8d9e0f"])
def test_a_handle_that_is_none_of_ours_is_not_taken(echoed: Any) -> None:
    kept, results, _ = talk(("tools/list", {}), call(conversation_id=echoed), stateless=True)
    assert kept.properties("$mcp_tool_call")["$mcp_conversation_id"] != echoed
    assert len(results[1]["content"]) == 2


def test_a_failed_call_tells_the_handle_too() -> None:
    kept, results, _ = talk(("tools/list", {}), ("tools/call", {"name": "fails", "arguments": {}}), stateless=True)
    assert "conversation_id" in results[1]["content"][-1]["text"]
    assert kept.properties("$mcp_tool_call")["$mcp_error_message"] == "no such thing"
    assert kept.properties("$mcp_tool_call")["$mcp_conversation_id"]


def test_handles_may_be_unwanted() -> None:
    kept, results, _ = talk(("tools/list", {}), call(), stateless=True, enable_conversation_id=False)
    assert "conversation_id" not in str(results)
    assert "$mcp_conversation_id" not in kept.properties("$mcp_tool_call")


# ------------------------------------------------------------------ tools with an output schema

COUNTED: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}


def counting(output: dict[str, Any], given: dict[str, Any]) -> Server[Any]:
    """A low-level server with a tool that answers with structured content."""
    result = CallToolResult(content=[TextContent(type="text", text="1")], structured_content=given)
    return low_level({"name": "count", "outputSchema": output}, lambda _: result)


COUNT = ("tools/call", {"name": "count", "arguments": {"conversation_id": ECHOED}})
MINTING = ("tools/call", {"name": "count", "arguments": {}})


@pytest.mark.parametrize(
    ("requests", "output", "given", "extra"),
    [
        ([("tools/list", {}), COUNT], COUNTED, {"n": 1}, {"_mcp_instructions": {"conversation_id": ECHOED}}),
        ([COUNT], COUNTED, {"n": 1}, {}),
        ([("tools/list", {}), COUNT], {**COUNTED, "anyOf": [{}]}, {"n": 1}, {}),
        ([("tools/list", {}), COUNT], {"type": "object", "properties": {"_mcp_instructions": {}}},
         {"_mcp_instructions": 1}, {}),
        ([("tools/list", {}), COUNT], {"type": "object"}, {"_mcp_instructions": 1}, {}),
    ],
)  # fmt: skip
def test_a_handle_is_told_in_structured_content_where_a_list_allowed_it(
    requests: list[Any], output: dict[str, Any], given: dict[str, Any], extra: dict[str, Any]
) -> None:
    kept, results, _ = talk(*requests, stateless=True, server=counting(output, given))
    assert results[-1]["structuredContent"] == {**given, **extra}
    assert kept.properties("$mcp_tool_call")["$mcp_response"]["structuredContent"] == given


def test_an_output_schema_allows_the_handle_and_does_not_require_it() -> None:
    _, results, _ = talk(("tools/list", {}), MINTING, stateless=True, server=counting(COUNTED, {"n": 1}))
    schema = results[0]["tools"][0]["outputSchema"]
    handle = json.loads(results[1]["content"][-1]["text"])
    assert list(schema["properties"]) == ["n", "_mcp_instructions"]
    assert "required" not in schema
    assert results[1]["structuredContent"] == {"n": 1, "_mcp_instructions": handle}


@pytest.mark.parametrize(("stateless", "options"), [(False, {}), (True, {"enable_conversation_id": False})])
def test_without_handles_an_output_schema_stays_as_it_is(stateless: bool, options: Any) -> None:
    first = [] if stateless else [("initialize", HELLO)]
    server = counting(COUNTED, {"n": 1})
    _, results, _ = talk(*first, ("tools/list", {}), MINTING, stateless=stateless, server=server, **options)
    assert results[-2]["tools"][0]["outputSchema"] == COUNTED
    assert results[-1]["structuredContent"] == {"n": 1}


def test_a_handle_is_not_told_a_second_time_among_the_parameters() -> None:
    server = low_level({"name": "count"}, str)
    kept, results, _ = talk(COUNT, stateless=True, server=server, resolve_original_tool=lambda _: None)
    assert ECHOED in results[0]["content"][0]["text"]  # nobody has told whose argument it is
    assert kept.properties("$mcp_tool_call")["$mcp_conversation_id"] == ECHOED
    assert ECHOED not in str(kept.properties("$mcp_tool_call")["$mcp_parameters"])


def test_a_tool_s_own_argument_is_no_handle() -> None:
    own = {"type": "object", "properties": {"conversation_id": {"type": "string"}}}
    server = low_level({"name": "count", "inputSchema": own}, str)
    kept, results, _ = talk(("tools/list", {}), COUNT, stateless=True, server=server)
    properties = kept.properties("$mcp_tool_call")
    assert "$mcp_conversation_id" not in properties
    assert len(results[1]["content"]) == 1
    assert properties["$mcp_parameters"]["request"]["params"]["arguments"] == {"conversation_id": ECHOED}


def test_a_client_with_a_session_does_not_hide_whose_argument_it_is() -> None:
    """Clients of both eras talk with one server: what one of them lists must not make the other's handle an argument."""
    server = low_level({"name": "count"}, sorted)
    kept = Keeping()
    handle = instrument(server, kept)
    observer = middleware_of(server)[-1]

    async def listed(_: Any) -> Any:
        return {"tools": [{"name": "count", "inputSchema": {"type": "object"}}]}

    async def called(params: Any) -> Any:
        return {"content": [], "params": params}

    async def both() -> Any:
        await observer.around(McpRequest("tools/list", headers={}, session="s"), listed)
        return await observer.around(McpRequest(*COUNT, headers={}), called)

    assert asyncio.run(both())["params"]["arguments"] == {}
    asyncio.run(handle.flush())
    assert kept.properties("$mcp_tool_call")["$mcp_conversation_id"] == ECHOED
