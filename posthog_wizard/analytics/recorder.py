"""From a finished request to its events, which wait for the answers of the author's callbacks and never for more."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from posthog_wizard.analytics import calls
from posthog_wizard.analytics.calls import EventFields, ObservedCall
from posthog_wizard.analytics.injected_arguments import ToolRegistry
from posthog_wizard.analytics.options import Callback, Identity, Options, invoke, resolve
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import Clock, Sessions
from posthog_wizard.model import NOTHING

_CUSTOM = "posthog:custom"
_MOST_CLIENTS = 1_000  # remembered as greeted; clients must not fill the memory
CURRENT_CALL: ContextVar[ObservedCall | None] = ContextVar("posthog_wizard_analytics_call", default=None)


@dataclass
class Recorder:
    """The events of one server. `put` takes them; `server` is its name and version."""

    options: Options
    put: Callable[[EventFields], None]
    tell: Callable[[str], None]
    clock: Clock
    server: tuple[str | None, str | None] = (None, None)
    tools: ToolRegistry = field(init=False)
    sessions: Sessions = field(init=False)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    greeted: set[tuple[str | None, str | None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tools, self.sessions = ToolRegistry(self.options), Sessions(self.clock)

    def identify(self, call: ObservedCall) -> None:
        """Ask who sends the request; an awaitable answer is waited for by its events, and not by the call."""
        chosen = self.options.identify
        call.identity = call.client.person
        said = chosen if isinstance(chosen, Identity) else self._asked(chosen, call, self._nobody_knows(call))
        if inspect.isawaitable(said):
            call.identifying = self._spawn(self._identify_later(call, said))
        else:
            self._identified(call, said)

    def ended(self, call: ObservedCall) -> None:
        """Send the events of a call, at once or when the author's callbacks have answered."""
        call.greets = self._greets(call)
        if (call.result or NOTHING).get("resultType") == "input_required":
            call.kind = None  # no outcome yet: the client comes again, with what the server wants to know
        if call.kind is None and not call.greets:
            return
        known = self.tools.of(call.asked.params.get("name"))
        is_mute = call.asked.method == "tools/call" and not calls.intent_of(call, known, self.options, None)
        callbacks = (self.options.event_properties, self.options.intent_fallback if is_mute else None)
        answers = [call.identifying, *(self._asked(callback, call) for callback in callbacks)]
        if any(inspect.isawaitable(answer) for answer in answers):
            self._spawn(self._later(call, answers))
        else:
            self._send(call, *answers[1:])

    def custom(self, name: str, properties: Mapping[str, Any]) -> None:
        """Send an event of the author's own, in the session of the call that it is told in, if in one."""
        call, told, now = CURRENT_CALL.get(), dict(properties), self.clock.now()
        own = {"event_type": _CUSTOM, "event_name": name, "properties": told, "duration": 0}
        if call is None or call.milliseconds is not None:
            # who had a task started that works for all is not who it works for
            process, always = self.sessions.process, self.options.identify
            identity = always if isinstance(always, Identity) else process.person
            self.put(self._event(None, process.identifier, identity, now) | own)
        elif call.identifying is None:
            self.put(self._event(call.request, call.session, call.identity, now) | own)
        else:
            self._spawn(self._custom_later(call, now, own))

    async def _custom_later(self, call: ObservedCall, now: datetime, own: EventFields) -> None:
        await asyncio.wait(filter(None, [call.identifying]))
        self.put(self._event(call.request, call.session, call.identity, now) | own)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def _nobody_knows(self, call: ObservedCall) -> Callable[[str], None]:
        """Where trouble with `identify` is told: whoever used the session before, this may be somebody else."""

        def tell(line: str) -> None:
            call.identity = None
            self.tell(line)

        return tell

    def _asked(self, callback: Callback | None, call: ObservedCall, tell: Callable[[str], None] | None = None) -> Any:
        told = call.asked
        extra = {"session_id": told.session, "headers": told.headers, "ctx": told.ctx}
        return invoke(callback, {"method": told.method, "params": told.params}, extra, tell=tell or self.tell)

    async def _later(self, call: ObservedCall, answers: list[Any]) -> None:
        said = [await resolve(answer, self.tell) for answer in answers]
        self._send(call, *said[1:])

    async def _identify_later(self, call: ObservedCall, said: Awaitable[Any]) -> None:
        self._identified(call, await resolve(said, self._nobody_knows(call)))

    def _identified(self, call: ObservedCall, said: Any) -> None:
        if said is None:
            return
        if not isinstance(said, Identity) or not said.distinct_id:
            words = "`identify` must give an Identity with a distinct id, or None; it gave a"
            self._nobody_knows(call)(f"{words} {type(said).__name__}")
            return
        news = call.client.learn(said, over_http=call.asked.headers is not None)
        call.identity = call.client.last_said
        if news and (call.asked.channel is not None or self.sessions.is_news(call.asked, news)):
            event = self._event(call.request, call.session, call.identity, call.began)
            self.put(event | {"event_type": _CUSTOM, "event_name": "$identify"})

    def _greets(self, call: ObservedCall) -> bool:
        """Whether this is the first request of a client that makes no handshake, and stands in for it."""
        client = (call.request.client_name, call.request.client_version)
        first = call.request.handshake is not None and client not in self.greeted
        if first and len(self.greeted) < _MOST_CLIENTS:
            self.greeted.add(client)
        return first and self.options.send_initialize_event

    def _send(self, call: ObservedCall, properties: Any, fallback: Any) -> None:
        event = self._event(call.request, call.session, call.identity, call.began) | {"duration": call.milliseconds}
        if call.greets:
            handshake = {"request": {"method": "initialize", "params": dict(call.request.handshake or NOTHING)}}
            greeting = event | {"event_type": "mcp:initialize", "parameters": handshake}
            self.put(calls.extra_properties(greeting, properties))
        options = self.options
        unwanted = {"initialize": not options.send_initialize_event, "tools/list": not options.send_tools_list_event}
        if call.kind is None or unwanted.get(call.asked.method, False):
            return
        known = self.tools.of(call.asked.params.get("name"))
        event |= calls.outcome_of(call, known, options)
        event |= {} if options.capture_responses else {"response": None}
        if call.asked.method == "tools/call":
            event |= calls.tool_fields(call, known, options, fallback)
        self.put(calls.extra_properties(event, properties))

    def _event(self, request: McpRequest | None, session: str, identity: Identity | None, at: datetime) -> EventFields:
        """The fields of every event: session, person, client, server."""
        name, version = self.server
        event: EventFields = {"session_id": session, "timestamp": at}
        event |= {"server_name": name, "server_version": version, "server_build": self.options.server_build}
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
