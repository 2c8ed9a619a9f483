"""A client on stdin and stdout: lines in, lines out, noticing that it is gone, and logs that keep out of its way."""

import asyncio
import logging
import os
import queue
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from posthog_wizard.errors import WrongUsage
from posthog_wizard.own_files import touch

_CHUNK: Final = 1 << 16  # bytes; what a pipe gives at most
_BACKLOG: Final = 64 << 20  # bytes that may wait to be taken before no more is read
_OVERHEAD: Final = 100  # bytes that a line that waits takes beside its own
_KEPT: Final = 3  # pieces of a line that is too long: its first, and its last two, since one may be a few bytes
_UNREAD: Final = 16 << 20  # bytes that the client may leave unread before who writes must wait
_LOOK: Final = 0.01  # seconds between looks at how far the client is
_AT_ONCE: Final = getattr(select, "PIPE_BUF", 0)  # bytes that a pipe which is ready takes without blocking


class LineBuffer:
    """Bytes in, lines out. Of a line that is too long the middle is left out, and it stays too long."""

    def __init__(self, longest: int = sys.maxsize) -> None:
        self._longest, self._pieces, self._length = longest, list[bytes](), 0

    def lines(self, some: bytes) -> list[bytes]:
        """The lines that these bytes end, without their ends."""
        *ends, rest = some.split(b"\n")
        whole = [self._end(end) for end in ends]
        if rest:
            self._add(rest)
        return whole

    def rest(self) -> list[bytes]:
        """The line that has no end, if there is one."""
        return [self._end(b"")] if self._length else []

    def _end(self, piece: bytes) -> bytes:
        if not self._pieces:
            return piece
        self._add(piece)
        line = b"".join(self._pieces)
        self._pieces, self._length = [], 0
        return line

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        while len(self._pieces) > _KEPT and self._length - len(self._pieces[-3]) > self._longest:
            self._length -= len(self._pieces.pop(-3))


class Lines:
    """Lines of a file descriptor.

    The loop reads it where it can wait for it. Where it cannot (Windows, a file) a thread reads, and reads the
    descriptor itself: `sys.stdin` has a lock that a blocked thread would hold when the process wants to end.
    """

    def __init__(
        self, descriptor: int, loop: asyncio.AbstractEventLoop, *, longest: int = sys.maxsize, backlog: int = _BACKLOG
    ) -> None:
        self._descriptor, self._loop, self._backlog = descriptor, loop, backlog
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._buffer = LineBuffer(longest)
        self._waiting = 0  # bytes
        self.ended = asyncio.Event()  # nothing more will be read
        self._room = threading.Event()
        self._pause: Callable[[], object] = partial(loop.remove_reader, descriptor)
        self._resume: Callable[[], object] = partial(loop.add_reader, descriptor, lambda: self._take(self._some()))
        try:
            self._resume()
        except (OSError, NotImplementedError):
            self._pause, self._resume = self._room.clear, self._room.set
            self._resume()
            threading.Thread(target=self._read, name="stdin", daemon=True).start()

    async def next(self) -> bytes | None:
        """The next line without its end; None at the end of the file."""
        line = await self._lines.get()
        was_full = self._waiting >= self._backlog
        self._waiting -= len(line or b"") + _OVERHEAD
        if was_full and self._waiting < self._backlog and not self.ended.is_set():
            self._resume()
        return line

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the bridge has ended
            while some := self._some():
                self._loop.call_soon_threadsafe(self._take, some)
                self._room.wait()
            self._loop.call_soon_threadsafe(self._take, b"")

    def _some(self) -> bytes:
        try:
            return os.read(self._descriptor, _CHUNK)
        except OSError:  # a terminal that hung up
            return b""

    def _take(self, some: bytes) -> None:
        for line in self._buffer.lines(some) if some else (*self._buffer.rest(), None):
            self._lines.put_nowait(line)
            self._waiting += len(line or b"") + _OVERHEAD
        if not some:
            self.ended.set()
        if self.ended.is_set() or self._waiting >= self._backlog:
            self._pause()


class Output:
    """Lines to a file descriptor. `broken` is called, in any thread, when nobody reads any more.

    What it takes at once is written at once; the rest by a thread, so that a slow client holds nothing else up.
    """

    def __init__(self, descriptor: int, broken: Callable[[], object]) -> None:
        self._descriptor, self._broken = descriptor, broken
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sent = self._written = 0  # bytes by way of the thread; each is changed on one side only
        # whether writing a little would not block; not all systems tell
        self._is_ready: Callable[[], bool] = lambda: False
        if _AT_ONCE:
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            self._is_ready = lambda: bool(poll.poll(0))
        self._thread = threading.Thread(target=self._write_all, name="stdout", daemon=True)
        self._thread.start()

    async def send(self, line: bytes) -> None:
        """Write a line, in order, soon; wait while the client is far behind."""
        self.put(line)
        await self.keep_up()

    def put(self, line: bytes) -> None:
        """Write a line, in order, soon."""
        whole = line + b"\n"
        if len(whole) <= _AT_ONCE and self._sent == self._written and self._is_ready():
            self._write(whole)
            return
        self._sent += len(whole)
        self._lines.put(whole)

    async def keep_up(self, unread: int = _UNREAD) -> None:
        """Wait until the client has at most so many bytes still to read."""
        while self._sent - self._written > unread:  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(_LOOK)

    def close(self, patience: float) -> None:
        """Let what was sent be written, for at most so many seconds."""
        self._lines.put(None)
        self._thread.join(patience)

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            self._write(line)
            self._written += len(line)

    def _write(self, line: bytes) -> None:
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:  # nobody reads any more
            with suppress(RuntimeError):  # the loop is closed already
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


def log_output(file: Path | None) -> logging.Handler:
    """The handler for `--log-file`. Raises WrongUsage for a file that cannot be written."""
    if file is None:
        return logging.StreamHandler()
    try:
        touch(file)
        return logging.FileHandler(file, encoding="utf-8")
    except OSError as error:
        told = f"`{file}` cannot be written: {error.strerror}"
        raise WrongUsage(told, "pass another path with `--log-file`") from error
