"""What each method of the protocol becomes: one row a method, and what its event says of the request and the result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.requests import Request

Result = Mapping[str, Any]
Event = dict[str, Any]
NO_TOOLS: Final = "tools/list returned no tools"
UNTOLD: Final = ("_meta", "inputResponses", "requestState")
BODY: Final = "[resource body redacted - not captured by MCP analytics]"


class Kind(NamedTuple):
    """An event. `type` is the posthog SDK's internal name of it; `says` gives the fields that are special to it."""

    type: str
    says: Callable[[Request, Result | None], Event]
    tells_outcome: bool = True  # an `$mcp_is_error`


def parameters(request: Request, without: Collection[str] = ()) -> dict[str, Any]:
    """The request as `$mcp_parameters` has it: no metadata, no progress token, nothing of a retry's state.

    `without` are arguments that are told elsewhere in the event.
    """
    if request.method == "tools/call":
        arguments = {name: value for name, value in request.arguments.items() if name not in without}
        given = {"name": request.params.get("name"), "arguments": arguments}
    else:
        given = {key: value for key, value in request.params.items() if key not in UNTOLD}
    return {"request": {"method": request.method, "params": given}}


def failure_in(request: Request, result: Result) -> str | None:
    """What went wrong, when a result that arrived says so."""
    if request.method == "tools/list" and not result.get("tools") and request.params.get("cursor") is None:
        return NO_TOOLS
    if request.method == "tools/call" and result.get("isError") is True:
        blocks = [block for block in result.get("content") or [] if isinstance(block, Mapping)]
        texts = [str(block.get("text")) for block in blocks if block.get("type") == "text"]
        return " ".join(texts).strip() or "Unknown error"
    return None


def _whole(_request: Request, result: Result | None) -> Event:
    return {"response": result}


def _listing(_request: Request, result: Result | None) -> Event:
    tools = [tool for tool in (result or {}).get("tools") or [] if isinstance(tool, Mapping)]
    envelope = {key: value for key, value in (result or {}).items() if key != "tools"}
    return {"listed_tool_names": [str(tool.get("name")) for tool in tools], "response": envelope or None}


def _called(request: Request, result: Result | None) -> Event:
    return {"resource_name": str(request.params.get("name")), "response": result}


def _read(request: Request, result: Result | None) -> Event:
    """A resource's body may be anything of the user's: only its address and kind are told."""
    contents = [part for part in (result or {}).get("contents") or [] if isinstance(part, Mapping)]
    told = [{key: BODY if key in {"text", "blob"} else value for key, value in part.items()} for part in contents]
    return {
        "resource_name": str(request.params.get("uri")),
        "response": None if result is None else {**result, "contents": told},
    }


def _prompted(request: Request, _result: Result | None) -> Event:
    return {"resource_name": str(request.params.get("name"))}


KINDS: Final[Mapping[str, Kind]] = {
    "initialize": Kind("mcp:initialize", _whole, tells_outcome=False),
    "tools/list": Kind("mcp:tools/list", _listing),
    "tools/call": Kind("mcp:tools/call", _called),
    "resources/list": Kind("mcp:resources/list", _whole),
    "resources/templates/list": Kind("mcp:resources/list", _whole),
    "resources/read": Kind("mcp:resources/read", _read),
    "prompts/list": Kind("mcp:prompts/list", _whole),
    "prompts/get": Kind("mcp:prompts/get", _prompted),
}
