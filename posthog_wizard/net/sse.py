"""Server-sent events out of a stream of bytes. Pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from posthog_wizard.net.retry_after import seconds
from posthog_wizard.net.strict_json import MARK

_LONGEST_ID = 4096  # bytes of an id that is remembered: it travels back in a header


class TooLarge(Exception):
    """An event, or an answer, is larger than the bridge takes."""


class ServerSentEvent(NamedTuple):
    """One event. `retry` is in seconds."""

    data: bytes
    id: str | None = None
    name: str = "message"
    retry: float | None = None


class EventReader:
    """Cuts what arrives into events; work is linear in the bytes, however they are cut."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._line: list[bytes] = []  # the pieces of an unfinished line
        self._size = 0  # bytes held: of that line and of the event's lines before it
        self._data: list[bytes] = []
        self._name = "message"
        self._id: str | None = None
        self._retry: float | None = None
        self._begun = False  # the first line is complete: before it a byte-order mark may stand
        self._after_return = False  # the last byte was a carriage return: a line feed now belongs to it

    def feed(self, some: bytes) -> Iterator[ServerSentEvent]:
        """The events that these bytes complete. Raises TooLarge."""
        if not some:
            return
        if self._after_return:
            some = some.removeprefix(b"\n")
        self._after_return = some.endswith(b"\r")
        *whole, rest = some.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for piece in whole:
            yield from self._end_line(piece)
        self._hold(rest)

    def _hold(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._largest:
            raise TooLarge
        if piece:
            self._line.append(piece)

    def _end_line(self, piece: bytes) -> Iterator[ServerSentEvent]:
        self._hold(piece)
        line = b"".join(self._line)
        self._line.clear()
        if not self._begun:
            self._begun, line = True, line.removeprefix(MARK)
        if line:
            self._field(*line.partition(b":"))
            return
        if self._data or self._id is not None or self._retry is not None:
            yield ServerSentEvent(b"\n".join(self._data), self._id, self._name, self._retry)
        self._data, self._name, self._id, self._retry, self._size = [], "message", None, None, 0

    def _field(self, name: bytes, _colon: bytes, value: bytes) -> None:
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            return
        self._size -= len(value)  # only data is held
        if name == b"event":
            self._name = value.decode("utf-8", "replace") or "message"
        elif name == b"id" and b"\0" not in value and len(value) <= _LONGEST_ID:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry":
            wait = seconds(value.decode("latin-1"))
            self._retry = self._retry if wait is None else wait / 1000
