"""A second reader of JSON with comments, slow and simple, to judge the first one by.

It keeps what plain data loses: duplicate keys, the spelling of scalars, comments, and where everything stands.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(rb"[-+.0-9A-Za-z]+")


class Pairs(tuple[tuple[str, Any], ...]):
    """An object: its members in order, duplicates too. An array is a list, a scalar its bytes."""

    __slots__ = ()


class Span(NamedTuple):
    """A member or item: where its key (or value) starts, where its value starts and ends."""

    start: int
    value: int
    end: int


class Room(NamedTuple):
    """From the end of the neighbour (or bracket) in front to the start of the neighbour (or bracket) behind."""

    start: int
    end: int


class Text(NamedTuple):
    """A string value."""

    keys: tuple[str, ...]
    start: int
    end: int
    text: str


class Reading:
    """One document, read. `spans` has every member by its keys, the later of duplicates winning."""

    def __init__(self, data: bytes) -> None:
        self.data, self._at = data, 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self.comments: list[tuple[int, bytes]] = []
        self.trailing_commas: list[int] = []
        self.spans: dict[tuple[str, ...], Span] = {}
        self.strings: list[Text] = []
        self.ambiguous: set[tuple[str, ...]] = set()  # two members have these keys
        self.paths: list[tuple[str, ...]] = []  # the members to which no array lies on the way
        self.rooms: dict[tuple[str, ...], Room] = {}  # of members
        self.ends: dict[tuple[str, ...], Room] = {}  # of containers: from the last member to the closing bracket
        self._arrays = 0
        self._gap()
        self.tree = self._value(()) if self._at < len(data) else Pairs()
        self._gap()
        assert self._at == len(data), f"more text at {self._at}"

    def _peek(self) -> bytes:
        return self.data[self._at : self._at + 1]

    def _take(self, wanted: bytes) -> None:
        assert self._peek() == wanted, f"{self._peek()!r} instead of {wanted!r} at {self._at} in {self.data!r}"
        self._at += 1

    def _gap(self) -> None:
        while True:
            while self._peek() in (b" ", b"\t", b"\r", b"\n"):
                self._at += 1
            start = self._at
            if self.data.startswith(b"//", start):
                while self._peek() not in (b"\r", b"\n", b""):
                    self._at += 1
            elif self.data.startswith(b"/*", start):
                self._at = self.data.index(b"*/", start + 2) + 2
            else:
                return
            self.comments.append((start, self.data[start : self._at]))

    def _value(self, keys: tuple[str, ...]) -> Any:
        if self._peek() == b"{":
            return Pairs(self._members(keys))
        if self._peek() == b"[":
            return self._items(keys)
        start = self._at
        found = _STRING.match(self.data, start) or _SCALAR.match(self.data, start)
        assert found, f"no value at {start} in {self.data!r}"
        self._at = found.end()
        text = json.loads(found[0])
        if isinstance(text, str):
            self.strings.append(Text(keys, start, self._at, text))
        return found[0]

    def _members(self, keys: tuple[str, ...]) -> list[tuple[str, Any]]:
        members: list[tuple[str, Any]] = []
        spans: list[tuple[tuple[str, ...], Span]] = []
        opening = self._at
        self._take(b"{")
        self._gap()
        while self._peek() != b"}":
            start = self._at
            found = _STRING.match(self.data, start)
            assert found, f"no key at {start} in {self.data!r}"
            self._at = found.end()
            key = json.loads(found[0])
            self._gap()
            self._take(b":")
            self._gap()
            value = self._at
            members.append((key, self._value((*keys, key))))
            spans.append(((*keys, key), Span(start, value, self._at)))
            self._comma(b"}")
        self._remember(keys, opening, spans)
        self._take(b"}")
        return members

    def _items(self, keys: tuple[str, ...]) -> list[Any]:
        items: list[Any] = []
        spans: list[tuple[tuple[str, ...], Span]] = []
        opening = self._at
        self._take(b"[")
        self._gap()
        self._arrays += 1
        while self._peek() != b"]":
            start, name = self._at, str(len(items))
            items.append(self._value((*keys, name)))
            spans.append(((*keys, name), Span(start, start, self._at)))
            self._comma(b"]")
        self._arrays -= 1
        self._remember(keys, opening, spans)
        self._take(b"]")
        return items

    def _remember(self, keys: tuple[str, ...], opening: int, spans: list[tuple[tuple[str, ...], Span]]) -> None:
        ends = [opening + 1, *(span.end for _, span in spans)]
        starts = [*(span.start for _, span in spans), self._at]
        self.ends[keys] = Room(ends[-1], self._at)
        for number, (path, span) in enumerate(spans):
            if path in self.spans and path[:-1] == keys:
                self.ambiguous.add(path)
            self.spans[path] = span
            self.rooms[path] = Room(ends[number], starts[number + 1])
            if not self._arrays and self.data[opening : opening + 1] == b"{":
                self.paths.append(path)

    def _comma(self, closing: bytes) -> None:
        self._gap()
        if self._peek() == closing:
            return
        comma = self._at
        self._take(b",")
        self._gap()
        if self._peek() == closing:
            self.trailing_commas.append(comma)


def tree_of(value: Any) -> Any:
    """The tree that plain data becomes when it is written as usual."""
    if isinstance(value, dict):
        return Pairs((key, tree_of(item)) for key, item in value.items())
    if isinstance(value, list):
        return [tree_of(item) for item in value]
    return json.dumps(value, ensure_ascii=False).encode()


def look(tree: Any, keys: tuple[str, ...]) -> Any:
    """The subtree at these keys, the first of duplicates; None where there is none."""
    for key in keys:
        tree = next((value for name, value in tree if name == key), None) if isinstance(tree, Pairs) else None
    return tree


def with_entry(tree: Any, keys: tuple[str, ...], entry: Any) -> Any:
    """The tree with that subtree: replaced in its place, else behind all others."""
    if not keys:
        return entry
    key, rest = keys[0], keys[1:]
    if all(name != key for name, _ in tree):
        return Pairs((*tree, (key, with_entry(Pairs(), rest, entry))))
    return Pairs((name, with_entry(value, rest, entry) if name == key else value) for name, value in tree)


def without(tree: Any, keys: tuple[str, ...]) -> Any:
    """The tree without the member (or item) at these keys."""
    key, rest = keys[0], keys[1:]
    if isinstance(tree, Pairs):
        return Pairs(
            (name, without(value, rest) if name == key else value) for name, value in tree if rest or name != key
        )
    return [
        without(value, rest) if str(index) == key else value
        for index, value in enumerate(tree)
        if rest or str(index) != key
    ]
