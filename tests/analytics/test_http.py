"""Over HTTP: sessions of the transport, conversation handles where there are none, and what headers tell."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Unpack
from uuid import UUID

import httpx
import pytest

from posthog_wizard.analytics import instrument
from posthog_wizard.analytics.options import OptionArguments
from posthog_wizard.analytics.sessions import derived_session
from tests.support.analytics_server import demo
from tests.support.over_http import over_http
from tests.support.watched import Keeping

HEADERS = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
    "User-Agent": "agent/1.0 (cli)",
    "X-Anthropic-Client": "desktop",
}
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
ECHOED = "0190f0e8-7a6b-7c3d-9e4f-5a6b7c8d9e0f"


def talk(
    *requests: tuple[str, Any], stateless: bool, **options: Unpack[OptionArguments]
) -> tuple[Keeping, list[Any], list[str]]:
    """Send requests one after the other; gives the events, the results, and the transport's session ids."""
    server, handles = demo()
    kept, results, sessions = Keeping(), list[Any](), list[str]()
    handles.append(instrument(server, kept, **options))
    with over_http(server, stateless=stateless) as url, httpx.Client(headers=HEADERS, trust_env=False) as client:
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
