"""TOML, read and edited in place: only the bytes of one entry ever change.

An entry may be a table with its sub-tables wherever they stand, an inline table, keys with dots, or a table of an array.
`toml_scan` finds it, `toml_edit` says what becomes of the text, and tomllib judges the text before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from posthog_wizard.documents import position as places
from posthog_wizard.documents.document import ABSENT, SECOND, indexes_of, names_of
from posthog_wizard.documents.position import unexpected
from posthog_wizard.documents.strings import String
from posthog_wizard.documents.toml_edit import absent, added, raw_of, replaced, toml_layout_of
from posthog_wizard.documents.toml_scan import Part, Path, key_text_of, members
from posthog_wizard.documents.toml_text import read
from posthog_wizard.errors import ConfigError, Malformed, UnexpectedShape
from posthog_wizard.model import RELAXED, Dialect, Item, Json, KeyPath, equal, name_of

_KINDS: Final = (
    (dict, "a table"),
    (list, "an array"),
    (str, "a string"),
    (bool, "a boolean"),
    ((int, float), "a number"),
)


def parse(data: bytes | None, dialect: Dialect = RELAXED) -> TomlDocument:
    """Read a client's file; None is an empty document. Raises Malformed where tomllib would refuse the text."""
    return TomlDocument(data or b"", dialect)


def load_toml(raw: bytes, keys: KeyPath) -> Json:
    """The data of a value's text, as `raw` gives it for these keys; ABSENT when it is another's. Raises Malformed."""
    try:
        return read(b"value = " + raw)["value"]
    except Malformed:
        return parse(raw).get(keys)


class TomlDocument:
    """See `Document`. Keys lead through tables, whatever their spelling."""

    __slots__ = ("_layout", "_tree", "data", "dialect", "warnings")

    def __init__(self, data: bytes, dialect: Dialect) -> None:
        self.data: Final = data
        self.dialect: Final = dialect
        self.warnings: Final[tuple[str, ...]] = ()
        self._tree: Final = read(data)
        self._layout: Final = toml_layout_of(data)

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""
        return self._find(keys)[1]

    def names(self, keys: KeyPath) -> tuple[str, ...]:
        """The names in the table at these keys."""
        return names_of(self.get(keys))

    def raw(self, keys: KeyPath) -> bytes | None:
        """The value's text: as it stands, its tables with their headers, or what it would be on one line."""
        path, value = self._find(keys)
        return None if value is ABSENT else raw_of(self._layout, path, value)

    def put(self, keys: KeyPath, value: Json) -> bytes:
        """The text with that value, a table of its own where there was none."""
        path, old = self._find(keys)
        if old is not ABSENT and equal(old, value):
            return self.data
        after = added(self._layout, path, value) if old is ABSENT else replaced(self._layout, path, value)
        return self._checked(path, after, value)

    def put_raw(self, keys: KeyPath, raw: bytes) -> bytes:
        """The same with the text of a value, which is kept where it can be. Raises Malformed."""
        value = load_toml(raw, keys)
        if value is ABSENT:
            raise UnexpectedShape(f"this text has no `{name_of(keys[-1])}`")
        path, old = self._find(keys)
        if old is ABSENT and raw.startswith(b"["):
            try:
                return self._checked(path, added(self._layout, path, value, raw), value)
            except ConfigError:
                pass  # a text from elsewhere, which does not fit as it is spelled
        return self.put(keys, value)

    def drop(self, keys: KeyPath) -> bytes:
        """The text without that value, and without the blank line that sets its table apart."""
        path, old = self._find(keys)
        return self.data if old is ABSENT else self._checked(path, absent(self._layout, path), ABSENT)

    def append_item(self, keys: KeyPath, value: Json) -> bytes:
        """The text with one more item at the end of an array, which is made when it is absent."""
        path, old = self._find(keys)
        if old is ABSENT:
            return self.put(keys, [value])
        self._demand(path, old, list)
        return self.put((*keys, len(old)), value)

    def drop_item(self, keys: KeyPath, index: int) -> bytes:
        """The text without the array's item of that index, from 0."""
        return self.drop((*keys, index))

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        for part in self._leaves(self._layout.parts):
            text = key_text_of(self.data, part) if part.value < end and part.end > start else None
            if text is not None:
                yield String(tuple(map(str, part.path)), part.value, part.end, text)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte, both from 1; the column counts characters."""
        return places.position(self.data, offset)

    def _leaves(self, found: tuple[Part, ...]) -> Iterator[Part]:
        for part in found:
            if not part.is_header and self.data[part.value] in b"[{":
                yield from self._leaves(members(self.data, part.value, part.path))
            else:
                yield part

    def _find(self, keys: KeyPath) -> tuple[Path, Json]:
        """The way to the value, Items as indexes, and the value; ABSENT where it would have to be made."""
        path: Path = ()
        value: Json = self._tree
        for key in keys:
            if value is ABSENT:
                path = (*path, 0 if isinstance(key, Item) else key)
                continue
            self._demand(path, value, dict if isinstance(key, str) else list)
            step = key if isinstance(key, str) else self._index(path, key, value)
            path = (*path, step)
            steps = _steps(value, (step,))
            value = steps[1] if steps[1:] else ABSENT
        return path, value

    def _index(self, path: Path, key: Item | int, items: list[Json]) -> int:
        found = indexes_of(key, items)
        if found[1:]:
            raise unexpected(self.data, self._layout.offset((*path, found[1])), SECOND.format(name_of(key)))
        return found[0] if found else len(items)

    def _demand(self, path: Path, value: Json, kind: type) -> None:
        if not isinstance(value, kind):
            here, wanted = (
                next((name for one, name in _KINDS if isinstance(it, one)), "a date") for it in (value, kind())
            )
            raise unexpected(self.data, self._layout.offset(path), f"`{path[-1]}` is {here}, not {wanted}")

    def _checked(self, path: Path, after: bytes, value: Json) -> bytes:
        """The text, if nothing but our value differs in it. Raises UnexpectedShape for every other text."""
        try:
            tree = read(after)
        except Malformed:
            tree = {}
        steps = _steps(tree, path)
        is_put = value is not ABSENT
        right = not is_put or (len(steps) > len(path) and equal(steps[-1], value))
        if right and equal(_rest(tree, path, ours=is_put), _rest(self._tree, path, ours=True)):
            return after
        found = f"`{path[-1]}` in a place where it cannot be changed without changing something else"
        raise unexpected(self.data, self._layout.offset(path), found)


def _steps(tree: Json, path: Path) -> list[Json]:
    """The values on the way, the root first, as far as it exists."""
    steps = [tree]
    for key in path:
        here = steps[-1]
        if not (key in here if isinstance(here, dict) else isinstance(here, list) and int(key) < len(here)):
            break
        steps.append(here[key])
    return steps


def _rest(tree: dict[str, Json], path: Path, *, ours: bool) -> Json:
    """All the data but our value, if it is there, and but the containers that hold nothing else."""
    steps = _steps(deepcopy(tree), path)
    if ours and len(steps) > len(path):
        steps[-1] = None
    for container, key, value in reversed([*zip(steps, path, steps[1:], strict=False)]):
        if not value and not (isinstance(value, (bool, int, float, str))):
            del container[key]
    return steps[0]
