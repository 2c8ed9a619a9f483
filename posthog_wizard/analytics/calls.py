"""One request, under way or ended, and the fields of its event; what each method of the protocol becomes is one row."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.injected_arguments import (
    CONTEXT_ARGUMENT,
    CONVERSATION,
    MODEL,
    Conversation,
    ToolInfo,
    intent_in,
    model_of,
)
from posthog_wizard.analytics.options import Identity, Options
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import AnalyticsSession
from posthog_wizard.analytics.virtual_tools import VirtualTool

_ResultFields = Mapping[str, Any]
EventFields = dict[str, Any]
NO_TOOLS: Final = "tools/list returned no tools"
_UNTOLD: Final = ("_meta", "inputResponses", "requestState")
_BODY: Final = "[resource body redacted - not captured by MCP analytics]"


class _EventType(NamedTuple):
    """An event. `type` is the posthog SDK's internal name of it; `fields` gives those that are special to it."""

    type: str
    fields: Callable[[McpRequest, _ResultFields | None], EventFields]
    tells_outcome: bool = True  # an `$mcp_is_error`


def parameters(request: McpRequest, without: Collection[str] = ()) -> dict[str, Any]:
    """The request as `$mcp_parameters` has it: no metadata, no progress token, nothing of a retry's state.

    `without` are arguments that are told elsewhere in the event.
    """
    if request.method == "tools/call":
        arguments = {name: value for name, value in request.arguments.items() if name not in without}
        given = {"name": request.params.get("name"), "arguments": arguments}
    else:
        given = {key: value for key, value in request.params.items() if key not in _UNTOLD}
    return {"request": {"method": request.method, "params": given}}


def failure_in(request: McpRequest, result: _ResultFields) -> str | None:
    """What went wrong, when a result that arrived says so."""
    if request.method == "tools/list" and not result.get("tools") and request.params.get("cursor") is None:
        return NO_TOOLS
    if request.method == "tools/call" and result.get("isError") is True:
        blocks = [block for block in result.get("content") or [] if isinstance(block, Mapping)]
        texts = [str(block.get("text")) for block in blocks if block.get("type") == "text"]
        return " ".join(texts).strip() or "Unknown error"
    return None


def _listing(_request: McpRequest, result: _ResultFields | None) -> EventFields:
    tools = [tool for tool in (result or {}).get("tools") or [] if isinstance(tool, Mapping)]
    envelope = {key: value for key, value in (result or {}).items() if key != "tools"}
    return {"listed_tool_names": [str(tool.get("name")) for tool in tools], "response": envelope or None}


def _read(request: McpRequest, result: _ResultFields | None) -> EventFields:
    """A resource's body may be anything of the user's: only its address and kind are told."""
    contents = [part for part in (result or {}).get("contents") or [] if isinstance(part, Mapping)]
    told = [{key: _BODY if key in {"text", "blob"} else value for key, value in part.items()} for part in contents]
    return {
        "resource_name": str(request.params.get("uri")),
        "response": None if result is None else {**result, "contents": told},
    }


def _named(request: McpRequest) -> EventFields:
    return {"resource_name": str(request.params.get("name"))}


EVENT_TYPES: Final[Mapping[str, _EventType]] = {
    "initialize": _EventType("mcp:initialize", lambda _, result: {"response": result}, tells_outcome=False),
    "tools/list": _EventType("mcp:tools/list", _listing),
    "tools/call": _EventType("mcp:tools/call", lambda request, result: _named(request) | {"response": result}),
    "resources/list": _EventType("mcp:resources/list", lambda _, result: {"response": result}),
    "resources/templates/list": _EventType("mcp:resources/list", lambda _, result: {"response": result}),
    "resources/read": _EventType("mcp:resources/read", _read),
    "prompts/list": _EventType("mcp:prompts/list", lambda _, result: {"response": result}),
    "prompts/get": _EventType("mcp:prompts/get", lambda request, _: _named(request)),
}


@dataclass
class ObservedCall:
    """One request. `asked` is as the client sent it, `request` as the server gets it."""

    asked: McpRequest
    request: McpRequest
    kind: _EventType | None
    session: str
    client: AnalyticsSession
    began: datetime
    seconds: float
    conversation: Conversation | None = None
    virtual: VirtualTool | None = None  # the tool of ours that is called
    identity: Identity | None = None
    identifying: asyncio.Task[None] | None = None
    raised: list[Exception] = field(default_factory=list)  # what a tool raised before it became a result
    greets: bool = False  # it stands in for a handshake
    milliseconds: float | None = None  # None while it is under way
    result: _ResultFields | None = None
    failure: BaseException | None = None  # no Exception where it was cancelled, which is nobody's fault


def intent_of(call: ObservedCall, known: ToolInfo, options: Options, fallback: Any) -> EventFields:
    """Why a tool was called: the agent's own words in the argument that is ours, else the author's guess."""
    ours = options.context is not False and (CONTEXT_ARGUMENT in known.owned or known.unlisted)
    said = intent_in(call.asked.arguments) if ours else None
    if said is not None:
        return {"user_intent": said, "user_intent_source": "context_parameter"}
    guess = fallback.strip() if isinstance(fallback, str) else ""
    return {"user_intent": guess, "user_intent_source": "inferred"} if guess else {}


def _told_elsewhere(call: ObservedCall, known: ToolInfo, options: Options) -> frozenset[str]:
    """The arguments that are taken for ours while nobody knows whose they are: they reach the tool, and no parameters."""
    if not known.unlisted:
        return frozenset()
    is_context = options.context is not False and intent_in(call.asked.arguments) is not None
    is_echoed = call.conversation is not None and not call.conversation.minted
    told = {CONTEXT_ARGUMENT: is_context, CONVERSATION: is_echoed}
    return frozenset(name for name, is_told in told.items() if is_told)


def outcome_of(call: ObservedCall, known: ToolInfo, options: Options) -> EventFields:
    """What was asked, what came of it, and how it failed if it did."""
    if call.kind is None:
        return {}
    if call.virtual is not None:
        return call.virtual.told(call.asked.arguments)
    failure: BaseException | str | None = call.failure
    if failure is None and call.result is not None:
        failure = failure_in(call.request, call.result)
        failure = call.raised[-1] if failure is not None and call.raised else failure
    event: EventFields = {
        "event_type": call.kind.type,
        "parameters": parameters(call.request, _told_elsewhere(call, known, options)),
    }
    event |= call.kind.fields(call.request, call.result)
    event |= {"is_error": failure is not None} if call.kind.tells_outcome else {}
    if failure is not None:
        is_cancelled = isinstance(failure, BaseException) and not isinstance(failure, Exception)
        event |= {"is_error": True}
        event |= {"error_type": type(failure).__name__} if is_cancelled else {"failure": failure}
    return event


def tool_fields(call: ObservedCall, known: ToolInfo, options: Options, fallback: Any) -> EventFields:
    """What only a tool's call tells: its description, the intent, the model, the conversation."""
    event: EventFields = {"tool_description": known.description, "tool_category": known.category}
    event |= {"inputs": (dict(call.request.arguments), known.schema)} if call.virtual is None else {}
    event |= intent_of(call, known, options, fallback) if call.virtual is None else {}
    is_ours = MODEL in known.owned or call.virtual is not None
    model = model_of(call.asked.meta, call.asked.arguments, self_reported=is_ours)
    if options.capture_model is not False and model:
        event |= {"llm_model": model[0], "llm_model_source": model[1]}
    if call.conversation is not None and call.conversation.identifier:
        event |= {"conversation_id": call.conversation.identifier}
    return event


def extra_properties(event: EventFields, said: Any) -> EventFields:
    """The event with the author's properties, which win."""
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    return {**event, "properties": {**event.get("properties", {}), **given}}
