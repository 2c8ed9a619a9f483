"""From what happened to what is sent: redacted, cut to size, in the words of the contract.

Most of it is the posthog SDK's own pipeline (`posthog.mcp`), whose parts are not public: this is the only file that
imports them. What is added here is said where it is added.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from posthog.mcp import ToolInputOptions, get_tool_input_properties
from posthog.mcp._exceptions import http_status
from posthog.mcp._lib_identity import apply_mcp_lib_identity
from posthog.mcp._posthog_events import build_posthog_capture_events
from posthog.mcp._sanitization import sanitize_event
from posthog.mcp._truncation import MAX_EVENT_BYTES, truncate_event

from posthog_wizard.analytics.exceptions import exception_properties, without_paths
from posthog_wizard.analytics.options import Options

MOST_BYTES: Final = MAX_EVENT_BYTES
BINARY: Final = "[binary data redacted - not supported by PostHog MCP analytics]"
BINARY_FROM: Final = 10_240  # characters; shorter ones may be an identifier
# The SDK knows standard base64 only.
BASE64URL: Final = re.compile(r"[A-Za-z0-9_\-\n\r]+=*")
DATA_URL: Final = re.compile(r"data:[^,]{0,255};base64,", re.IGNORECASE)
SHORTER: Final = (8_192, 2_048, 512, 128)  # characters that a string may keep, tried in this order
FITTED: Final = ("response", "parameters")


def payloads(event: dict[str, Any], options: Options) -> list[dict[str, Any]]:
    """The event as capture takes it, and its `$exception` after it if it failed.

    `event` has the keys of the SDK's own internal events; beside them `failure` is what was raised, or the text of an
    error, and `inputs` are the arguments of a call and their schema.
    """
    with_source, failure = options.exception_source, event.pop("failure", None)
    event["properties"] = _input_names(event, options) | (event.get("properties") or {})
    if failure is not None:
        event["error"] = exception_properties(failure, with_source=with_source)
        event["response"] = event.get("response") if with_source else without_paths(event.get("response"))
        status = http_status(failure)
        event |= {} if status is None else {"error_status": status}
    whole = fitted(sanitize_event(without_binary(event)))
    built: list[Any] = build_posthog_capture_events(truncate_event(whole), options.enable_exception_autocapture)
    for sibling in built[1:]:
        sibling["properties"] |= (
            {"$exception_source": "mcp.tool_call"} if "$mcp_tool_name" in sibling["properties"] else {}
        )
    return built


def _input_names(event: dict[str, Any], options: Options) -> dict[str, Any]:
    """The names of a call's arguments: those that the tool declares, and `[redacted]` for all others."""
    arguments, schema = event.pop("inputs", (None, None))
    if arguments is None:
        return {}
    aliases = options.resolve_input_aliases(event["resource_name"]) if options.resolve_input_aliases else None
    chosen = ToolInputOptions(options.should_record_input_key, aliases)
    return dict(get_tool_input_properties(arguments, schema, chosen))


def name_library(client: Any) -> None:
    """Have everything that the client sends labelled (`$lib`) as MCP analytics, as the SDK's own instrument does."""
    apply_mcp_lib_identity(client)


def without_binary(value: Any) -> Any:
    """The value with a mark in the place of each long string that is base64url or a data URL."""
    if isinstance(value, str):
        return BINARY if _is_binary(value) else value
    if isinstance(value, dict):
        return {key: without_binary(item) for key, item in value.items()}
    return [without_binary(item) for item in value] if isinstance(value, list | tuple) else value


def _is_binary(text: str) -> bool:
    return len(text) >= BINARY_FROM and bool(DATA_URL.match(text) or BASE64URL.fullmatch(text))


def fitted(event: dict[str, Any]) -> dict[str, Any]:
    """The event below the limit of size, by shorter strings in the response, then in the parameters.

    The SDK would rather cut off depth, which leaves of four long texts nothing but `[Object]`.
    """
    for key in FITTED:
        for most in SHORTER:
            if size(event) <= MOST_BYTES:
                return event
            event = {**event, key: _shortened(event.get(key), most)}
    return event


def size(value: Any) -> int:
    """Bytes of the value as JSON."""
    return len(json.dumps(value, default=str, separators=(",", ":")).encode())


def _shortened(value: Any, most: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most else value[: most - 3] + "..."
    if isinstance(value, dict):
        return {key: _shortened(item, most) for key, item in value.items()}
    return [_shortened(item, most) for item in value] if isinstance(value, list) else value
