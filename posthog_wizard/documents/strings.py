"""The string values in a stretch of a document, each with the keys that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from posthog_wizard.documents.grammar import CLOSE, COMMA, OPEN, STRING_TOKEN, container, token
from posthog_wizard.documents.values import load
from posthog_wizard.documents.walk import AT_ONCE, BRACE


class String(NamedTuple):
    """A string value: its keys (array indexes as text), its span with the quotes, and what it says."""

    keys: tuple[str, ...]
    start: int
    end: int
    text: str


def strings_of(data: bytes, root: int, start: int, stop: int) -> Iterator[String]:
    """The string values that overlap the bytes from `start` to `stop`, in order. What ends before is stepped over."""
    names: list[bytes | int] = []  # where we are: in an object the raw key, in an array the index
    position, key_comes, whole = root, False, container(AT_ONCE)
    while (found := token(data, position)) and (kind := found.lastindex) and (at := found.start(kind)) < stop:
        position = found.end()
        if kind == OPEN and (before := whole.match(data, at, start)):
            position = before.end()
        elif kind == OPEN:
            key_comes = data[at] == BRACE
            names.append(b"" if key_comes else 0)
        elif kind == CLOSE:
            names.pop()
        elif kind == COMMA:
            key_comes = _go_on(names)
        elif kind == STRING_TOKEN and key_comes:
            names[-1], key_comes = found[kind], False
        elif kind == STRING_TOKEN and position > start:
            yield String(_keys(names), at, position, load(found[kind]))


def _go_on(names: list[bytes | int]) -> bool:
    """Behind a comma: whether a key comes next."""
    here = names[-1]
    if isinstance(here, int):
        names[-1] = here + 1
        return False
    return True


def _keys(names: list[bytes | int]) -> tuple[str, ...]:
    return tuple(str(name) if isinstance(name, int) else load(name) for name in names)
