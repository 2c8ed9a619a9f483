"""Where the tables, keys and values of a TOML text stand. The text is known to be well-formed: tomllib has read it.

https://toml.io/en/v1.0.0. tomlkit keeps the text but tells no positions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from posthog_wizard.documents.grammar import end
from posthog_wizard.documents.inline import hash_gap
from posthog_wizard.documents.text import start_of_text

Path = tuple[str | int, ...]  # from the root; an index leads into an array of tables

_STRING = b"|".join(
    (rb'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', rb"'''.*?'''(?:'{0,2})", rb'"(?:[^"\\\n]|\\.)*"', rb"'[^'\n]*'")
)
_string = re.compile(_STRING, re.DOTALL).match
_scalar = re.compile(rb"\d{4}-\d\d-\d\d \d[^,\]}\s#]*|[^,\]}\s#]+").match
_key = re.compile(rb"[A-Za-z0-9_-]+|" + _STRING).match
_between_keys = re.compile(rb"[ \t]*(\.?)[ \t]*").match


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


def parts(data: bytes) -> Iterator[Part]:
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
