"""Finding the way in a text that is known to be well-formed: members, items, neighbours. Nothing is recursive."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from posthog_wizard.documents.bulk_patterns import BLOCK, LARGE, Match, block, container, level, levels
from posthog_wizard.documents.document import SECOND, String
from posthog_wizard.documents.grammar import (
    BRACE,
    BRACKET,
    CLOSE,
    COMMA,
    OPEN,
    STRING_TOKEN,
    end,
    gap,
    match_key,
    match_string,
    scalar,
    token,
)
from posthog_wizard.documents.scan import Scan
from posthog_wizard.documents.text import NOWHERE, unexpected
from posthog_wizard.documents.values import load
from posthog_wizard.model import NOTHING

_COMMA: Final = ord(",")
_FEW: Final = 4  # a sixteenth of the bytes: then it is quicker to go from member to member
_KINDS: Final = {
    BRACE: "an object",
    BRACKET: "an array",
    ord('"'): "a string",
    ord("n"): "null",
    ord("t"): "a boolean",
    ord("f"): "a boolean",
}


class Member(NamedTuple):
    """A member of an object or an item of an array, as offsets.

    `before`: behind the bracket or comma in front; `start`: of the key, of an item the value; `comma`: NOWHERE if none.
    """

    before: int
    start: int
    value: int
    end: int
    comma: int


class Container(NamedTuple):
    """An object or array, as seen by somebody who looks for one of its members."""

    opening: int
    closing: int
    first: Member | None
    penultimate: Member | None
    last: Member | None
    previous: Member | None  # in front of the one found
    found: Member | None


def end_of_value(data: bytes, start: int, ends: Mapping[int, int] = NOTHING) -> int:
    """Where the value that starts there ends; `ends` has what is known already, see `Scan`."""
    if start in ends:
        return ends[start]
    if data[start] not in b"{[":
        return end(scalar(data, start))
    depth, position, rest = 0, start, level(levels(data))
    while True:
        depth += 1 if data[position] in b"{[" else -1
        position += 1
        if depth == 0:
            return position
        position = end(rest(data, position))


def _members(data: bytes, opening: int, ends: Mapping[int, int], leap: Match | None = None) -> Iterator[Member]:
    """The members or items of the container that opens there.

    `leap` goes over blocks of members of which only the last is of interest, because of what comes behind it.
    """
    before = opening + 1
    while True:
        for _ in range(BLOCK):
            start = end(gap(data, before))
            if data[start] in b"}]":
                return
            value = end(match_key(data, start)) if data[opening] == BRACE else start
            stop = end_of_value(data, value, ends)
            comma = end(gap(data, stop))
            if data[comma] != _COMMA:
                yield Member(before, start, value, stop, NOWHERE)
                return
            yield Member(before, start, value, stop, comma)
            before = comma + 1
        position = before
        while leap and (found := leap(data, position)):  # the last block is looked at
            before, position = position, found.end()


def names(data: bytes, opening: int, ends: Mapping[int, int]) -> Iterator[str]:
    """The keys of the object that opens there."""
    for member in _members(data, opening, ends):
        yield load(data[member.start : end(match_string(data, member.start))])


def look(data: bytes, opening: int, wanted: str | int, scan: Scan) -> Container:
    """The container that opens there, with the member of that key or the item of that index.

    `scan` has read the text. Raises UnexpectedShape when two members have the key.
    """
    first = penultimate = last = previous = found = None
    for index, member in enumerate(_members(data, opening, scan.ends, _leap(data, opening, wanted, scan))):
        penultimate, last = last, member
        first = first or member
        if index == wanted if isinstance(wanted, int) else _is_named(data, member.start, wanted):
            if found:
                raise unexpected(data, member.start, SECOND.format(wanted))
            previous, found = penultimate, member
    closing = end(gap(data, opening + 1 if last is None else max(last.end, last.comma + 1)))
    return Container(opening, closing, first, penultimate, last, previous, found)


def _leap(data: bytes, opening: int, wanted: str | int, scan: Scan) -> Match | None:
    """The pattern for members that are not wanted, if it is worth while. Indexes have to be counted."""
    size = scan.ends.get(opening, len(data)) - opening
    unknown = size - scan.known.get(opening, 0)
    if size < LARGE or unknown < size >> _FEW or isinstance(wanted, int):
        return None
    return block(data[opening] == BRACE, levels(data), _encoded(wanted))


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _is_named(data: bytes, start: int, wanted: str) -> bool:
    """Whether the key that starts there is the wanted one, however it is escaped."""
    raw = data[start : end(match_string(data, start))]
    if b"\\" in raw:
        return bool(load(raw) == wanted)
    return raw[1:-1] == _encoded(wanted)


def demand(data: bytes, value: int, bracket: int, name: str) -> None:
    """Raises UnexpectedShape unless the value that starts there is an object (or array)."""
    if data[value] != bracket:
        raise unexpected(data, value, f"{name} is {_KINDS.get(data[value], 'a number')}, not {_KINDS[bracket]}")


# ------------------------------------------------------------------ the string values in a stretch


def strings_of(data: bytes, root: int, start: int, stop: int) -> Iterator[String]:
    """The string values that overlap the bytes from `start` to `stop`, in order. What ends before is stepped over."""
    position, whole, stop = root, container(levels(data)), min(stop, len(data))
    names: list[bytes | int] = []  # where we are: in an object the raw key, in an array the index
    key_comes, patience = False, 0  # commas until it is worth while to try a leap again
    while (found := token(data, position)) and (kind := found.lastindex) and (at := found.start(kind)) < stop:
        position = found.end()
        if kind == OPEN and (before := whole(data, at, start)):
            position = before.end()
        elif kind == OPEN:
            key_comes = data[at] == BRACE
            names.append(b"" if key_comes else 0)
        elif kind == CLOSE:
            names.pop()
            key_comes = False
        elif kind == COMMA:
            here, leapt, key_comes = names[-1], 0, isinstance(names[-1], bytes)
            if start - position > LARGE and patience <= 0:
                position, leapt = _leapt(data, position, start, keyed=key_comes)
                patience = BLOCK
            patience -= 1
            names[-1] = here if isinstance(here, bytes) else here + 1 + leapt
        elif kind == STRING_TOKEN and key_comes:
            names[-1], key_comes = found[kind], False
        elif kind == STRING_TOKEN and position > start:
            keys = tuple(str(name) if isinstance(name, int) else load(name) for name in names)
            yield String(keys, at, position, load(found[kind]))


def _leapt(data: bytes, position: int, stop: int, *, keyed: bool) -> tuple[int, int]:
    """Behind the blocks of members that end before `stop`, and how many members those are."""
    count, leap = 0, block(keyed, levels(data))
    while found := leap(data, position, stop):
        position, count = found.end(), count + BLOCK
    return position, count
