"""A TOML text: its data, what is wrong with one that is none, where its parts stand, and plain data as TOML.

tomllib (https://toml.io/en/v1.0.0) judges; where tables, keys and values stand is told of what it has read. tomlkit keeps
the text but tells no positions. No sentence about a fault quotes the text's words.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from posthog_wizard.documents.document import broken
from posthog_wizard.documents.grammar import end
from posthog_wizard.documents.text import demand_utf8, hash_gap, malformed, offset_of, start_of_text
from posthog_wizard.errors import Malformed
from posthog_wizard.model import Json

Path = tuple[str | int, ...]  # from the root; an index leads into an array of tables

_STRING = b"|".join(
    (rb'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', rb"'''.*?'''(?:'{0,2})", rb'"(?:[^"\\\n]|\\.)*"', rb"'[^'\n]*'")
)
_string = re.compile(_STRING, re.DOTALL).match
_scalar = re.compile(rb"\d{4}-\d\d-\d\d \d[^,\]}\s#]*|[^,\]}\s#]+").match
_key = re.compile(rb"[A-Za-z0-9_-]+|" + _STRING).match
_between_keys = re.compile(rb"[ \t]*(\.?)[ \t]*").match
_bare = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_unprintable = re.compile("[\x7f\ud800-\udfff]").sub
_place = re.compile(r"at line (\d+), column (\d+)").search
_FAULTS: Final = (  # what tomllib says, with an article of ours
    ("Cannot declare", "a table that is defined twice"),
    ("Cannot overwrite", "a key that is defined twice"),
    ("Duplicate inline table key", "a key that is defined twice"),
    ("Cannot mutate immutable", "an addition to an inline table or array, which cannot be added to"),
    ("Cannot redefine", "a table that is defined twice"),
    ("Expected '='", "a key without `=` and a value"),
    ("Invalid initial character for a key", "a character that cannot start a key"),
    ("Invalid statement", "a line that is neither a key with its value nor a table"),
    ("Invalid value", "something that is not a TOML value"),
    ("Expected newline", "text after the end of a value"),
    ("Unclosed array", "an array that is never closed"),
    ("Unclosed inline table", "an inline table that is not closed on its line"),
    ("Expected ']", "a table's name that is not closed"),
    ("Unescaped", "a backslash in a string that starts no valid TOML escape"),
    ("Unterminated string", "a string that is never closed"),
    ("Illegal character", "a character that is not allowed here"),
    ("Found invalid character", "a character that is not allowed here"),
    ("Expected", "a string that is never closed"),
)


def read(data: bytes) -> dict[str, Json]:
    """The text's data. Raises Malformed with the place where tomllib stopped."""
    import tomllib  # noqa: PLC0415 - start time

    mark = demand_utf8(data)
    try:
        return tomllib.loads(data[mark:].decode())
    except tomllib.TOMLDecodeError as error:
        raise _explained(data, str(error)) from None
    except RecursionError:
        raise malformed(data, mark, "values that are nested too deeply to be read") from None
    except ValueError:  # Python has a limit for digits, and TOML for numbers
        raise malformed(data, mark, "a number with more digits than can be read") from None


def _explained(data: bytes, said: str) -> Malformed:
    other = "something that TOML does not allow here"
    sentence = next((ours for theirs, ours in _FAULTS if said.startswith(theirs)), other)
    place = _place(said)
    return broken(data, offset_of(data, int(place[1]), int(place[2])) if place else len(data), sentence)


# ------------------------------------------------------------------ where its parts stand


class Part(NamedTuple):
    """A table's header, or a key with its value, or an item of an array.

    Offsets: `start` of the header, key or item; `value`: of the value, of a header its end; `end`: behind all.
    """

    path: Path
    table: Path  # in which it stands; of a header, its own path
    start: int
    value: int
    end: int

    @property
    def is_header(self) -> bool:
        """Whether it is `[...]` or `[[...]]`."""
        return self.value == self.end

    def lies_under(self, path: Path) -> bool:
        """Whether it is the value at that path, or in it."""
        return self.path[: len(path)] == path


class TomlLayout:
    """A text that tomllib has read, with its parts: the headers and the keys with values, in order."""

    def __init__(self, data: bytes) -> None:
        self.data, self.parts = data, tuple(_parts(data))

    def place(self, path: Path) -> tuple[Part | None, tuple[Part, ...]]:
        """The innermost value in brackets in which the path lies, with its members; without one, all parts."""
        holder, found = None, self.parts
        while outer := next(
            (part for part in found if not part.is_header and path[: len(part.path)] == part.path != path), None
        ):
            holder, found = outer, members(self.data, outer.value, outer.path)
        return holder, found

    def pieces(self, path: Path) -> list[Part]:
        """The parts of which the value is made."""
        return [part for part in self.place(path)[1] if part.lies_under(path)]

    def offset(self, path: Path) -> int:
        """Where the value stands, or else what is on the way to it."""
        ways = (path[:depth] for depth in range(len(path), 0, -1))
        return next((found[0].start for found in map(self.pieces, ways) if found), start_of_text(self.data))


def _parts(data: bytes) -> Iterator[Part]:
    """The headers and the keys with values, in order."""
    table: Path = ()
    counts: dict[Path, int] = {}  # items of the arrays of tables so far
    at = end(hash_gap(data, start_of_text(data)))
    while at < len(data):
        if data[at : at + 1] == b"[":
            part = _header(data, at, counts)
            table = part.path
        else:
            part = _pair(data, at, table)
        yield part
        at = end(hash_gap(data, part.end))


def members(data: bytes, opening: int, path: Path = ()) -> tuple[Part, ...]:
    """The members of the inline table, or the items of the array, that opens there; `path` leads to it."""
    found: list[Part] = []
    at = end(hash_gap(data, opening + 1))
    while data[at] not in b"]}":
        if data[opening] == ord("["):
            found.append(Part((*path, len(found)), path, at, at, _end_of_value(data, at)))
        else:
            found.append(_pair(data, at, path))
        at = end(hash_gap(data, found[-1].end))
        if data[at] == ord(","):
            at = end(hash_gap(data, at + 1))
    return tuple(found)


def _header(data: bytes, start: int, counts: dict[Path, int]) -> Part:
    double = data.startswith(b"[[", start)
    keys, at = _dotted(data, end(hash_gap(data, start + 1 + double)))
    path: Path = ()
    for depth, key in enumerate(keys):
        path = (*path, key)
        if depth + 1 == len(keys) and double:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    stop = data.index(b"]", at) + 1 + double
    return Part(path, path, start, stop, stop)


def _pair(data: bytes, start: int, table: Path) -> Part:
    keys, at = _dotted(data, start)
    value = end(hash_gap(data, at + 1))  # behind the `=`
    return Part((*table, *keys), table, start, value, _end_of_value(data, value))


def _dotted(data: bytes, at: int) -> tuple[tuple[str, ...], int]:
    """The keys that are joined with dots there, and where the white space behind them ends."""
    keys: list[str] = []
    while True:
        stop = end(_key(data, at))
        raw = data[at:stop]
        keys.append(string_text(raw) if raw[:1] in (b'"', b"'") else raw.decode())
        between = _between_keys(data, stop)
        at = end(between)
        if between is None or not between[1]:
            return tuple(keys), at


def string_text(string: bytes) -> str:
    """What a string in quotes says."""
    import tomllib  # noqa: PLC0415 - hardly ever needed

    return str(tomllib.loads(f"v={string.decode()}")["v"])


def _end_of_value(data: bytes, at: int) -> int:
    if data[at] in b"[{":
        inside = members(data, at)
        last = end(hash_gap(data, inside[-1].end if inside else at + 1))
        return end(hash_gap(data, last + 1)) + 1 if data[last] == ord(",") else last + 1
    return end(_string(data, at) or _scalar(data, at))


# ------------------------------------------------------------------ plain data as TOML


def key_text(key: str) -> str:
    """A key, quoted where it must be."""
    return key if _bare(key) else _quoted(key)


def inline_toml(value: Json) -> str:
    """A value on one line. Raises ValueError for None, which TOML does not have."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key_text(key)} = {inline_toml(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(inline_toml(item) for item in value)}]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        raise ValueError("TOML has no null")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else str(value.isoformat())


def table(header: str, value: Mapping[str, Json], newline: str) -> str:
    """A table with its header, one key a line, tables in it on one line each."""
    return newline.join([header, *(f"{key_text(key)} = {inline_toml(item)}" for key, item in value.items())])


def _quoted(text: str) -> str:
    """A string of JSON is one of TOML, but for DEL; half of a surrogate pair is none, which tomllib will say."""
    return _unprintable(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
