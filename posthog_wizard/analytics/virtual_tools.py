"""Tools that only analytics answers: `get_more_tools` and `send_feedback`. A tool of the server's own of that name wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from posthog_wizard.analytics.options import Feedback, Options

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
    """The tools that the options ask for. Raises ValueError for feedback properties that cannot be.

    They are loaded when they are asked for, since their words come from the posthog SDK.
    """
    found = {}
    if options.report_missing:
        from posthog_wizard.analytics.missing import missing_tool  # noqa: PLC0415

        found[options.missing_capability_tool_name] = missing_tool(options.missing_capability_tool_name)
    if options.collect_feedback:
        from posthog_wizard.analytics.feedback import feedback_tool  # noqa: PLC0415

        chosen = options.collect_feedback if isinstance(options.collect_feedback, Feedback) else Feedback()
        found[chosen.tool_name] = feedback_tool(chosen, tell)
    return VirtualTools(found, tell)
