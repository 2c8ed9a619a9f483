"""The client's side: lines in, lines out, and noticing that it is gone."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

CHUNK: Final = 1 << 16  # bytes; what a pipe gives at most
BACKLOG: Final = 64 << 20  # bytes that may wait to be forwarded before no more is read
UNREAD: Final = 16 << 20  # bytes that the client may leave unread before the server must wait
LOOK: Final = 0.01  # seconds between looks at how far the client is


class Lines:
    """Lines of a file descriptor, read by a thread of its own: no system can wait for every kind of stdin.

    The thread reads the descriptor itself, not `sys.stdin`, whose lock a blocked thread would hold when the process
    wants to end.
    """

    def __init__(self, descriptor: int, loop: asyncio.AbstractEventLoop, backlog: int = BACKLOG) -> None:
        self._descriptor, self._loop, self._backlog = descriptor, loop, backlog
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._waiting = 0
        self.ended = asyncio.Event()  # nothing more will be read
        self._room = threading.Event()
        self._room.set()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    async def next(self) -> bytes | None:
        """The next line without its end; None at the end of the file."""
        line = await self._lines.get()
        self._waiting -= len(line or b"")
        if self._waiting < self._backlog and not self._room.is_set():
            self._room.set()
        return line

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the bridge has ended
            self._read_to_the_end()

    def _read_to_the_end(self) -> None:
        pieces: list[bytes] = []
        while some := self._some():
            *whole, rest = some.split(b"\n")
            if whole:
                whole[0] = b"".join([*pieces, whole[0]])
                pieces = []
                self._hand_over(whole)
            pieces.append(rest)
        self._hand_over([b"".join(pieces), None])

    def _some(self) -> bytes:
        self._room.wait()
        try:
            return os.read(self._descriptor, CHUNK)
        except OSError:  # a terminal that hung up
            return b""

    def _hand_over(self, lines: Sequence[bytes | None]) -> None:
        self._loop.call_soon_threadsafe(self._take, lines)

    def _take(self, lines: Sequence[bytes | None]) -> None:
        for line in lines:
            self._waiting += len(line or b"")
            self._lines.put_nowait(line)
        if None in lines:
            self.ended.set()
        if self._waiting >= self._backlog:
            self._room.clear()


class Output:
    """Lines to a file descriptor, written by a thread of its own, so that a slow client holds nothing else up."""

    def __init__(self, descriptor: int, broken: Callable[[], object]) -> None:
        self._descriptor, self._broken = descriptor, broken
        self._loop = asyncio.get_running_loop()
        self._pending: list[bytes] = []  # lines of this turn of the loop, which leave together
        self._batches: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sent = self._written = 0  # bytes; each is changed by one thread only
        self._thread = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._thread.start()

    async def send(self, line: bytes) -> None:
        """Write a line, in order, soon; wait while the client is far behind."""
        if not self._pending:
            self._loop.call_soon(self._hand_over)
        self._pending += [line, b"\n"]
        self._sent += len(line) + 1
        while self._sent - self._written > UNREAD:  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(LOOK)

    def close(self, patience: float) -> None:
        """Let what was sent be written, for at most so many seconds."""
        self._hand_over()
        self._batches.put(None)
        self._thread.join(patience)

    def _hand_over(self) -> None:
        batch, self._pending = b"".join(self._pending), []
        self._batches.put(batch)

    def _write(self) -> None:
        try:
            while (batch := self._batches.get()) is not None:
                rest = memoryview(batch)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
                self._written += len(batch)
        except OSError:  # nobody reads any more
            with suppress(RuntimeError):  # the bridge has ended already
                self._broken()


def own_stdout() -> int:
    """A descriptor for protocol lines; whatever else is printed in this process goes to stderr from now on."""
    protocol = os.dup(1)
    os.dup2(2, 1)
    return protocol


async def parent_gone(interval: float) -> None:
    """Return when the process that started this one has ended. Windows tells nothing; there, stdin ends."""
    first = os.getppid()
    while os.getppid() == first:  # noqa: ASYNC110 - no system tells
        await asyncio.sleep(interval)
