"""TOML, read and edited in place: only the bytes of one entry ever change.

An entry may be a table with its sub-tables wherever they stand, an inline table, keys with dots, or a table of an array.
`toml_scan` finds it, `toml_edit` says what becomes of the text, and tomllib judges the text before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from posthog_wizard.documents.document import ABSENT, SECOND, AnyDocument, String, indexes_of
from posthog_wizard.documents.text import unexpected
from posthog_wizard.documents.toml_edit import absent, added, raw_of, replaced, toml_layout_of
from posthog_wizard.documents.toml_scan import Part, Path, key_text_of, members
from posthog_wizard.documents.toml_text import read
from posthog_wizard.errors import Malformed, UnexpectedShape
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


class TomlDocument(AnyDocument):
    """See `AnyDocument`. Keys lead through tables, whatever their spelling."""

    def __init__(self, data: bytes, dialect: Dialect) -> None:
        super().__init__(data, dialect)
        self._tree = read(data)
        self._layout = toml_layout_of(data)

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""
        return self._find(keys)[1]

    def raw(self, keys: KeyPath) -> bytes | None:
        """The value's text: as it stands, its tables with their headers, or what it would be on one line."""
        path, value = self._find(keys)
        return None if value is ABSENT else raw_of(self._layout, path, value)

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        for part in self._leaves(self._layout.parts):
            text = key_text_of(self.data, part) if part.value < end and part.end > start else None
            if text is not None:
                yield String(tuple(map(str, part.path)), part.value, part.end, text)

    def _load(self, raw: bytes, keys: KeyPath) -> Json:
        value = load_toml(raw, keys)
        if value is ABSENT:
            raise UnexpectedShape(f"this text has no `{name_of(keys[-1])}`")
        return value

    def _with(self, keys: KeyPath, value: Json) -> Iterator[bytes]:
        path, old = self._find(keys)
        yield added(self._layout, path, value) if old is ABSENT else replaced(self._layout, path, value)

    def _spelled(self, keys: KeyPath, raw: bytes, value: Json) -> Iterator[bytes]:
        path, old = self._find(keys)
        if old is ABSENT and raw.startswith(b"["):
            yield added(self._layout, path, value, raw)

    def _without(self, keys: KeyPath) -> Iterator[bytes]:
        path, old = self._find(keys)
        yield self.data if old is ABSENT else absent(self._layout, path)

    def _is_right(self, keys: KeyPath, after: bytes, value: Json) -> bool:
        path, _ = self._find(keys)
        try:
            tree = read(after)
        except Malformed:
            return False
        steps, is_put = _steps(tree, path), value is not ABSENT
        right = not is_put or (len(steps) > len(path) and equal(steps[-1], value))
        return right and equal(_rest(tree, path, ours=is_put), _rest(self._tree, path, ours=True))

    def _offset(self, keys: KeyPath) -> int:
        return self._layout.offset(self._find(keys)[0])

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
            step = 0 if isinstance(key, Item) else key
            if value is not ABSENT:
                self._demand(path, value, dict if isinstance(key, str) else list)
                step = key if isinstance(key, str) else self._index(path, key, value)
                value = _child(value, step)
            path = (*path, step)
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


def _child(container: Json, key: str | int) -> Json:
    """What a table or array has there, or ABSENT."""
    listed = isinstance(container, list) and int(key) < len(container)
    here = key in container if isinstance(container, dict) else listed
    return container[key] if here else ABSENT


def _steps(tree: Json, path: Path) -> list[Json]:
    """The values on the way, the root first, as far as it exists."""
    steps = [tree]
    while len(steps) <= len(path) and (value := _child(steps[-1], path[len(steps) - 1])) is not ABSENT:
        steps.append(value)
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
