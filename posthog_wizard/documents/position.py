"""Where in a text: line and column as an editor counts them."""

from __future__ import annotations

from posthog_wizard.errors import Malformed, UnexpectedShape

_HINT = "fix the file there, then run the command again"
NOWHERE = -1
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, both from 1; the column counts characters. A line ends in LF, CRLF or CR."""
    before = data[:offset] if offset < len(data) else data
    line = 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    start = 1 + max(before.rfind(b"\n"), before.rfind(b"\r"))
    text = before[start:].removeprefix(BYTE_ORDER_MARK) if start == 0 else before[start:]
    return line, 1 + len(text.decode("utf-8", "replace"))


def malformed(data: bytes, offset: int, found: str) -> Malformed:
    """The error for what stands at that offset."""
    line, column = position(data, offset)
    return Malformed(found, _HINT, line=line, column=column)


def unexpected(data: bytes, offset: int, found: str) -> UnexpectedShape:
    """The error for a well-formed text that is not what a client's settings look like."""
    line, column = position(data, offset)
    return UnexpectedShape(found, _HINT, line=line, column=column)
