"""JSON5 (https://spec.json5.org), edited through a translation into JSON with comments that knows where each byte came from.

What JSON does not have (names without quotes, single quotes, hexadecimal numbers, ...) is put into JSON's words; an
edit of the translation is then made in the original, whose other bytes stay.

The scanner of JSON stays as fast and strict as it is, and one client's freedoms cost nobody else anything.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from posthog_wizard.documents import jsonc
from posthog_wizard.documents.document import AnyDocument, String
from posthog_wizard.documents.text import TextEdit, demand_utf8, offset_of, position
from posthog_wizard.documents.walk import Container, Member
from posthog_wizard.errors import ConfigError
from posthog_wizard.model import Dialect, KeyPath

_TOKENS: Final = re.compile(
    rb"""(?P<same>//[^\r\n]*+|/\*.*?\*/|[{}\[\],:]|[ \t\r\n]++)
    |(?P<string>"(?:[^"\\\r\n]|\\.)*+"|'(?:[^'\\\r\n]|\\.)*+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F]++|Infinity\b|NaN\b|(?:0|[1-9]\d*+)(?:\.\d*+)?(?:[eE][+-]?\d++)?|\.\d++(?:[eE][+-]?\d++)?))
    |(?P<name>[A-Za-z_$\x80-\xff][\w$\x80-\xff]*+)""",
    re.DOTALL | re.VERBOSE,
)
_COLON: Final = re.compile(rb"(?:[ \t\r\n]++|//[^\r\n]*+|/\*.*?\*/)*+:", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_CONTINUED: Final = ("\n", "\r", "\r\n", "\u2028", "\u2029")  # the line goes on


class _Piece(NamedTuple):
    """A stretch that reads otherwise in JSON: where it starts and ends, in the translation and in the original."""

    start: int
    end: int
    original: int
    original_end: int


def parse(data: bytes | None, dialect: Dialect) -> AnyDocument:
    """Read a client's file. Raises what `jsonc.parse` raises, with lines and columns of the file itself."""
    text = data or b""
    translated, pieces = _translate(text, demand_utf8(text))
    if not pieces:
        return jsonc.parse(data, dialect)
    try:
        return _Json5Document(text, translated, dialect, pieces)
    except ConfigError as problem:
        raise _at_home(problem, text, translated, pieces) from None


class _Json5Document(jsonc.Document):
    """A text with words of JSON5 in it: its translation is looked at and edited, and what comes of it is made here."""

    def __init__(self, data: bytes, translated: bytes, dialect: Dialect, pieces: list[_Piece]) -> None:
        super().__init__(translated, dialect)
        self.data, self._pieces = data, pieces

    def strings(self, start: int, end: int) -> Iterator[String]:
        for one in super().strings(0, len(self._text)):
            here = one._replace(start=_back(self._pieces, one.start)[0], end=_back(self._pieces, one.end)[1])
            if here.end > start and here.start < end:
                yield here

    def _way(self, keys: KeyPath) -> tuple[tuple[Container, ...], Member | None]:
        try:
            return super()._way(keys)
        except ConfigError as problem:
            raise _at_home(problem, self.data, self._text, self._pieces) from None

    def _apply(self, *edits: TextEdit) -> bytes:
        """The edits of the translation, made in the original: between two places that it has in common with it."""
        before, after = self._text, super()._apply(*edits)
        for start in self._starts(_common(before, after)):
            same = _common(before[start:][::-1], after[start:][::-1])
            stop = len(before) - same
            if self._is_edge(stop):
                new = after[start : len(after) - same]
                return self.data[: _back(self._pieces, start)[1]] + new + self.data[_back(self._pieces, stop)[0] :]
        raise AssertionError("the beginning of a text is always an edge")

    def _starts(self, start: int) -> Iterator[int]:
        """The edges at or before that place, the nearest first."""
        if self._is_edge(start):
            yield start
        yield from (edge for one in reversed(self._pieces) for edge in (one.end, one.start) if edge < start)
        yield 0

    def _is_edge(self, offset: int) -> bool:
        return not any(one.start < offset < one.end for one in self._pieces)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes they begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _back(pieces: list[_Piece], offset: int) -> tuple[int, int]:
    """Where a place of the translation is in the original: from the front and from behind, where a piece has no bytes."""
    index = bisect_right(pieces, offset, key=lambda one: one.start) - 1
    if index < 0:
        return offset, offset
    one = pieces[index]
    if offset >= one.end:
        return one.original_end + offset - one.end, one.original_end + offset - one.end
    return one.original, one.original


def _at_home(problem: ConfigError, data: bytes, translated: bytes, pieces: list[_Piece]) -> ConfigError:
    """The error with the place that it has in the file."""
    offset = offset_of(translated, problem.line or 1, problem.column or 1)
    problem.line, problem.column = position(data, _back(pieces, offset)[0])
    return problem


def _translate(data: bytes, start: int) -> tuple[bytes, list[_Piece]]:
    """The text in JSON's words, and the pieces that differ. From what nobody knows on, it stays as it is."""
    parts, pieces, position, size = [data[:start]], list[_Piece](), start, start
    while found := _TOKENS.match(data, position):
        said = _said(found, data)
        if said != found[0]:
            pieces.append(_Piece(size, size + len(said), found.start(), found.end()))
        parts.append(said)
        position, size = found.end(), size + len(said)
    return b"".join((*parts, data[position:])), pieces


def _said(found: re.Match[bytes], data: bytes) -> bytes:
    kind, text = found.lastgroup, found[0].decode()
    if kind == "same" or (kind != "string" and _is_json(text)):
        return found[0] if kind == "same" or not _COLON.match(data, found.end()) else json.dumps(text).encode()
    if kind == "string":
        return found[0] if _is_json(text) else json.dumps(_ESCAPE.sub(_character, text[1:-1])).encode()
    if _COLON.match(data, found.end()):
        return json.dumps(text, ensure_ascii=False).encode()
    return _number(text) if kind == "number" else found[0]


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=int)
    except ValueError:
        return False
    return True


def _character(found: re.Match[str]) -> str:
    code, letter = found[1] or found[2], found[3]
    if code:
        return chr(int(code, 16))
    return "" if letter in _CONTINUED else _LETTERS.get(letter, letter)


def _number(text: str) -> bytes:
    """JSON has no infinity and no NaN: they are read as null, and never written."""
    digits = text.lstrip("+-")
    value = int(digits, 16) if digits[:2] in {"0x", "0X"} else float(digits)
    if not value < 2.0**1023:  # beyond it JavaScript has infinity soon
        return b"null"
    return json.dumps(-value if text.startswith("-") else value).encode()
