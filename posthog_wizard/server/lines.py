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

CHUNK: Final = 1 << 16  # bytes, what a pipe gives at most
AHEAD: Final = 256  # lines that are read before the server takes them


class LinesIn:
    """The lines of a descriptor as text; what is not UTF-8 is replaced, so that its line is refused and not the rest.

    `before_end` is awaited at the end of the file, before the server learns of it.
    """

    def __init__(self, descriptor: int, before_end: Callable[[], Awaitable[None]]) -> None:
        self._descriptor, self._before_end = descriptor, before_end
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def __aiter__(self) -> LinesIn:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            await self._before_end()
            raise StopAsyncIteration
        self._room.release()
        return line.decode("utf-8", "replace")

    def _read(self) -> None:
        pieces: list[bytes] = []
        while some := self._some():
            *ends, rest = some.split(b"\n")
            for end in ends:
                self._hand_over(b"".join((*pieces, end)))
                pieces = []
            pieces.append(rest)
        if any(pieces):
            self._hand_over(b"".join(pieces))
        self._hand_over(None)

    def _some(self) -> bytes:
        try:
            return os.read(self._descriptor, CHUNK)
        except OSError:  # a terminal that hung up
            return b""

    def _hand_over(self, line: bytes | None) -> None:
        if line is not None:
            self._room.acquire()
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:  # the loop is closed, the server has ended
            return


class LinesOut:
    """Text to a descriptor. Whoever writes waits until it is written, so a slow client slows only its own answers."""

    def __init__(self, descriptor: int, broken: Callable[[], object]) -> None:
        self._descriptor, self._broken = descriptor, broken
        self._loop = asyncio.get_running_loop()
        self._texts: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="stdout", daemon=True).start()

    async def write(self, text: str) -> None:
        """Write the text, all of it."""
        written: asyncio.Future[None] = self._loop.create_future()
        self._texts.put((text.encode("utf-8", "replace"), written))
        await written

    async def flush(self) -> None:
        """Nothing is held back."""

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
