"""Conversation handles: where no transport session exists, an id that the agent carries from call to call.

An answer tells it in its last content block, and where the tool has an output schema, in `structuredContent` too: that is
all that some clients show the agent then. Only a schema that a list has extended is written to, since clients validate.

Only for HTTP without sessions. On stdio one process is one conversation, and a handle that is not echoed would make a
session of every call.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import Clock, new_uuid
from posthog_wizard.model import NOTHING

CONVERSATION: Final = "conversation_id"
_COMPOSED: Final = ("$ref", "oneOf", "allOf", "anyOf")
_MIRROR: Final = "_mcp_instructions"
_MIRROR_SCHEMA: Final = {
    "type": "object",
    "description": "What the server says about this conversation.",
    "properties": {"conversation_id": {"type": "string", "description": "Which conversation this is."}},
}
_OURS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Conversation(NamedTuple):
    """A handle; `minted` when it must still reach the client."""

    identifier: str
    minted: bool


def possible(request: McpRequest) -> bool:
    """Whether this request comes by itself, over HTTP, and carries no session."""
    return over_http(request) and request.session is None and request.channel is None


def over_http(request: McpRequest) -> bool:
    """Whether this server has clients that may send handles: of two at one server, one may have a session, one not."""
    return request.headers is not None


def conversation_of(arguments: Mapping[str, Any], clock: Clock) -> Conversation:
    """The handle that the agent echoed, if it is one of ours (a UUID of version 7), else a new one."""
    said = arguments.get(CONVERSATION)
    handle = said.strip().lower() if isinstance(said, str) else ""
    return (
        Conversation(handle, minted=False)
        if _OURS.fullmatch(handle)
        else Conversation(new_uuid(clock.now()), minted=True)
    )


def can_mirror(schema: Any) -> bool:
    """Whether a tool's output schema can be extended: it is a plain object's, and has no such property of its own."""
    return isinstance(schema, Mapping) and bool(schema) and can_have(schema, _MIRROR)


def with_mirror(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an output schema that allows the handle, and does not require it."""
    return with_property(schema, _MIRROR, _MIRROR_SCHEMA)


def can_have(schema: Any, name: str) -> bool:
    """Whether a property can be added: the schema has none of that name, and is not composed of others."""
    if not isinstance(schema, Mapping):
        return True
    return name not in (schema.get("properties") or NOTHING) and not any(schema.get(key) for key in _COMPOSED)


def with_property(schema: Any, name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an object's schema with one more property."""
    changed: dict[str, Any] = copy.deepcopy(dict(schema)) if schema else {"type": "object"}
    changed["properties"] = {**(changed.get("properties") or {}), name: definition}
    return changed


def delivered(result: Mapping[str, Any], conversation: Conversation, *, mirrored: bool = False) -> dict[str, Any]:
    """The result with the handle: a content block where it is new, and with `mirrored` in the structured content."""
    given, told = dict(result), {"conversation_id": conversation.identifier}
    structured, content = given.get("structuredContent"), given.get("content")
    if mirrored and isinstance(structured, dict) and _MIRROR not in structured:
        given["structuredContent"] = {**structured, _MIRROR: told}
    if conversation.minted and isinstance(content, list):
        given["content"] = [*content, {"type": "text", "text": json.dumps(told)}]
    return given
