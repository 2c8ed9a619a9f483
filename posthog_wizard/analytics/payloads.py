"""From what happened to what is sent: redacted, cut to size, in the words of the contract.

Most of it is the posthog SDK's own pipeline (`posthog.mcp`), whose parts are not public: this is the only file that
imports them. What is added here is said where it is added.

`posthog` is held below 8. Should the parts be gone, events are dropped, the log says so, and servers run on.
"""

from __future__ import annotations

from typing import Any, Final

from posthog.mcp import ToolInputOptions, get_tool_input_properties
from posthog.mcp._exceptions import http_status
from posthog.mcp._lib_identity import apply_mcp_lib_identity
from posthog.mcp._posthog_events import build_posthog_capture_events
from posthog.mcp._sanitization import sanitize_event
from posthog.mcp._truncation import MAX_EVENT_BYTES, truncate_event

from posthog_wizard.analytics.exceptions import exception_properties, without_paths
from posthog_wizard.analytics.options import Options
from posthog_wizard.analytics.truncation import STEPS, json_bytes, truncate, truncate_texts, without_binary

MAX_PAYLOAD_BYTES: Final = MAX_EVENT_BYTES
_FITTED: Final = ("response", "parameters")
_SEARCHED: Final = (*_FITTED, "user_intent", "failure")


def payloads(event: dict[str, Any], options: Options) -> list[dict[str, Any]]:
    """The event as capture takes it, and its `$exception` after it if it failed.

    `event` has the keys of the SDK's own internal events; beside them `failure` is what was raised, or the text of an
    error, and `inputs` are the arguments of a call and their schema.
    """
    texts = {key: event[key] for key in _SEARCHED if not isinstance(event.get(key), BaseException | None)}
    given, most = truncate(texts)
    event |= given
    with_source, failure = options.exception_source, event.pop("failure", None)
    event["properties"] = _input_names(event, options) | (event.get("properties") or {})
    if failure is not None:
        event["error"] = exception_properties(failure, with_source=with_source)
        event["response"] = event.get("response") if with_source else without_paths(event.get("response"))
        status = http_status(failure)
        event |= {} if status is None else {"error_status": status}
    clean: dict[str, Any] = sanitize_event(without_binary(event))
    whole = _fit(clean | {key: truncate_texts(clean[key], most) for key in _FITTED if key in clean})
    built: list[Any] = build_posthog_capture_events(truncate_event(whole), options.enable_exception_autocapture)
    for sibling in built[1:]:
        if "$mcp_tool_name" in sibling["properties"]:
            sibling["properties"]["$exception_source"] = "mcp.tool_call"
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


def _fit(event: dict[str, Any]) -> dict[str, Any]:
    """The event below the limit of size, by shorter strings in the response, then in the parameters.

    The SDK would rather cut off depth, which leaves of four long texts nothing but `[Object]`.
    """
    for key in _FITTED:
        for most in STEPS[1:]:
            if json_bytes(event) <= MAX_PAYLOAD_BYTES:
                return event
            event = {**event, key: truncate_texts(event.get(key), most)}
    return event
