"""`send_feedback`: the agent says what it thinks of the server, `$mcp_feedback` tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from posthog.mcp import CollectFeedbackOptions, FeedbackReport, send_feedback_result
from posthog.mcp.feedback import (
    build_feedback_event_properties,
    build_feedback_intent,
    get_feedback_tool_descriptor,
    parse_feedback_report,
)

from posthog_wizard.analytics.callbacks import invoke, resolve
from posthog_wizard.analytics.options import Feedback
from posthog_wizard.analytics.virtual_tools import VirtualTool


def feedback_tool(chosen: Feedback, tell: Callable[[str], None]) -> VirtualTool:
    """The tool; its words and the reading of its arguments are the posthog SDK's.

    Raises ValueError when an extra property collides with one of the tool's own.
    """
    options = CollectFeedbackOptions(
        tool_name=chosen.tool_name,
        description=chosen.description,
        extra_properties={name: dict(schema) for name, schema in chosen.extra_properties.items()},
        extra_required=list(chosen.extra_required),
    )

    def report(arguments: Mapping[str, Any]) -> FeedbackReport:
        return parse_feedback_report(dict(arguments), options)

    def told(arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = report(arguments)
        intent = build_feedback_intent(given)
        return {
            "event_type": "mcp:feedback",
            "resource_name": chosen.tool_name,
            "properties": build_feedback_event_properties(given),
            **({"user_intent": intent, "user_intent_source": "context_parameter"} if intent else {}),
        }

    async def answer(arguments: Mapping[str, Any]) -> dict[str, Any]:
        said = await resolve(invoke(chosen.on_feedback, report(arguments), tell=tell), tell)
        text = said if isinstance(said, str) and said.strip() else None
        return {"content": [{"type": "text", "text": text}]} if text else send_feedback_result()

    return VirtualTool(get_feedback_tool_descriptor(options), told, answer)
