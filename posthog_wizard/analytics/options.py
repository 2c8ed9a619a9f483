"""What the author of a server can choose, with names and defaults of PostHog's SDKs, and how their callbacks are asked."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypedDict

from posthog_wizard.model import NOTHING

Callback = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""(request, extra) -> a value or an awaitable of one. `request` is `{"method", "params"}`, `extra` is `{"session_id",
"headers", "ctx"}`: the transport's session id and HTTP headers (None on stdio), and the MCP SDK's own context."""


class Identity(NamedTuple):
    """Who uses a session. `properties` become the person's (`$set`), `groups` are group type -> group key."""

    distinct_id: str
    properties: Mapping[str, Any] = NOTHING
    groups: Mapping[str, str] = NOTHING


class ContextArgument(NamedTuple):
    """The `context` argument, described in the author's own words."""

    description: str


class ModelArgument(NamedTuple):
    """The `llm_model` argument, described in the author's own words."""

    description: str


class Feedback(NamedTuple):
    """The tool `send_feedback`.

    `extra_properties` are JSON Schemas by name, captured as `$mcp_feedback_<name>`; `on_feedback(report)` may answer
    with a text of its own (or an awaitable of one).
    """

    tool_name: str = "send_feedback"
    description: str | None = None
    extra_properties: Mapping[str, Mapping[str, Any]] = NOTHING
    extra_required: tuple[str, ...] = ()
    on_feedback: Callable[[Any], Any] | None = None


_RAISED: Final = "a callback raised "
_LONGEST_BUILD: Final = 256  # characters, PostHog's own limit


@dataclass(frozen=True)
class Options:
    """The choices, with their defaults.

    `logger` gets one line of text for what went wrong within; without it the log `posthog_wizard.analytics` does.
    `before_send` gets each payload (`event`, `distinct_id`, `properties`, `timestamp`) last of all, in a thread of its
    own, and gives it back, changed or not; anything false drops it, and the `$exception` of a dropped call with it.
    `exception_source` sends absolute paths and source lines with exceptions. Without `capture_responses` no event has an
    `$mcp_response`.
    `resolve_original_tool(name)` gives a tool's definition as the protocol has it (a dict), or None. Without it the server
    is asked when a client calls a tool that nobody has listed in this process, a low-level one for all of them, once.
    `server_build` is which deployment this is, 256 characters at most. The names of a call's arguments are told where the
    tool declares them; `should_record_input_key(name, {"declared": bool})` decides otherwise, `resolve_input_aliases(tool)`
    gives other names that a tool takes, as name -> its aliases.
    """

    logger: Callable[[str], object] | None = None
    context: bool | ContextArgument = True
    intent_fallback: Callback | None = None
    capture_model: bool | ModelArgument = True
    enable_conversation_id: bool = True
    report_missing: bool = False
    missing_capability_tool_name: str = "get_more_tools"
    collect_feedback: bool | Feedback = False
    identify: Identity | Callback | None = None
    event_properties: Callback | None = None
    before_send: Callable[[dict[str, Any]], Any] | None = None
    enable_exception_autocapture: bool = True
    exception_source: bool = False
    capture_responses: bool = True
    resolve_original_tool: Callable[[str], Mapping[str, Any] | None] | None = None
    server_build: str | None = None
    should_record_input_key: Callable[[str, Any], bool] | None = None
    resolve_input_aliases: Callable[[str], dict[str, list[str]] | None] | None = None
    send_initialize_event: bool = True
    send_tools_list_event: bool = True

    def __post_init__(self) -> None:
        if self.server_build is not None and not 0 < len(self.server_build) <= _LONGEST_BUILD:
            raise ValueError(f"server_build must have between 1 and {_LONGEST_BUILD} characters")


class OptionArguments(TypedDict, total=False):
    """The fields of Options as the keyword arguments of `instrument`."""

    logger: Callable[[str], object] | None
    context: bool | ContextArgument
    intent_fallback: Callback | None
    capture_model: bool | ModelArgument
    enable_conversation_id: bool
    report_missing: bool
    missing_capability_tool_name: str
    collect_feedback: bool | Feedback
    identify: Identity | Callback | None
    event_properties: Callback | None
    before_send: Callable[[dict[str, Any]], Any] | None
    enable_exception_autocapture: bool
    exception_source: bool
    capture_responses: bool
    resolve_original_tool: Callable[[str], Mapping[str, Any] | None] | None
    server_build: str | None
    should_record_input_key: Callable[[str, Any], bool] | None
    resolve_input_aliases: Callable[[str], dict[str, list[str]] | None] | None
    send_initialize_event: bool
    send_tools_list_event: bool


def invoke(callback: Callable[..., Any] | None, *given: Any, tell: Callable[[str], None]) -> Any:
    """What a callback gives, perhaps an awaitable; None where there is none, or where it raises."""
    with NeverRaising(tell, _RAISED):
        return None if callback is None else callback(*given)


async def resolve(answer: Any, tell: Callable[[str], None]) -> Any:
    """What an answer comes to in the end; None where it raises."""
    with NeverRaising(tell, _RAISED):
        return await answer if inspect.isawaitable(answer) else answer


class NeverRaising(NamedTuple):
    """Tells the log what an exception prevented, and goes on: analytics are never in the way of the author's server."""

    tell: Callable[[str], None]
    what: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> bool:
        if isinstance(problem, Exception):
            self.tell(f"{self.what}{type(problem).__name__}: {problem}")
        return isinstance(problem, Exception)
