"""One run of the bridge, from the first line of the client to the last, each brought on its way in the right order."""

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any

from posthog_wizard.api.hosted import hosted_url
from posthog_wizard.bridge.bridge_context import BridgeContext, log
from posthog_wizard.bridge.delivery import deliver, listen
from posthog_wizard.bridge.http.upstream import Upstream
from posthog_wizard.bridge.logs import log_message, start_bridge_logging
from posthog_wizard.bridge.messages import Message, PendingRequest, one_line, parse_message, pending_request
from posthog_wizard.bridge.negotiation import question_of_server
from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.launcher import replaced_since_start
from posthog_wizard.net.addresses import Address, parse_address
from posthog_wizard.net.certificates import trusted
from posthog_wizard.net.jsonrpc import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, id_key, object_of
from posthog_wizard.net.proxies import proxy_for
from posthog_wizard.net.stdio import Lines, Output, own_stdout, parent_gone

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")  # not every system has all
_BUG = {"code": INTERNAL_ERROR, "message": "The bridge failed. Please report it with what --log-file wrote."}


class DaemonThreads(ThreadPoolExecutor):
    """What asyncio resolves names with: a name server that does not answer must not keep the process alive."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call the function in a thread of its own."""
        return start_in_background(partial(fn, *args, **kwargs))


def run_bridge(settings: BridgeSettings) -> int:
    """Serve the client on stdin and stdout until it leaves, and give the exit code.

    Raises WrongUsage for an address to which no key may go, a proxy or a certificate file of no use, a log file that
    cannot be written.
    """
    if settings.ca_file:
        trusted(settings.ca_file)  # a bad one is said at once, not at the first connection
    address = parse_address(hosted_url(settings.url, settings.limits), allow_http=settings.allow_http)
    start_bridge_logging(settings)
    asyncio.run(_until_signalled(settings._replace(proxy=proxy_for(address, os.environ)), address))
    return 0


async def _until_signalled(settings: BridgeSettings, address: Address) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: loop.call_soon_threadsafe(stopped.set))
    await forward(settings, address, 0, own_stdout(), stopped)


async def forward(settings: BridgeSettings, address: Address, stdin: int, stdout: int, stopped: asyncio.Event) -> None:
    """Forward between two descriptors and an address until the client leaves, its process ends, or `stopped` is set."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(DaemonThreads())
    output = Output(stdout, lambda: loop.call_soon_threadsafe(stopped.set))
    context = _bridge_context(settings, address, output)
    lines, relay = Lines(stdin, loop), _Relay(context)
    working = loop.create_task(relay.run(lines))
    ends = (lines.ended.wait(), stopped.wait(), parent_gone(settings.waits.parent))
    reasons = [asyncio.ensure_future(end) for end in ends]
    await asyncio.wait([working, *reasons], return_when=asyncio.FIRST_COMPLETED)
    for reason in reasons:
        reason.cancel()
    if lines.ended.is_set():
        await asyncio.wait([working], timeout=settings.waits.finish)
    await relay.close()
    context.stop_listening()
    if context.session.id:
        await context.end_session(context.session.headers)
    await context.upstream.aclose()
    output.close(settings.waits.farewell)
    if working.done():
        working.result()  # a bug is not to be swallowed


def _bridge_context(settings: BridgeSettings, address: Address, output: Output) -> BridgeContext:
    loop = asyncio.get_running_loop()
    secure = address.secure or (settings.proxy is not None and settings.proxy.place[0])
    context = loop.run_in_executor(None, trusted, settings.ca_file) if secure else None
    upstream = Upstream(address, settings.waits, context, settings.proxy)
    return BridgeContext(settings, address, upstream, output.send, listen, question_of_server)


class _Relay:
    """Requests travel side by side; what has no answer travels in its place in the order."""

    def __init__(self, context: BridgeContext) -> None:
        self._context = context
        self._under_way: dict[asyncio.Task[None], PendingRequest] = {}
        self._places = asyncio.Semaphore(context.settings.connections)

    async def run(self, lines: Lines) -> None:
        """Forward until the client has no more to say and all is answered."""
        while (line := await lines.next()) is not None:
            if line.strip():
                await self._take(line)
        while waiting := {*self._under_way, *self._context.kept}:
            await asyncio.wait(waiting)

    async def close(self) -> None:
        """Cut what is under way."""
        tasks = [*self._under_way, *self._context.kept]
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
            self._context.keep(self._context.end_session(headers))

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
            known = next((key for key, each in pending.pending_ids.items() if id_key(each) == target), None)
            if known is not None:  # under what the server knows the request that the client calls so
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
        async with nullcontext() if pending.complete else self._places:  # nobody waits for it: nor must it wait
            await deliver(self._context, pending)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        pending = self._under_way.pop(task)
        if not task.cancelled() and task.exception():
            log.error("a bug in the bridge", exc_info=task.exception())
            replaced = replaced_since_start()
            told = {**_BUG, "message": f"{replaced.message}; {replaced.hint}"} if replaced else _BUG
            self._context.keep(self._context.answer_with(told, pending.pending_ids.values()))
