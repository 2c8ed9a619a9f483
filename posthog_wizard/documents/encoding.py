"""Is this text UTF-8? Checked piece by piece, so that a large file is never held in memory twice."""

from __future__ import annotations

from codecs import utf_8_decode
from typing import Final

from posthog_wizard.documents.position import BYTE_ORDER_MARK, malformed

_PIECE: Final = 1 << 20
_FOREIGN_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def demand_utf8(data: bytes) -> int:
    """The offset behind the byte-order mark, if there is one. Raises Malformed for any other encoding."""
    for mark, name in _FOREIGN_MARKS:
        if data.startswith(mark):
            raise malformed(data, 0, f"the byte-order mark of {name}; only UTF-8 is read")
    offset = len(data) if data.isascii() else _first_bad_byte(data)
    if offset < len(data):
        raise malformed(data, offset, f"the byte 0x{data[offset]:02X}, which is not UTF-8")
    return len(BYTE_ORDER_MARK) if data.startswith(BYTE_ORDER_MARK) else 0


def _first_bad_byte(data: bytes) -> int:
    view, offset = memoryview(data), 0
    while offset < len(data):
        try:
            _, used = utf_8_decode(view[offset : offset + _PIECE], "strict", offset + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            return offset + error.start
        offset += used
    return offset
