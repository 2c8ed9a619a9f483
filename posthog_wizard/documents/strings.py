"""The string values in a stretch of a document, each with the keys that lead to it."""

from collections.abc import Iterator
from typing import NamedTuple

from posthog_wizard.documents.bulk_patterns import BLOCK, LARGE, block, container, levels
from posthog_wizard.documents.grammar import BRACE, CLOSE, COMMA, OPEN, STRING_TOKEN, token
from posthog_wizard.documents.values import load


class String(NamedTuple):
    """A string value: its keys (array indexes as text), its span with the quotes, and what it says."""

    keys: tuple[str, ...]
    start: int
    end: int
    text: str


def strings_of(data: bytes, root: int, start: int, stop: int) -> Iterator[String]:
    """The string values that overlap the bytes from `start` to `stop`, in order. What ends before is stepped over."""
    way, position, whole, stop = _Way(), root, container(levels(data)), min(stop, len(data))
    while (found := token(data, position)) and (kind := found.lastindex) and (at := found.start(kind)) < stop:
        position = found.end()
        if kind == OPEN and (before := whole(data, at, start)):
            position = before.end()
        elif kind == OPEN:
            way.enter(keyed=data[at] == BRACE)
        elif kind == CLOSE:
            way.leave()
        elif kind == COMMA:
            position = way.go_on(data, position, start)
        elif kind == STRING_TOKEN and way.key_comes:
            way.read_key(found[kind])
        elif kind == STRING_TOKEN and position > start:
            yield String(way.keys(), at, position, load(found[kind]))


class _Way:
    """Where in the document we are."""

    __slots__ = ("_patience", "key_comes", "names")

    def __init__(self) -> None:
        self.names: list[bytes | int] = []  # in an object the raw key, in an array the index
        self.key_comes = False
        self._patience = 0  # commas until it is worth while to try a leap again

    def enter(self, *, keyed: bool) -> None:
        self.names.append(b"" if keyed else 0)
        self.key_comes = keyed

    def leave(self) -> None:
        self.names.pop()
        self.key_comes = False

    def read_key(self, raw: bytes) -> None:
        self.names[-1], self.key_comes = raw, False

    def keys(self) -> tuple[str, ...]:
        return tuple(str(name) if isinstance(name, int) else load(name) for name in self.names)

    def go_on(self, data: bytes, position: int, start: int) -> int:
        """Behind a comma; members that end before `start` are leapt over. Returns the new position."""
        leapt = 0
        if start - position > LARGE and self._patience <= 0:
            leap = block(isinstance(self.names[-1], bytes), levels(data))
            while found := leap(data, position, start):
                position, leapt = found.end(), leapt + BLOCK
            self._patience = BLOCK
        self._patience -= 1
        self._count(1 + leapt)
        return position

    def _count(self, commas: int) -> None:
        here = self.names[-1]
        if isinstance(here, int):
            self.names[-1] = here + commas
        else:
            self.key_comes = True
