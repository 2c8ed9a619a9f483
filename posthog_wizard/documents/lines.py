"""Whole lines of a text: where they start and end, and how they go."""

from __future__ import annotations

import re

from posthog_wizard.documents.edit import TextEdit
from posthog_wizard.documents.grammar import end
from posthog_wizard.documents.layout import first_newline
from posthog_wizard.documents.position import BYTE_ORDER_MARK

_line = re.compile(rb"[^\r\n]*").match
_newline_in_front = re.compile(rb"(?:\r\n|\n|\r)\Z").search


def start_of_text(data: bytes) -> int:
    """Behind the byte-order mark."""
    return len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0


def newline_of(data: bytes) -> bytes:
    """The line end of the text; that of a new file where it has none."""
    return first_newline(data) or b"\n"


def line_start(data: bytes, offset: int) -> int:
    """Where its line starts."""
    return max(start_of_text(data), 1 + max(data.rfind(b"\n", 0, offset), data.rfind(b"\r", 0, offset)))


def line_end(data: bytes, offset: int) -> int:
    """Where its line ends, in front of its line end."""
    return end(_line(data, offset))


def last_line_end(data: bytes, stop: int) -> int:
    """In front of the line end that ends at `stop`; `stop` itself when there is none."""
    found = _newline_in_front(data[max(0, stop - 2) : stop])
    return stop - len(found[0]) if found else stop


def whole_lines(data: bytes, start: int, stop: int, *, apart: bool = False, behind: bool = False) -> TextEdit:
    """The lines from `start` to `stop` go, and the line end in front, or `behind`.

    `apart`: an empty line in front of them goes, too.
    """
    start, stop = line_start(data, start), line_end(data, stop)
    if behind or start == start_of_text(data):
        return TextEdit(start, stop + len(first_newline(data[stop : stop + 2])))
    for _ in range(1 + apart):
        start = last_line_end(data, start)
    return TextEdit(max(start, start_of_text(data)), stop)
