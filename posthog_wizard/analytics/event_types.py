"""What each method of the protocol becomes: one row a method, and what its event says of the request and the result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.requests import McpRequest

ResultFields = Mapping[str, Any]
EventFields = dict[str, Any]
NO_TOOLS: Final = "tools/list returned no tools"
_UNTOLD: Final = ("_meta", "inputResponses", "requestState")
_BODY: Final = "[resource body redacted - not captured by MCP analytics]"


class EventType(NamedTuple):
    """An event. `type` is the posthog SDK's internal name of it; `says` gives the fields that are special to it."""

    type: str
    fields: Callable[[McpRequest, ResultFields | None], EventFields]
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


def failure_in(request: McpRequest, result: ResultFields) -> str | None:
    """What went wrong, when a result that arrived says so."""
    if request.method == "tools/list" and not result.get("tools") and request.params.get("cursor") is None:
        return NO_TOOLS
    if request.method == "tools/call" and result.get("isError") is True:
        blocks = [block for block in result.get("content") or [] if isinstance(block, Mapping)]
        texts = [str(block.get("text")) for block in blocks if block.get("type") == "text"]
        return " ".join(texts).strip() or "Unknown error"
    return None


def _listing(_request: McpRequest, result: ResultFields | None) -> EventFields:
    tools = [tool for tool in (result or {}).get("tools") or [] if isinstance(tool, Mapping)]
    envelope = {key: value for key, value in (result or {}).items() if key != "tools"}
    return {"listed_tool_names": [str(tool.get("name")) for tool in tools], "response": envelope or None}


def _read(request: McpRequest, result: ResultFields | None) -> EventFields:
    """A resource's body may be anything of the user's: only its address and kind are told."""
    contents = [part for part in (result or {}).get("contents") or [] if isinstance(part, Mapping)]
    told = [{key: _BODY if key in {"text", "blob"} else value for key, value in part.items()} for part in contents]
    return {
        "resource_name": str(request.params.get("uri")),
        "response": None if result is None else {**result, "contents": told},
    }


def _named(request: McpRequest) -> EventFields:
    return {"resource_name": str(request.params.get("name"))}


EVENT_TYPES: Final[Mapping[str, EventType]] = {
    "initialize": EventType("mcp:initialize", lambda _, result: {"response": result}, tells_outcome=False),
    "tools/list": EventType("mcp:tools/list", _listing),
    "tools/call": EventType("mcp:tools/call", lambda request, result: _named(request) | {"response": result}),
    "resources/list": EventType("mcp:resources/list", lambda _, result: {"response": result}),
    "resources/templates/list": EventType("mcp:resources/list", lambda _, result: {"response": result}),
    "resources/read": EventType("mcp:resources/read", _read),
    "prompts/list": EventType("mcp:prompts/list", lambda _, result: {"response": result}),
    "prompts/get": EventType("mcp:prompts/get", lambda request, _: _named(request)),
}
