"""Conversation handles: where no transport session exists, an id that the agent carries from call to call.

Only for HTTP without sessions. On stdio one process is one conversation, and a handle that is not echoed would make a
session of every call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from posthog_wizard.analytics.arguments import CONVERSATION
from posthog_wizard.analytics.requests import Request
from posthog_wizard.analytics.sessions import Clock, new_uuid

OURS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Conversation(NamedTuple):
    """A handle; `minted` when it must still reach the client."""

    identifier: str
    minted: bool


def possible(request: Request) -> bool:
    """Whether this request comes by a transport that has no sessions of its own, and is not stdio."""
    return request.headers is not None and request.session is None


def conversation_of(arguments: Mapping[str, Any], clock: Clock) -> Conversation:
    """The handle that the agent echoed, if it is one of ours (a UUID of version 7), else a new one."""
    said = arguments.get(CONVERSATION)
    handle = said.strip().lower() if isinstance(said, str) else ""
    return (
        Conversation(handle, minted=False)
        if OURS.fullmatch(handle)
        else Conversation(new_uuid(clock.now()), minted=True)
    )


def delivered(result: Mapping[str, Any], conversation: Conversation) -> dict[str, Any]:
    """The result with the handle as its last content block, where it must still be told."""
    content = result.get("content")
    if not conversation.minted or not isinstance(content, list):
        return dict(result)
    block = {"type": "text", "text": json.dumps({"conversation_id": conversation.identifier})}
    return {**result, "content": [*content, block]}
