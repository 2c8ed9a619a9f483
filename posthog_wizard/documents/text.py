"""A text as bytes, whatever its format: is it UTF-8, where something stands in it, its lines, and edits of it."""

import re
from codecs import utf_8_decode
from collections.abc import Sequence
from typing import Final, NamedTuple

from posthog_wizard.documents.grammar import end
from posthog_wizard.errors import Malformed, UnexpectedShape

NOWHERE: Final = -1
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_FOREIGN_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_PIECE: Final = 1 << 20
_HINT: Final = "fix the file there, then run the command again"

_newlines = re.compile(rb"\r\n|\n|\r")
_newline_in_front = re.compile(rb"(?:\r\n|\n|\r)\Z").search
_line = re.compile(rb"[^\r\n]*").match
_blanks = re.compile(rb"[ \t]*").match
_blank_separator = re.compile(rb",[ \t\r\n]*").fullmatch
hash_gap = re.compile(rb"(?:[ \t\r\n]|#[^\r\n]*)*").match
"""White space and comments of TOML and YAML."""

# ------------------------------------------------------------------ encoding


def demand_utf8(data: bytes) -> int:
    """The offset behind the byte-order mark, if there is one. Raises Malformed for any other encoding."""
    for mark, name in _FOREIGN_MARKS:
        if data.startswith(mark):
            raise malformed(data, 0, f"the byte-order mark of {name}; only UTF-8 is read")
    offset = len(data) if data.isascii() else _first_bad_byte(data)
    if offset < len(data):
        raise malformed(data, offset, f"the byte 0x{data[offset]:02X}, which is not UTF-8")
    return start_of_text(data)


def _first_bad_byte(data: bytes) -> int:
    """Looked for piece by piece, so that a large file is never held in memory twice."""
    view, offset = memoryview(data), 0
    while offset < len(data):
        try:
            _, used = utf_8_decode(view[offset : offset + _PIECE], "strict", offset + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            return offset + error.start
        offset += used
    return offset


def start_of_text(data: bytes) -> int:
    """Behind the byte-order mark."""
    return len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0


# ------------------------------------------------------------------ places, as an editor counts them


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, both from 1; the column counts characters. A line ends in LF, CRLF or CR."""
    line = 1 + data.count(b"\n", 0, offset) + data.count(b"\r", 0, offset) - data.count(b"\r\n", 0, offset)
    return line, 1 + len(data[line_start(data, offset) : offset].decode("utf-8", "replace"))


def offset_of(data: bytes, line: int, column: int) -> int:
    """The byte at that line and column: the inverse of `position`."""
    starts = [start_of_text(data), *(found.end() for found in _newlines.finditer(data))]
    start = starts[min(line, len(starts)) - 1]
    return start + len(data[start:].decode("utf-8", "replace")[: column - 1].encode())


def malformed(data: bytes, offset: int, found: str) -> Malformed:
    """The error for what stands at that offset."""
    line, column = position(data, offset)
    return Malformed(found, _HINT, line=line, column=column)


def unexpected(data: bytes, offset: int, found: str) -> UnexpectedShape:
    """The error for a well-formed text that is not what a client's settings look like."""
    line, column = position(data, offset)
    return UnexpectedShape(found, _HINT, line=line, column=column)


# ------------------------------------------------------------------ lines


def first_newline(stretch: bytes) -> bytes:
    """The first line end in it, as it is spelled; empty when there is none."""
    found = _newlines.search(stretch)
    return found[0] if found else b""


def last_newline(stretch: bytes) -> bytes:
    """The last line end in it, as it is spelled; empty when there is none."""
    found = _newlines.findall(stretch)
    return found[-1] if found else b""


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


def indent_of_line(data: bytes, offset: int) -> bytes:
    """The white space at the start of the line on which the offset is."""
    start = line_start(data, offset)
    return data[start : end(_blanks(data, start, offset))]


# ------------------------------------------------------------------ edits


class TextEdit(NamedTuple):
    """The bytes from `start` to `stop` become `text`."""

    start: int
    stop: int
    text: bytes = b""


def apply_edits(data: bytes, *edits: TextEdit) -> bytes:
    """The text after all the edits, which are in order and do not overlap."""
    view, position = memoryview(data), 0
    pieces: list[bytes | memoryview] = []
    for edit in edits:
        pieces += [view[position : edit.start], edit.text]
        position = edit.stop
    return b"".join([*pieces, view[position:]])


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


# ------------------------------------------------------------------ edits of a container in brackets, as TOML and YAML have them

# Members are spans (start, end) in order. `take_out` takes away to the byte what `put_between` adds; comments stay.


def put_between(data: bytes, opening: int, members: Sequence[tuple[int, int]], member: bytes) -> list[TextEdit]:
    """One more member at the end, behind the others as they are behind each other."""
    if not members:
        return [TextEdit(opening + 1, opening + 1, member)]
    between = data[members[-2][1] : members[-1][0]] if members[1:] else b""
    separator = between if _blank_separator(between) else b", "
    return [TextEdit(members[-1][1], members[-1][1], separator + member)]


def take_out(data: bytes, members: Sequence[tuple[int, int]], index: int) -> list[TextEdit]:
    """Without the member of that index, and without one comma."""
    start, stop = members[index]
    if index and _blank_separator(data[members[index - 1][1] : start]):
        return [TextEdit(members[index - 1][1], stop)]
    if not index and members[1:] and _blank_separator(data[stop : members[1][0]]):
        return [TextEdit(start, members[1][0])]
    comma = end(hash_gap(data, members[index - 1][1] if index else stop))
    if data[comma : comma + 1] != b",":
        return [TextEdit(start, stop)]
    return sorted([TextEdit(start, stop), TextEdit(comma, comma + 1)])
