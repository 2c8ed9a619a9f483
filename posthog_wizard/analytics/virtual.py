"""Tools that only analytics answers: `get_more_tools` and `send_feedback`. A tool of the server's own of that name wins."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from posthog.mcp import CollectFeedbackOptions, FeedbackReport, get_more_tools_result, send_feedback_result
from posthog.mcp.feedback import (
    build_feedback_event_properties,
    build_feedback_intent,
    get_feedback_tool_descriptor,
    parse_feedback_report,
)
from posthog.mcp.tools import build_report_missing_descriptor

from posthog_wizard.analytics.options import Feedback, Options

MISSING: Final = "mcp:missing_capability"
FEEDBACK: Final = "mcp:feedback"
Event = dict[str, Any]


@dataclass(frozen=True)
class VirtualTools:
    """The tools that the options ask for. Raises ValueError for feedback properties that cannot be."""

    options: Options
    tell: Callable[[str], None]
    shadowed: set[str] = field(default_factory=set)  # names that the server has itself
    definitions: Mapping[str, Event] = field(init=False)

    def __post_init__(self) -> None:
        options, found = self.options, {}
        if options.report_missing:
            found[options.missing_capability_tool_name] = build_report_missing_descriptor(
                options.missing_capability_tool_name
            )
        if self.feedback is not None:
            found[self.feedback.tool_name] = get_feedback_tool_descriptor(_of_the_sdk(self.feedback))
        object.__setattr__(self, "definitions", found)

    @property
    def feedback(self) -> Feedback | None:
        """How feedback is wanted, None if it is not."""
        chosen = self.options.collect_feedback
        return chosen if isinstance(chosen, Feedback) else Feedback() if chosen else None

    def missing_from(self, listed: set[str]) -> list[Event]:
        """The definitions to append to a first page that holds these names."""
        for name in self.definitions.keys() & (listed - self.shadowed):
            self.shadowed.add(name)
            self.tell(f"the server has a tool `{name}` of its own, which stays")
        return [definition for name, definition in self.definitions.items() if name not in self.shadowed]

    def answers(self, name: Any) -> bool:
        """Whether a call of that name is ours to answer."""
        return name in self.definitions and name not in self.shadowed

    def is_feedback(self, name: Any) -> bool:
        """Whether that name is the feedback tool's."""
        return self.feedback is not None and name == self.feedback.tool_name

    def told(self, name: str, arguments: Mapping[str, Any]) -> Event:
        """The fields of the event for a call."""
        if self.is_feedback(name):
            report = self._report(arguments)
            return {
                "event_type": FEEDBACK,
                "resource_name": name,
                "user_intent": build_feedback_intent(report) or None,
                "user_intent_source": "context_parameter",
                "properties": build_feedback_event_properties(report),
            }
        text = arguments.get("context")
        intent = text.strip() if isinstance(text, str) else ""
        return {
            "event_type": MISSING,
            "resource_name": name,
            "is_error": False,
            "user_intent": intent or None,
            "user_intent_source": "context_parameter" if intent else None,
        }

    async def answer(self, name: str, arguments: Mapping[str, Any]) -> Event:
        """The result of a call."""
        if not self.is_feedback(name):
            return get_more_tools_result()
        text = await self._reply(arguments)
        return {"content": [{"type": "text", "text": text}]} if text else send_feedback_result()

    async def _reply(self, arguments: Mapping[str, Any]) -> str | None:
        ask = self.feedback.on_feedback if self.feedback else None
        if ask is None:
            return None
        try:
            said = ask(self._report(arguments))
            said = await said if inspect.isawaitable(said) else said
        except Exception as problem:  # noqa: BLE001 - the author's code must not break the agent's turn
            self.tell(f"on_feedback raised {type(problem).__name__}")
            return None
        return said if isinstance(said, str) and said.strip() else None

    def _report(self, arguments: Mapping[str, Any]) -> FeedbackReport:
        return parse_feedback_report(dict(arguments), _of_the_sdk(self.feedback or Feedback()))


def _of_the_sdk(chosen: Feedback) -> CollectFeedbackOptions:
    return CollectFeedbackOptions(
        tool_name=chosen.tool_name,
        description=chosen.description,
        extra_properties={name: dict(schema) for name, schema in chosen.extra_properties.items()},
        extra_required=list(chosen.extra_required),
    )
