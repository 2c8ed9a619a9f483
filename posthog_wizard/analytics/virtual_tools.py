"""Tools that only analytics answers: `get_more_tools` and `send_feedback`. A tool of the server's own of that name wins.

Their words, and the reading of their arguments, are the posthog SDK's, which is loaded where an author asks for one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from posthog_wizard.analytics.options import Feedback, Options, invoke, resolve

_Event = dict[str, Any]
_Arguments = Mapping[str, Any]


class VirtualTool(NamedTuple):
    """A tool of ours: how it is listed, the fields of the event for a call, the result of a call."""

    definition: _Event
    told: Callable[[_Arguments], _Event]
    answer: Callable[[_Arguments], Awaitable[_Event]]


@dataclass
class VirtualTools:
    """The tools of ours that a server has, by name."""

    tools: Mapping[str, VirtualTool]
    tell: Callable[[str], None]
    shadowed: set[str] = field(default_factory=set)  # names that the server has itself

    def missing_from(self, listed: set[str]) -> list[_Event]:
        """The definitions to append to a first page that holds these names."""
        for name in self.tools.keys() & (listed - self.shadowed):
            self.shadowed.add(name)
            self.tell(f"the server has a tool `{name}` of its own, which stays")
        return [tool.definition for name, tool in self.tools.items() if name not in self.shadowed]

    def of(self, name: Any) -> VirtualTool | None:
        """The tool of that name, if it is ours to answer."""
        return None if name in self.shadowed else self.tools.get(name)


def virtual_tools(options: Options, tell: Callable[[str], None]) -> VirtualTools:
    """The tools that the options ask for. Raises ValueError for feedback properties that cannot be."""
    found = {}
    if options.report_missing:
        found[options.missing_capability_tool_name] = _missing(options.missing_capability_tool_name)
    if options.collect_feedback:
        chosen = options.collect_feedback if isinstance(options.collect_feedback, Feedback) else Feedback()
        found[chosen.tool_name] = _feedback(chosen, tell)
    return VirtualTools(found, tell)


def _missing(name: str) -> VirtualTool:
    """The agent says which capability it misses, `$mcp_missing_capability` tells."""
    from posthog.mcp import get_more_tools_result  # noqa: PLC0415 - as the module says
    from posthog.mcp.tools import build_report_missing_descriptor  # noqa: PLC0415

    def told(arguments: _Arguments) -> _Event:
        text = arguments.get("context")
        event = {"event_type": "mcp:missing_capability", "resource_name": name, "is_error": False}
        return event | _intent(text.strip() if isinstance(text, str) else "")

    async def answer(_arguments: _Arguments) -> _Event:
        return get_more_tools_result()

    return VirtualTool(build_report_missing_descriptor(name), told, answer)


def _feedback(chosen: Feedback, tell: Callable[[str], None]) -> VirtualTool:
    """The agent says what it thinks of the server, `$mcp_feedback` tells. Raises ValueError as above."""
    from posthog.mcp import CollectFeedbackOptions, feedback, send_feedback_result  # noqa: PLC0415 - as the module says

    options = CollectFeedbackOptions(
        tool_name=chosen.tool_name,
        description=chosen.description,
        extra_properties={name: dict(schema) for name, schema in chosen.extra_properties.items()},
        extra_required=list(chosen.extra_required),
    )

    def told(arguments: _Arguments) -> _Event:
        given = feedback.parse_feedback_report(dict(arguments), options)
        properties = feedback.build_feedback_event_properties(given)
        event = {"event_type": "mcp:feedback", "resource_name": chosen.tool_name, "properties": properties}
        return event | _intent(feedback.build_feedback_intent(given))

    async def answer(arguments: _Arguments) -> _Event:
        given = feedback.parse_feedback_report(dict(arguments), options)
        said = await resolve(invoke(chosen.on_feedback, given, tell=tell), tell)
        text = said if isinstance(said, str) and said.strip() else None
        return {"content": [{"type": "text", "text": text}]} if text else send_feedback_result()

    return VirtualTool(feedback.get_feedback_tool_descriptor(options), told, answer)


def _intent(said: str | None) -> _Event:
    return {"user_intent": said, "user_intent_source": "context_parameter"} if said else {}
