"""What of a request its event tells."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard import analytics
from posthog_wizard.analytics.calls import NO_TOOLS, failure_in, parameters
from posthog_wizard.analytics.requests import McpRequest


@pytest.mark.parametrize(
    ("method", "params", "told"),
    [
        ("tools/call", {"name": "t"}, {"name": "t", "arguments": {}}),
        ("tools/call", {"name": "t", "arguments": {"a": 1}, "_meta": {}, "requestState": "s"},
         {"name": "t", "arguments": {"a": 1}}),
        ("tools/list", {}, {}),
        ("tools/list", {"cursor": "2", "_meta": {"progressToken": 1}}, {"cursor": "2"}),
        ("prompts/get", {"name": "p", "inputResponses": {"ask": {}}, "requestState": "s"}, {"name": "p"}),
        ("resources/read", {"uri": "a:b", "requestState": "s"}, {"uri": "a:b"}),
    ],
)  # fmt: skip
def test_the_parameters_are_what_was_asked_and_nothing_of_the_protocol_s(method: str, params: Any, told: Any) -> None:
    assert parameters(McpRequest(method, params)) == {"request": {"method": method, "params": told}}


@pytest.mark.parametrize(
    ("method", "params", "result", "failure"),
    [
        ("tools/list", {}, {"tools": []}, NO_TOOLS),
        ("tools/list", {"cursor": "2"}, {"tools": []}, None),
        ("tools/list", {}, {"tools": [{"name": "t"}]}, None),
        ("tools/call", {"name": "t"}, {"isError": True, "content": [{"type": "text", "text": "no"}]}, "no"),
        ("tools/call", {"name": "t"}, {"isError": True, "content": [{"type": "image"}]}, "Unknown error"),
        ("tools/call", {"name": "t"}, {"isError": False, "content": []}, None),
        ("resources/list", {}, {"resources": []}, None),
    ],
)
def test_what_a_result_says_of_a_failure(method: str, params: Any, result: Any, failure: str | None) -> None:
    assert failure_in(McpRequest(method, params), result) == failure


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (analytics.POSTHOG_MCP_ANALYTICS_SOURCE, "posthog_mcp_analytics"),
        (analytics.PostHogMCPAnalyticsEvent.TOOL_CALL, "$mcp_tool_call"),
        (analytics.PostHogMCPAnalyticsProperty.TOOL_NAME, "$mcp_tool_name"),
    ],
)
def test_the_names_on_the_wire_can_be_imported(name: str, said: str) -> None:
    assert name == said


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Event'"):
        analytics.__getattr__("Event")
