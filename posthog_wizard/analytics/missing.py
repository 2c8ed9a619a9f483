"""`get_more_tools`: the agent says which capability it misses, `$mcp_missing_capability` tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog.mcp import get_more_tools_result
from posthog.mcp.tools import build_report_missing_descriptor

from posthog_wizard.analytics.virtual_tools import VirtualTool


def missing_tool(name: str) -> VirtualTool:
    """The tool under that name; its words are the posthog SDK's."""

    def told(arguments: Mapping[str, Any]) -> dict[str, Any]:
        text = arguments.get("context")
        intent = text.strip() if isinstance(text, str) else ""
        event: dict[str, Any] = {"event_type": "mcp:missing_capability", "resource_name": name, "is_error": False}
        return event | ({"user_intent": intent, "user_intent_source": "context_parameter"} if intent else {})

    async def answer(_arguments: Mapping[str, Any]) -> dict[str, Any]:
        return get_more_tools_result()

    return VirtualTool(build_report_missing_descriptor(name), told, answer)
