"""The arguments that analytics adds to a server's tools, and takes out again before the tool sees them.

One of them is a conversation's handle: where no transport session exists, an id that the agent carries from call to call.

An answer tells it in its last content block, and where the tool has an output schema, in `structuredContent` too: that is
all that some clients show the agent then. Only a schema that a list has extended is written to, since clients validate.

Only for HTTP without sessions. On stdio one process is one conversation, and a handle that is not echoed would make a
session of every call.
"""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.options import ContextArgument, ModelArgument, Options
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import Clock, new_uuid
from posthog_wizard.model import NOTHING

CONTEXT_ARGUMENT: Final = "context"
MODEL: Final = "llm_model"
CONVERSATION: Final = "conversation_id"
_COMPOSED: Final = ("$ref", "oneOf", "allOf", "anyOf")
_MIRROR: Final = "_mcp_instructions"
_MIRROR_SCHEMA: Final = {
    "type": "object",
    "description": "What the server says about this conversation.",
    "properties": {"conversation_id": {"type": "string", "description": "Which conversation this is."}},
}
_OURS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MOST_TOOLS: Final = 10_000  # remembered; a server that makes up names must not fill the memory

_CONTEXT_DESCRIPTION: Final = (
    "Why this tool is being called, as a general purpose in one sentence. Speak of people and things by their roles, "
    'like "a customer". Leave out names, contact data and anything else that is personal.'
)
_MODEL_DESCRIPTION: Final = 'The id of the model you are, or "unknown" if you cannot tell for sure.'
_CONVERSATION_DESCRIPTION: Final = "The conversation_id that an earlier answer of this server gave in this conversation, unchanged. Leave it out if none did."


class ToolInfo(NamedTuple):
    """What is known of a listed tool: which of the added arguments are ours, and how it is described."""

    owned: frozenset[str] = frozenset()
    description: str | None = None
    category: str | None = None
    schema: Mapping[str, Any] | None = None  # of its arguments, without ours
    unlisted: bool = False  # no list of this process has told of it
    mirrored: bool = False  # a list has told a client of an output schema that allows a conversation's handle


_UNLISTED: Final = ToolInfo(unlisted=True)


@dataclass
class ToolRegistry:
    """The tools of a server as its lists have told them."""

    options: Options
    known: dict[str, ToolInfo] = field(default_factory=dict)

    def of(self, name: Any) -> ToolInfo:
        """What is known of the tool of that name."""
        return self.known.get(name, _UNLISTED) if isinstance(name, str) else _UNLISTED

    def learn(self, tool: Mapping[str, Any], *, conversation: bool, listed: bool = False) -> None:
        """Remember a tool as its server defines it (a `Tool` of the protocol); `listed` when a client is told of it now.

        `conversation` is whether clients may send the handle of one.
        """
        before = self.of(tool.get("name"))
        names = self._wanted(conversation=conversation)
        owned = frozenset(name for name in names if _can_have(tool.get("inputSchema"), name))
        category = (tool.get("_meta") or NOTHING).get("category")
        known = ToolInfo(
            owned,
            tool.get("description"),
            category if isinstance(category, str) else None,
            tool.get("inputSchema"),
            mirrored=(listed or before.mirrored) and CONVERSATION in owned and _can_mirror(tool.get("outputSchema")),
        )
        if len(self.known) < _MOST_TOOLS or tool.get("name") in self.known:
            self.known[str(tool.get("name"))] = known

    def extended(self, tool: Mapping[str, Any], *, virtual: bool = False, conversation: bool) -> dict[str, Any]:
        """The tool with the added arguments in a copy of its schema. A tool of ours has a context of its own."""
        given = dict(tool)
        for name, description in self._wanted(conversation=conversation).items():
            schema = given.get("inputSchema")
            if (virtual and name == CONTEXT_ARGUMENT) or not _can_have(schema, name):
                continue
            given["inputSchema"] = changed = _with_property(
                schema, name, {"type": "string", "description": description}
            )
            if name == CONTEXT_ARGUMENT:
                changed["required"] = [*(changed.get("required") or []), CONTEXT_ARGUMENT]
            if name == CONVERSATION and _can_mirror(given.get("outputSchema")):
                given["outputSchema"] = _with_property(given["outputSchema"], _MIRROR, _MIRROR_SCHEMA)
        return given

    def _wanted(self, *, conversation: bool) -> dict[str, str]:
        options = self.options
        wished = {
            CONTEXT_ARGUMENT: _described(options.context, _CONTEXT_DESCRIPTION),
            MODEL: _described(options.capture_model, _MODEL_DESCRIPTION),
            CONVERSATION: _CONVERSATION_DESCRIPTION if conversation and options.enable_conversation_id else None,
        }
        return {name: description for name, description in wished.items() if description}


def _described(choice: bool | ContextArgument | ModelArgument, usual: str) -> str | None:
    if isinstance(choice, bool):
        return usual if choice else None
    return choice.description


def model_of(meta: Mapping[str, Any], arguments: Mapping[str, Any], *, self_reported: bool) -> tuple[str, str] | None:
    """The calling model and where it was learnt: from the client's metadata, else from the added argument."""
    for key in ("x-codex-turn-metadata", "io.modelcontextprotocol/aiInvocation"):
        told = meta.get(key)
        if isinstance(told, Mapping) and (model := _named(told.get("model"))):
            return model, "client_metadata"
    model = _named(arguments.get(MODEL)) if self_reported else None
    return (model, "self_reported") if model else None


def _named(model: Any) -> str | None:
    found = model.strip() if isinstance(model, str) else ""
    return found if found and found.lower() != "unknown" else None


def intent_in(arguments: Mapping[str, Any]) -> str | None:
    """What the agent wrote into `context`, as it is; None when that says nothing."""
    text = arguments.get(CONTEXT_ARGUMENT)
    return text if isinstance(text, str) and text.strip() not in {"", "{}"} else None


# ------------------------------------------------------------------ conversations


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
    if _OURS.fullmatch(handle):
        return Conversation(handle, minted=False)
    return Conversation(new_uuid(clock.now()), minted=True)


def _can_mirror(schema: Any) -> bool:
    """Whether a tool's output schema can be extended: it is a plain object's, and has no such property of its own."""
    return isinstance(schema, Mapping) and bool(schema) and _can_have(schema, _MIRROR)


def _can_have(schema: Any, name: str) -> bool:
    """Whether a property can be added: the schema has none of that name, and is not composed of others."""
    if not isinstance(schema, Mapping):
        return True
    return name not in (schema.get("properties") or NOTHING) and not any(schema.get(key) for key in _COMPOSED)


def _with_property(schema: Any, name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
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
