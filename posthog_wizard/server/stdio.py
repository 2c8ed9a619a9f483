"""The wire: lines from stdin and to stdout, each served by a thread of its own that cannot hold the process up.

The threads use the descriptors themselves: a thread that is blocked within `sys.stdin` would keep its lock, and Python
could then not end.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import Final

from posthog_wizard.server.jsonrpc import LONGEST_LINE

_CHUNK: Final = 1 << 16  # bytes, what a pipe gives at most
_KEPT: Final = 3  # pieces of a line that is too long: its first, and its last two, since one may be a few bytes
_AHEAD: Final = 256  # lines that are read before the server takes them
_AHEAD_BYTES: Final = 64 << 20  # or so many bytes, rounded up to a line


class LineBuffer:
    """Bytes in, lines out. Of a line that is too long the middle is left out, and it stays too long."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest, self._pieces, self._length = longest, list[bytes](), 0

    def lines(self, some: bytes) -> list[bytes]:
        """The lines that these bytes end, without their ends."""
        *ends, rest = some.split(b"\n")
        whole = [self._end(end) for end in ends]
        self._add(rest)
        return whole

    def rest(self) -> list[bytes]:
        """The line that has no end, if there is one."""
        return [self._end(b"")] if self._length else []

    def _end(self, piece: bytes) -> bytes:
        self._add(piece)
        line = b"".join(self._pieces)
        self._pieces, self._length = [], 0
        return line

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        while len(self._pieces) > _KEPT and self._length - len(self._pieces[-3]) > self._longest:
            self._length -= len(self._pieces.pop(-3))


class LinesIn:
    """The lines of a descriptor.

    `before_end` is awaited at the end of the file, before the server learns of it.
    """

    def __init__(self, descriptor: int, before_end: Callable[[], Awaitable[None]]) -> None:
        self._descriptor, self._before_end = descriptor, before_end
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ahead = [0, 0]  # lines, bytes
        self._room = threading.Condition()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def __aiter__(self) -> LinesIn:
        return self

    async def __anext__(self) -> bytes:
        line = await self._lines.get()
        if line is None:
            await self._before_end()
            raise StopAsyncIteration
        with self._room:
            self._count(-1, -len(line))
            self._room.notify()
        return line

    def _read(self) -> None:
        buffer = LineBuffer()
        while some := self._some():
            for line in buffer.lines(some):
                self._hand_over(line)
        for line in buffer.rest():
            self._hand_over(line)
        self._hand_over(None)

    def _some(self) -> bytes:
        try:
            return os.read(self._descriptor, _CHUNK)
        except OSError:  # a terminal that hung up
            return b""

    def _hand_over(self, line: bytes | None) -> None:
        if line is not None:
            with self._room:
                self._room.wait_for(lambda: self._ahead[0] < _AHEAD and self._ahead[1] < _AHEAD_BYTES)
                self._count(1, len(line))
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:  # the loop is closed, the server has ended
            return

    def _count(self, lines: int, size: int) -> None:
        self._ahead = [self._ahead[0] + lines, self._ahead[1] + size]


class LinesOut:
    """Text to a descriptor, in its order. Who waits for `written` is slowed by a slow client, and nobody else."""

    def __init__(self, descriptor: int, broken: Callable[[], object]) -> None:
        self._descriptor, self._broken = descriptor, broken
        self._loop = asyncio.get_running_loop()
        self._texts: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._last: asyncio.Future[None] = self._loop.create_future()
        self._last.set_result(None)
        threading.Thread(target=self._write, name="stdout", daemon=True).start()

    def send(self, line: str) -> None:
        """Have a line written soon."""
        self._last = self._loop.create_future()
        self._texts.put((f"{line}\n".encode(), self._last))

    async def written(self) -> None:
        """Wait until all that was sent is written."""
        await asyncio.shield(self._last)

    def _write(self) -> None:
        while True:
            text, written = self._texts.get()
            try:
                _write_all(self._descriptor, text)
                self._loop.call_soon_threadsafe(_done, written)
            except OSError:  # nobody reads any more
                self._loop.call_soon_threadsafe(self._broken)
                return
            except RuntimeError:  # the loop is closed, the server has ended
                return


def _write_all(descriptor: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _done(written: asyncio.Future[None]) -> None:
    if not written.done():
        written.set_result(None)


def own_stdout() -> int:
    """A descriptor for protocol lines; whatever else is printed in this process goes to stderr from now on."""
    protocol = os.dup(1)
    os.dup2(2, 1)
    return protocol
