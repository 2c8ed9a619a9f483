"""Finding the way in a text that is known to be well-formed: members, items, neighbours. Nothing is recursive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from posthog_wizard.documents.grammar import container, end, flat, gap, key, scalar, string
from posthog_wizard.documents.position import NOWHERE, unexpected
from posthog_wizard.documents.values import load

BRACE: Final = ord("{")
BRACKET: Final = ord("[")
COMMA: Final = ord(",")
AT_ONCE: Final = 4  # levels of nesting that one match steps over
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


class Table(NamedTuple):
    """An object or array, as seen by somebody who looks for one of its members."""

    opening: int
    closing: int
    first: Member | None
    penultimate: Member | None
    last: Member | None
    previous: Member | None  # in front of the one found
    found: Member | None


def kind(data: bytes, offset: int) -> str:
    """What kind of value starts there, with its article."""
    return _KINDS.get(data[offset], "a number")


def end_of_value(data: bytes, start: int) -> int:
    """Where the value that starts there ends."""
    if data[start] not in b"{[":
        return end(scalar(data, start))
    depth, position, whole = 0, start, container(AT_ONCE)
    while True:
        if found := whole.match(data, position):
            position = found.end()
        else:
            depth += 1 if data[position] in b"{[" else -1
            position += 1
        if depth == 0:
            return position
        position = end(flat(data, position))


def members(data: bytes, opening: int) -> Iterator[Member]:
    """The members or items of the container that opens there."""
    before = opening + 1
    while data[start := end(gap(data, before))] not in b"}]":
        value = end(key(data, start)) if data[opening] == BRACE else start
        stop = end_of_value(data, value)
        behind = end(gap(data, stop))
        comma = behind if data[behind] == COMMA else NOWHERE
        yield Member(before, start, value, stop, comma)
        if comma == NOWHERE:
            return
        before = comma + 1


def look(data: bytes, opening: int, wanted: str | int) -> Table:
    """The container that opens there, with the member of that key or the item of that index.

    Raises UnexpectedShape when two members have the key.
    """
    first = penultimate = last = previous = found = None
    for index, member in enumerate(members(data, opening)):
        penultimate, last = last, member
        first = first or member
        if index == wanted if isinstance(wanted, int) else is_named(data, member.start, wanted):
            if found:
                raise unexpected(data, member.start, f"a second `{wanted}`; which of the two counts is not certain")
            previous, found = penultimate, member
    closing = end(gap(data, opening + 1 if last is None else max(last.end, last.comma + 1)))
    return Table(opening, closing, first, penultimate, last, previous, found)


def is_named(data: bytes, start: int, wanted: str) -> bool:
    """Whether the key that starts there is the wanted one, however it is escaped."""
    raw = data[start : end(string(data, start))]
    if b"\\" in raw:
        return bool(load(raw) == wanted)
    return raw[1:-1] == wanted.encode("utf-8", "surrogatepass")


def descend(data: bytes, root: int, keys: tuple[str, ...]) -> tuple[Table, ...]:
    """The objects on the way along the keys, as far as it exists. Raises UnexpectedShape."""
    tables: list[Table] = []
    opening = root
    for depth, wanted in enumerate(keys):
        tables.append(look(data, opening, wanted))
        found = tables[-1].found
        if found is None:
            break
        opening = found.value
        if depth + 1 < len(keys):
            demand(data, opening, BRACE, wanted)
    return tuple(tables)


def demand(data: bytes, value: int, bracket: int, name: str) -> None:
    """Raises UnexpectedShape unless the value that starts there is an object (or array)."""
    if data[value] != bracket:
        raise unexpected(data, value, f"`{name}` is {kind(data, value)}, not {_KINDS[bracket]}")
