"""What happens around one request: arguments taken out, tools of ours answered, lists extended, the outcome recorded.

Whatever fails in here is told to the log, and the request goes on as if nobody watched.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from posthog_wizard.analytics.calls import ObservedCall
from posthog_wizard.analytics.conversations import CONVERSATION, conversation_of, delivered, over_http, possible
from posthog_wizard.analytics.event_types import EVENT_TYPES
from posthog_wizard.analytics.options import NeverRaising, invoke, resolve
from posthog_wizard.analytics.recorder import CURRENT_CALL, Recorder
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import derived_session
from posthog_wizard.analytics.virtual_tools import VirtualTools

_Got = TypeVar("_Got")
McpResult = dict[str, Any]
_Proceed = Callable[[Mapping[str, Any] | None], Awaitable[McpResult]]
_Registry = Callable[[str, Any], Any]
"""A tool's name, and the SDK's context -> its definition (a dict of the protocol), an awaitable of one, or None."""


@dataclass
class Observer:
    """Watches the requests of one server. `registry` is asked about a tool that no list has told of."""

    recorder: Recorder
    virtual: VirtualTools
    registry: _Registry | None = None

    async def around(self, asked: McpRequest, proceed: _Proceed) -> McpResult:
        """The result of `proceed`, which is given other parameters when arguments of ours are taken out of them."""
        call = await self._begun(asked)
        if call is None:
            return await proceed(None)
        token = CURRENT_CALL.set(call)
        try:
            result = await self._answered(call, proceed)
        except BaseException as problem:  # a cancelled request is one too
            self._end(call, failure=problem)
            raise
        finally:
            CURRENT_CALL.reset(token)
        given = self._safely(lambda: self._extended(call, result), result)
        self._end(call, result=result if call.conversation else given)  # the handle is no part of the answer
        return given

    async def _answered(self, call: ObservedCall, proceed: _Proceed) -> McpResult:
        if call.virtual is not None:
            answer = await call.virtual.answer(call.asked.arguments)
            return answer if call.asked.handshake is None else {**answer, "resultType": "complete"}  # the era wants it
        return await proceed(call.request.params if call.request is not call.asked else None)

    async def _begun(self, asked: McpRequest) -> ObservedCall | None:
        with NeverRaising(self.recorder.tell, "a request was not watched: "):
            kind = EVENT_TYPES.get(asked.method)
            if kind is None and asked.handshake is None:
                return None
            if asked.method == "tools/call":
                await self._learn(asked)
            call = self._call(asked)
            self.recorder.identify(call)
            return call
        return None

    def _call(self, asked: McpRequest) -> ObservedCall:
        clock, client, conversation = self.recorder.clock, self.recorder.sessions.of(asked), None
        if self._converses(asked):
            conversation = conversation_of(asked.arguments, clock)
        return ObservedCall(
            asked=asked,
            request=self._stripped(asked),
            kind=EVENT_TYPES.get(asked.method),
            session=derived_session(conversation.identifier) if conversation else client.identifier,
            client=client,
            began=clock.now(),
            seconds=clock.seconds(),
            conversation=conversation,
            virtual=self.virtual.of(asked.params.get("name")) if asked.method == "tools/call" else None,
        )

    def _converses(self, asked: McpRequest) -> bool:
        """Whether a handle is read and told: not with a tool that has an argument of that name of its own."""
        if asked.method != "tools/call" or not self.recorder.options.enable_conversation_id or not possible(asked):
            return False
        known = self.recorder.tools.of(asked.params.get("name"))
        return known.unlisted or CONVERSATION in known.owned

    def _stripped(self, asked: McpRequest) -> McpRequest:
        """The request without the arguments that are ours; the same one where there are none."""
        owned = self.recorder.tools.of(asked.params.get("name")).owned if asked.method == "tools/call" else frozenset()
        if not owned & asked.arguments.keys():
            return asked
        kept = {name: value for name, value in asked.arguments.items() if name not in owned}
        return asked._replace(params={**asked.params, "arguments": kept})

    async def _learn(self, asked: McpRequest) -> None:
        tools, name = self.recorder.tools, asked.params.get("name")
        if self.registry is None or not isinstance(name, str) or not tools.of(name).unlisted:
            return
        found = await resolve(invoke(self.registry, name, asked.ctx, tell=self.recorder.tell), self.recorder.tell)
        if found is not None:
            tools.learn(found, conversation=over_http(asked))
            self.virtual.missing_from({name})

    def _extended(self, call: ObservedCall, result: McpResult) -> McpResult:
        if call.asked.method == "tools/call":
            known = self.recorder.tools.of(call.asked.params.get("name"))
            return delivered(result, call.conversation, mirrored=known.mirrored) if call.conversation else result
        if call.asked.method != "tools/list" or not isinstance(result.get("tools"), list):
            return result
        tools, conversation = self.recorder.tools, possible(call.asked)
        for tool in result["tools"]:
            tools.learn(tool, conversation=over_http(call.asked), listed=conversation)
        first_page = call.asked.params.get("cursor") is None
        ours = self.virtual.missing_from({tool["name"] for tool in result["tools"]}) if first_page else []
        extended = [tools.extended(tool, conversation=conversation) for tool in result["tools"]]
        return {
            **result,
            "tools": extended + [tools.extended(tool, virtual=True, conversation=conversation) for tool in ours],
        }

    def _end(self, call: ObservedCall, result: McpResult | None = None, failure: BaseException | None = None) -> None:
        if failure is not None and call.conversation is not None and call.conversation.minted:
            call.conversation = None  # nobody was told of it
        call.milliseconds = round((self.recorder.clock.seconds() - call.seconds) * 1000, 3)
        call.result, call.failure = result, failure
        self._safely(lambda: self.recorder.ended(call), None)

    def _safely(self, action: Callable[[], _Got], otherwise: _Got) -> _Got:
        with NeverRaising(self.recorder.tell, "an event was lost: "):
            return action()
        return otherwise
