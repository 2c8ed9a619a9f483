"""The arguments that analytics adds to a server's tools, and takes out again before the tool sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.conversations import CONVERSATION, can_have, can_mirror, with_mirror, with_property
from posthog_wizard.analytics.options import ContextArgument, ModelArgument, Options
from posthog_wizard.model import NOTHING

CONTEXT_ARGUMENT: Final = "context"
MODEL: Final = "llm_model"
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

    def learn(self, tool: Mapping[str, Any], *, conversation: bool, listed: bool = False) -> ToolInfo:
        """Remember a tool as its server defines it (a `Tool` of the protocol); `listed` when a client is told of it now.

        `conversation` is whether clients may send the handle of one.
        """
        before = self.of(tool.get("name"))
        names = self._wanted(conversation=conversation)
        owned = frozenset(name for name in names if can_have(tool.get("inputSchema"), name))
        category = (tool.get("_meta") or NOTHING).get("category")
        known = ToolInfo(
            owned,
            tool.get("description"),
            category if isinstance(category, str) else None,
            tool.get("inputSchema"),
            mirrored=(listed or before.mirrored) and CONVERSATION in owned and can_mirror(tool.get("outputSchema")),
        )
        if len(self.known) < _MOST_TOOLS or tool.get("name") in self.known:
            self.known[str(tool.get("name"))] = known
        return known

    def extended(self, tool: Mapping[str, Any], *, virtual: bool = False, conversation: bool) -> dict[str, Any]:
        """The tool with the added arguments in a copy of its schema. A tool of ours has a context of its own."""
        given = dict(tool)
        for name, description in self._wanted(conversation=conversation).items():
            if not (virtual and name == CONTEXT_ARGUMENT) and can_have(given.get("inputSchema"), name):
                given["inputSchema"] = _with(given.get("inputSchema"), name, description)
                if name == CONVERSATION and can_mirror(given.get("outputSchema")):
                    given["outputSchema"] = with_mirror(given["outputSchema"])
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


def _with(schema: Any, name: str, description: str) -> dict[str, Any]:
    changed = with_property(schema, name, {"type": "string", "description": description})
    if name == CONTEXT_ARGUMENT:
        changed["required"] = [*(changed.get("required") or []), CONTEXT_ARGUMENT]
    return changed


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
