"""What the program knows of a client's document, whatever its format: values at keys, and the whole new text of an edit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final, Protocol

from posthog_wizard.documents.position import malformed
from posthog_wizard.documents.strings import String
from posthog_wizard.errors import Malformed
from posthog_wizard.model import Dialect, Item, Json, KeyPath


class Absent(Enum):
    """The type of ABSENT: no value there, which `null` would be."""

    ABSENT = "ABSENT"

    def __repr__(self) -> str:
        return self.value


ABSENT: Final = Absent.ABSENT


class AnyDocument(Protocol):
    """A well-formed text. A value is plain data; every edit returns the whole new text.

    All raise UnexpectedShape where something on the way is not what the keys say, where two values have a key of
    ours, and where the edit would change more than the one value.
    """

    @property
    def data(self) -> bytes:
        """The original text; empty when there is no file."""

    @property
    def dialect(self) -> Dialect:
        """What the client's own parser accepts."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is in the file of which nobody knows whether its client accepts it."""

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""

    def names(self, keys: KeyPath) -> tuple[str, ...]:
        """The names in the mapping at these keys; none where there is something else."""

    def raw(self, keys: KeyPath) -> bytes | None:
        """The value as a text from which the format's `load` reads it, None when absent."""

    def put(self, keys: KeyPath, value: Json) -> bytes:
        """The text with that value: replaced, or added together with what is missing on the way.

        A value that says the same already stays as it is spelled. Under an `Item`, the value has its field.
        """

    def put_raw(self, keys: KeyPath, raw: bytes) -> bytes:
        """The same with the text of a value. Raises Malformed when it is not one."""

    def drop(self, keys: KeyPath) -> bytes:
        """The text without that value; nothing there: the text as it is."""

    def append_item(self, keys: KeyPath, value: Json) -> bytes:
        """The text with one more item at the end of a list, which is made when it is absent."""

    def drop_item(self, keys: KeyPath, index: int) -> bytes:
        """The text without the list's item of that index, from 0."""

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte, both from 1; the column counts characters."""


def names_of(value: Json) -> tuple[str, ...]:
    """The names in a mapping; none in anything else."""
    return tuple(value) if isinstance(value, dict) else ()


def broken(data: bytes, offset: int, found: str) -> Malformed:
    """The error for what stands at that offset, or for a merge conflict, which no parser knows as such."""
    marker = re.search(rb"^(?:<{7}|={7}|>{7})(?![<=>])", data, re.MULTILINE)
    if marker:
        return malformed(data, marker.start(), "a merge conflict marker; the conflict is not resolved yet")
    return malformed(data, offset, found)


SECOND = "a second `{}`; it is not certain which of the two applies"


def indexes_of(key: Item | int, values: list[Json]) -> list[int]:
    """Where in a list the items of that key are: none, one, or more, of which nobody knows which counts."""
    if not isinstance(key, Item):
        return [key] if key < len(values) else []
    return [at for at, value in enumerate(values) if isinstance(value, dict) and value.get(key.field) == key.name]
