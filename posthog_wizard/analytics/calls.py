"""One request, under way or ended, and the fields of its event."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from posthog_wizard.analytics.conversations import CONVERSATION, Conversation
from posthog_wizard.analytics.event_types import EventFields, EventType, ResultFields, failure_in, parameters
from posthog_wizard.analytics.injected_arguments import CONTEXT_ARGUMENT, MODEL, ToolInfo, intent_in, model_of
from posthog_wizard.analytics.options import Identity, Options
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import AnalyticsSession
from posthog_wizard.analytics.virtual_tools import VirtualTool
from posthog_wizard.model import NOTHING


@dataclass
class ObservedCall:
    """One request. `asked` is as the client sent it, `request` as the server gets it."""

    asked: McpRequest
    request: McpRequest
    kind: EventType | None
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
    result: ResultFields | None = None
    failure: BaseException | None = None  # no Exception where it was cancelled, which is nobody's fault


def who_and_where(request: McpRequest | None, session: str, identity: Identity | None) -> EventFields:
    """The fields of every event: session, person, client."""
    event: EventFields = {"session_id": session}
    if identity is not None:
        event |= {
            "identify_actor_given_id": identity.distinct_id,
            "identify_actor_data": dict(identity.properties),
            "groups": dict(identity.groups),
        }
    if request is not None:
        headers = request.headers or NOTHING
        event |= {
            "client_name": request.client_name,
            "client_version": request.client_version,
            "protocol_version": request.protocol,
            "client_user_agent": headers.get("user-agent"),
            "vendor_client": headers.get("x-anthropic-client"),
        }
    return event


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
    return event | _failed(failure)


def _failed(failure: BaseException | str | None) -> EventFields:
    if failure is None:
        return {}
    is_cancelled = isinstance(failure, BaseException) and not isinstance(failure, Exception)
    return {"is_error": True} | ({"error_type": type(failure).__name__} if is_cancelled else {"failure": failure})


def tool_fields(call: ObservedCall, known: ToolInfo, options: Options, fallback: Any) -> EventFields:
    """What only a tool's call tells: its description, the intent, the model, the conversation."""
    event: EventFields = {"tool_description": known.description, "tool_category": known.category}
    event |= {"inputs": (dict(call.request.arguments), known.schema)} if call.virtual is None else {}
    event |= intent_of(call, known, options, fallback) if call.virtual is None else {}
    model = model_of(
        call.asked.meta, call.asked.arguments, self_reported=MODEL in known.owned or call.virtual is not None
    )
    if options.capture_model is not False and model:
        event |= {"llm_model": model[0], "llm_model_source": model[1]}
    if call.conversation is not None and call.conversation.identifier:
        event |= {"conversation_id": call.conversation.identifier}
    return event


def extra_properties(event: EventFields, said: Any) -> EventFields:
    """The event with the author's properties, which win."""
    given: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    return {**event, "properties": {**event.get("properties", {}), **given}}
