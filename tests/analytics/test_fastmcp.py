"""FastMCP 4: https://gofastmcp.com."""

from __future__ import annotations

from typing import Any

import pytest
from fastmcp import FastMCP
from mcp.client import Client

from posthog_wizard.analytics import instrument
from tests.support.watched import Keeping, Mode, watched


def fast() -> FastMCP[Any]:
    """A server with a tool that works and one that does not."""
    server: FastMCP[Any] = FastMCP("fast", version="3.1")

    @server.tool
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    @server.tool
    def throws(context: str) -> str:
        """Throw. The context is its own."""
        raise KeyError(context)

    return server


async def talk(client: Client) -> Any:
    """Call both tools before they are listed, and one that is not there."""
    await client.call_tool("add", {"a": 1, "b": 2, "context": "Sum up."})
    await client.call_tool("throws", {"context": "mine"})
    await client.call_tool("nobody", {})
    return [list(tool.input_schema["properties"]) for tool in (await client.list_tools()).tools]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_its_tools_are_watched(mode: Mode) -> None:
    got = watched(fast(), talk, mode=mode)
    assert got.got == [["a", "b", "context", "llm_model"], ["context", "llm_model"]]
    assert got.told == []
    calls = [event.properties for event in got.client.events if event.event == "$mcp_tool_call"]
    assert [call.get("$mcp_intent") for call in calls] == ["Sum up.", None, None]
    assert [call.get("$mcp_error_type") for call in calls] == [None, "KeyError", "NotFoundError"]
    assert [call.get("$mcp_tool_description") for call in calls] == ["Add.", "Throw. The context is its own.", None]
    assert calls[1]["$mcp_parameters"]["request"]["params"]["arguments"] == {"context": "mine"}
    assert {(call["$mcp_server_name"], call["$mcp_server_version"]) for call in calls} == {("fast", "3.1")}


def test_a_second_time_gives_the_first_handle() -> None:
    server, kept = fast(), Keeping()
    assert instrument(server, kept) is instrument(server, kept)
