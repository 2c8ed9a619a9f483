"""The client's lines, each brought on its way in the right order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.delivery import deliver
from posthog_wizard.bridge.logs import log_message
from posthog_wizard.bridge.messages import Message, PendingRequest, identified, one_line, parse_message, pending_request
from posthog_wizard.net.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, id_key, object_of
from posthog_wizard.net.stdio import Lines

_BUG = {"code": INTERNAL_ERROR, "message": "The bridge failed. Please report it with what --log-file wrote."}


class Relay:
    """Requests travel side by side; what has no answer travels in its place in the order."""

    def __init__(self, context: BridgeContext) -> None:
        self._context = context
        self._under_way: dict[asyncio.Task[None], PendingRequest] = {}
        self._besides: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(context.settings.connections)

    async def run(self, lines: Lines) -> None:
        """Forward until the client has no more to say and all is answered."""
        while (line := await lines.next()) is not None:
            if line.strip():
                await self._take(line)
        while waiting := {*self._under_way, *self._besides}:
            await asyncio.wait(waiting)

    async def close(self) -> None:
        """Cut what is under way."""
        tasks = [*self._under_way, *self._besides]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, line: bytes) -> None:
        log_message("client ->", line)
        try:
            message = parse_message(one_line(line))
        except ValueError as error:
            log.warning("the client sent a line of %d bytes that is no JSON-RPC: %s", len(line), error)
            told = f"This line is not a JSON-RPC message: {error}."
            await self._context.answer_with({"code": PARSE_ERROR, "message": told}, [None])
            return
        keys = {id_key(each) for each in message.pending_ids}
        if None in keys:
            log.warning("the client sent a request with an invalid id")
            ids = [each if id_key(each) else None for each in message.pending_ids]
            told = "An id must be a string, a number or null."
            await self._context.answer_with({"code": INVALID_REQUEST, "message": told}, ids)
        elif message.method == "initialize":
            await self._begin(message)
        elif message.pending_ids:
            self._start(message)
        else:
            await self._tell(message)

    async def _begin(self, hello: Message) -> None:
        """`initialize`: what follows needs the session that it brings, and a session before it is over."""
        session = self._context.session
        former, headers, generation = session.id, session.headers, session.generation
        session.legacy = False  # it speaks as an earlier client, whatever it said before
        await asyncio.wait([self._start(hello)])
        if former and session.generation != generation:
            self._keep(self._context.end_session(headers))

    async def _tell(self, message: Message) -> None:
        """A notification, or an answer to the server."""
        given_up: asyncio.Task[None] | None = None
        if message.method == "notifications/cancelled":
            given_up, told = self._give_up(message)
            if not told:
                return
        waiting = self._context.session.answers.pop(id_key(object_of({"": message.content}, "").get("id")), None)
        if message.method is None and waiting and not waiting.done():
            waiting.set_result(message.content)
            return
        if self._context.session.is_stale(message):
            log.info("an answer to a question of an earlier session was dropped")
            return
        await self._send_in_order(message)
        if given_up:
            given_up.cancel()
        if message.method == "notifications/initialized":
            self._context.session.initialized = message
            if self._context.session.generation:  # it has begun, whatever the client thinks
                self._context.listen()

    async def _send_in_order(self, message: Message) -> None:
        """After all that came before it, and before what comes next."""
        patience = self._context.settings.waits.notification
        departures = [asyncio.create_task(pending.sent.wait()) for pending in self._under_way.values()]
        if departures:
            _, late = await asyncio.wait(departures, timeout=patience)
            for departure in late:
                departure.cancel()
        await asyncio.wait([self._start(message)], timeout=patience)

    def _give_up(self, message: Message) -> tuple[asyncio.Task[None] | None, bool]:
        """End a request that the client no longer wants: no answer to it will be passed on.

        Gives the task that is to be cancelled once the server has been told, and whether it must be: since the revision
        of 2026-07-28 closing the connection is the cancellation; before, a message is.
        """
        target = id_key(message.parameters.get("requestId"))
        for task, pending in self._under_way.items():
            if (known := identified(pending, target)) is not None:
                del pending.pending_ids[known]
                told = pending.message.version is None and pending.sent.is_set()
                if pending.complete and not told:
                    task.cancel()
                return task if pending.complete else None, told
        return None, self._context.session.generation > 0

    def _start(self, message: Message) -> asyncio.Task[None]:
        pending = pending_request(message)
        task = asyncio.create_task(self._carry(pending))
        self._under_way[task] = pending
        task.add_done_callback(self._arrived)
        return task

    async def _carry(self, pending: PendingRequest) -> None:
        if pending.complete:  # nobody waits for it, so that it must not wait either
            await deliver(self._context, pending)
        else:
            async with self._places:
                await deliver(self._context, pending)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        pending = self._under_way.pop(task)
        if not task.cancelled() and task.exception():
            log.error("a bug in the bridge", exc_info=task.exception())
            self._keep(self._context.answer_with(_BUG, pending.pending_ids.values()))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._besides.add(task)
        task.add_done_callback(self._besides.discard)
