"""The way out: a thread of its own, so that no call waits for redaction, a callback or the network."""

from __future__ import annotations

import asyncio
import atexit
import inspect
import os
import queue
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from posthog_wizard.analytics.options import NeverRaising, Options
from posthog_wizard.analytics.sessions import new_uuid

MOST_WAITING: Final = 1_000  # events; more are dropped, and the log says so
_PARTING: Final = 0.2  # seconds at the end of the process; the client itself then takes one at most
_FIRST: Final = 1.0  # seconds that the import of the SDK lets a server's first answers pass before it
_ENDS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_ENDING: Final = 1.5  # seconds before one of these ends the process
_CALLBACK: Final = 5.0  # seconds that an awaitable of `before_send` gets
_LOOK: Final = 0.005  # seconds between two looks at what is waiting
_Event = dict[str, Any]
_QUEUES: weakref.WeakSet[EventQueue] = weakref.WeakSet()


class PosthogClient(Protocol):
    """What is used of a `posthog.Posthog`."""

    def capture(
        self, event: str, *, distinct_id: str, properties: dict[str, Any], timestamp: datetime, uuid: str
    ) -> object:
        """Take an event; must not wait for the network."""

    def flush(self, timeout_seconds: float | None = ...) -> object:
        """Have what was taken sent, within so many seconds."""


class EventQueue:
    """Events on their way to a client. Nothing here raises, and only `drained` waits."""

    def __init__(self, client: PosthogClient, options: Options, tell: Callable[[str], None]) -> None:
        self._client, self._options, self._tell = client, options, tell
        self._told_full = False
        self._begin()
        _QUEUES.add(self)
        for number in _ENDS if threading.current_thread() is threading.main_thread() else ():
            if signal.getsignal(number) is signal.SIG_DFL:  # uvicorn, for one, has a handler of its own
                signal.signal(number, _at_signal)
        atexit.register(_at_exit, weakref.ref(self))  # runs before the client's own, which was made earlier

    def _begin(self) -> None:
        """Wait for events; what waits when a process forks is its parent's to send, whose thread may hold the locks."""
        self._pid = os.getpid()
        self._waiting: queue.Queue[tuple[_Event, asyncio.AbstractEventLoop | None]] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            self._begin()

    def put(self, event: _Event) -> None:
        """Send an event by and by."""
        self._check_process()
        try:
            self._waiting.put_nowait((event, _running_loop()))
        except queue.Full:
            if not self._told_full:
                self._told_full = True
                self._tell(f"more than {MOST_WAITING} events wait to be sent; the rest is dropped")
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="posthog-mcp-analytics", daemon=True)
            self._thread.start()

    def drained(self, patience: float) -> bool:
        """Wait until the client has every event, for `patience` seconds at most; gives whether it has."""
        end = time.monotonic() + patience
        self._check_process()
        self._hurry.set()
        while self._waiting.unfinished_tasks and time.monotonic() < end:
            time.sleep(_LOOK)
        return not self._waiting.unfinished_tasks

    def flushed(self, patience: float) -> None:
        """Have what is waiting sent, within `patience` seconds; what fails is told to the log."""
        end = time.monotonic() + patience
        self.drained(patience)
        try:
            self._client.flush(timeout_seconds=max(0.0, end - time.monotonic()))
        except Exception as problem:  # noqa: BLE001 - analytics never raise
            self._tell(f"analytics were not flushed: {type(problem).__name__}")

    def _work(self) -> None:
        if "posthog" not in sys.modules:
            self._hurry.wait(_FIRST)
        while True:
            event, loop = self._waiting.get()
            with NeverRaising(self._tell, "an event was dropped: "):
                self._send(event, loop)
            del event
            self._waiting.task_done()

    def _send(self, event: _Event, loop: asyncio.AbstractEventLoop | None) -> None:
        from posthog_wizard.analytics.payloads import name_library, payloads  # noqa: PLC0415 - it loads the SDK

        name_library(self._client)
        for payload in payloads(event, self._options):
            kept = self._approved(payload, loop)
            if not kept:
                return  # and what follows is the exception of a call that must not be told
            told = {name: kept[name] for name in ("distinct_id", "properties", "timestamp")}
            self._client.capture(kept["event"], **told, uuid=new_uuid(kept["timestamp"]))

    def _approved(self, payload: _Event, loop: asyncio.AbstractEventLoop | None) -> _Event | None:
        if self._options.before_send is None:
            return payload
        said: Any = self._options.before_send(payload)
        if not inspect.isawaitable(said):
            return said or None

        async def awaited() -> Any:
            return await said

        if loop is not None and loop.is_running():  # the server's
            return asyncio.run_coroutine_threadsafe(awaited(), loop).result(_CALLBACK) or None
        return asyncio.run(awaited()) or None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _at_signal(number: int, _frame: object) -> None:
    """Send what waits, in a thread, since this one may hold a lock; then die as if nobody had listened."""
    threads = [threading.Thread(target=sending.flushed, args=[_ENDING], daemon=True) for sending in list(_QUEUES)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + _ENDING
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _at_exit(sending: weakref.ref[EventQueue]) -> None:
    still = sending()
    if still is not None:
        still.drained(_PARTING)
