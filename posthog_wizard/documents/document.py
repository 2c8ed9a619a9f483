"""What the program knows of a client's document, whatever its format: values at keys, and the whole new text of an edit."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final, NamedTuple, Protocol

from posthog_wizard.documents.text import malformed, unexpected
from posthog_wizard.errors import Malformed, UnexpectedShape
from posthog_wizard.model import Dialect, Item, Json, KeyPath, equal, name_of


class _Absent(Enum):
    """The type of ABSENT: no value there, which `null` would be."""

    ABSENT = "ABSENT"

    def __repr__(self) -> str:
        return self.value


ABSENT: Final = _Absent.ABSENT


class String(NamedTuple):
    """A string value: its keys (array indexes as text), its span with the quotes, and what it says."""

    keys: tuple[str, ...]
    start: int
    end: int
    text: str


class AnyDocument(Protocol):
    """A well-formed text. A value is plain data; every edit returns the whole new text.

    All raise UnexpectedShape where something on the way is not what the keys say, where two values have a key of
    ours, and where the edit would change more than the one value.
    """

    data: bytes
    """The original text; empty when there is no file."""
    dialect: Dialect
    """What the client's own parser accepts."""
    warnings: tuple[str, ...]
    """What is in the file of which nobody knows whether its client accepts it."""

    def __init__(self, data: bytes, dialect: Dialect, warnings: tuple[str, ...] = ()) -> None:
        self.data, self.dialect, self.warnings = data, dialect, warnings

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""

    def names(self, keys: KeyPath) -> tuple[str, ...]:
        """The names in the mapping at these keys; none where there is something else."""
        value = self.get(keys)
        return tuple(value) if isinstance(value, dict) else ()

    def raw(self, keys: KeyPath) -> bytes | None:
        """The value as a text from which the format's `load` reads it, None when absent."""

    def put(self, keys: KeyPath, value: Json) -> bytes:
        """The text with that value: replaced, or added together with what is missing on the way.

        A value that says the same already stays as it is spelled. Under an `Item`, the value has its field.
        """
        old = self.get(keys)
        same = old is not ABSENT and equal(old, value, ordered=self._ordered)
        return self.data if same else self._first_right(keys, self._with(keys, value), value)

    def put_raw(self, keys: KeyPath, raw: bytes) -> bytes:
        """The same with the text of a value, which is kept where it can be. Raises Malformed when it is not one."""
        value = self._load(raw, keys)
        try:
            return self._first_right(keys, self._spelled(keys, raw, value), value)
        except UnexpectedShape:  # a text from elsewhere, which does not fit as it is spelled
            return self.put(keys, value)

    def drop(self, keys: KeyPath) -> bytes:
        """The text without that value; its container stays, even empty. Nothing there: the text as it is."""
        return self._first_right(keys, self._without(keys), ABSENT)

    def append_item(self, keys: KeyPath, value: Json) -> bytes:
        """The text with one more item at the end of a list, which is made when it is absent."""
        old = self.get(keys)
        index = len(old) if isinstance(old, list) else 0
        return self.put(keys, [value]) if old is ABSENT else self.put((*keys, index), value)

    def drop_item(self, keys: KeyPath, index: int) -> bytes:
        """The text without the list's item of that index, from 0. Nothing there: the text as it is."""
        return self.drop((*keys, index))

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""

    # -------------------------------------------------------------- what a format knows of its edits

    _ordered: bool = False  # whether values with their keys in another order differ

    def _first_right(self, keys: KeyPath, texts: Iterable[bytes], value: Json) -> bytes:
        """The first of the texts that is right. Raises UnexpectedShape where none is."""
        for text in texts:
            if text is self.data or self._is_right(keys, text, value):
                return text
        found = f"`{name_of(keys[-1])}` in a place where it cannot be changed without changing something else"
        raise unexpected(self.data, self._offset(keys), found)

    def _load(self, raw: bytes, keys: KeyPath) -> Json:
        """The data of a value's text. Raises ConfigError."""

    def _with(self, keys: KeyPath, value: Json) -> Iterator[bytes]:
        """Texts with the value, the best first."""

    def _spelled(self, keys: KeyPath, raw: bytes, value: Json) -> Iterator[bytes]:
        """Texts with the value as `raw` spells it."""

    def _without(self, keys: KeyPath) -> Iterator[bytes]:
        """Texts without the value, the best first; the text itself where it is not there."""

    def _is_right(self, keys: KeyPath, after: bytes, value: Json) -> bool:
        """Whether nothing but our value differs in the text, and our value is as it should be."""

    def _offset(self, keys: KeyPath) -> int:
        """Where the value stands, or else what is on the way to it."""


def broken(data: bytes, offset: int, found: str) -> Malformed:
    """The error for what stands at that offset, or for a merge conflict, which no parser knows as such."""
    marker = re.search(rb"^(?:<{7}|={7}|>{7})(?![<=>])", data, re.MULTILINE)
    if marker:
        return malformed(data, marker.start(), "a merge conflict marker; the conflict is not resolved yet")
    return malformed(data, offset, found)


def nested(keys: KeyPath, value: Json) -> Json:
    """The value with what the keys lead through around it."""
    for key in reversed(keys):
        value = {key: value} if isinstance(key, str) else [value]
    return value


SECOND = "a second `{}`; it is not certain which of the two applies"


def indexes_of(key: Item | int, values: list[Json]) -> list[int]:
    """Where in a list the items of that key are: none, one, or more, of which nobody knows which counts."""
    if not isinstance(key, Item):
        return [key] if key < len(values) else []
    return [at for at, value in enumerate(values) if isinstance(value, dict) and value.get(key.field) == key.name]
