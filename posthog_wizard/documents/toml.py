"""TOML, read and edited in place: only the bytes of one entry ever change. `drop` takes out to the byte what `put` puts in.

An entry may be a table with its sub-tables wherever they stand, an inline table, keys with dots, or a table of an array.
`toml_text` finds it, and tomllib judges the text before and after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import groupby
from typing import Final

from posthog_wizard.documents.document import ABSENT, SECOND, AnyDocument, String, indexes_of
from posthog_wizard.documents.text import (
    TextEdit,
    apply_edits,
    last_line_end,
    line_end,
    newline_of,
    put_between,
    start_of_text,
    take_out,
    unexpected,
    whole_lines,
)
from posthog_wizard.documents.toml_text import (
    Part,
    Path,
    TomlLayout,
    inline_toml,
    key_text,
    members,
    read,
    string_text,
    table,
)
from posthog_wizard.errors import Malformed, UnexpectedShape
from posthog_wizard.model import RELAXED, Dialect, Item, Json, KeyPath, equal, name_of

_KINDS: Final = (
    (dict, "a table"),
    (list, "an array"),
    (str, "a string"),
    (bool, "a boolean"),
    ((int, float), "a number"),
)
_comments_below = re.compile(rb"(?:\r?\n[ \t]*#[^\r\n]*)+(?=\r?\n[ \t]*\r?\n|\s*\Z)").match


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
        self._layout = TomlLayout(data)

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""
        return self._find(keys)[1]

    def raw(self, keys: KeyPath) -> bytes | None:
        """The value's text: as it stands, its tables with their headers, or what it would be on one line."""
        path, value = self._find(keys)
        if value is ABSENT:
            return None
        first, runs = self._layout.pieces(path)[0], _runs(self._layout, path)
        if first.path == path and not first.is_header:
            return self.data[first.value : first.end]
        if not runs or not all(run[0].is_header for run in runs):
            return inline_toml(value).encode()
        texts = (self.data[run[0].start : line_end(self.data, run[-1].end)] for run in runs)
        return newline_of(self.data).join(texts)

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        for part in self._leaves(self._layout.parts):
            is_string = not part.is_header and self.data[part.value : part.value + 1] in (b'"', b"'")
            if is_string and part.value < end and part.end > start:
                text = string_text(self.data[part.value : part.end])
                yield String(tuple(map(str, part.path)), part.value, part.end, text)

    def _load(self, raw: bytes, keys: KeyPath) -> Json:
        value = load_toml(raw, keys)
        if value is ABSENT:
            raise UnexpectedShape(f"this text has no `{name_of(keys[-1])}`")
        return value

    def _with(self, keys: KeyPath, value: Json) -> Iterator[bytes]:
        path, old = self._find(keys)
        yield _added(self._layout, path, value) if old is ABSENT else _replaced(self._layout, path, value)

    def _spelled(self, keys: KeyPath, raw: bytes, value: Json) -> Iterator[bytes]:
        path, old = self._find(keys)
        if old is ABSENT and raw.startswith(b"["):
            yield _added(self._layout, path, value, raw)

    def _without(self, keys: KeyPath) -> Iterator[bytes]:
        path, old = self._find(keys)
        yield self.data if old is ABSENT else _absent(self._layout, path)

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


# ------------------------------------------------------------------ what becomes of the text


def _dotted(path: Path) -> str:
    return ".".join(key_text(key) for key in path if isinstance(key, str))


# ------------------------------------------------------------------ in


def _added(layout: TomlLayout, path: Path, value: Json, raw: bytes | None = None) -> bytes:
    """The text with a value that is not there yet. `raw`: its tables as text."""
    holder, found = layout.place(path)
    if holder:
        rest = _dotted(path[len(holder.path) :])
        text = f"{rest} = {inline_toml(value)}" if rest else inline_toml(value)
        spans = [(part.start, part.end) for part in found]
        return apply_edits(layout.data, *put_between(layout.data, holder.value, spans, text.encode()))
    if isinstance(value, Mapping):
        text = raw.decode().rstrip("\r\n") if raw else table(_header(path), value, newline_of(layout.data).decode())
        return _inserted(layout, _behind(layout, path[:-1]), text, apart=newline_of(layout.data))
    return _added_line(layout, path, value)


def _header(path: Path) -> str:
    return f"[{_dotted(path)}]" if isinstance(path[-1], str) else f"[[{_dotted(path)}]]"


def _behind(layout: TomlLayout, container: Path) -> int:
    """Where a table of that container comes: behind the block of the last one, else at the end of the text."""
    found = [at for at, part in enumerate(layout.parts) if container and part.lies_under(container)]
    if not found:
        return max(start_of_text(layout.data), last_line_end(layout.data, len(layout.data)))
    last = found[-1]
    while last + 1 < len(layout.parts) and not layout.parts[last + 1].is_header:
        last += 1
    at = line_end(layout.data, layout.parts[last].end)
    comments = _comments_below(layout.data, at)
    return comments.end() if comments else at


def _inserted(layout: TomlLayout, at: int, text: str, apart: bytes = b"") -> bytes:
    """The text with lines behind the line that ends there; `apart`: the empty line between."""
    if at == start_of_text(layout.data) and not layout.data[at:].strip(b" \t"):
        return layout.data + text.encode() + newline_of(layout.data)
    return apply_edits(layout.data, TextEdit(at, at, newline_of(layout.data) + apart + text.encode()))


def _added_line(layout: TomlLayout, path: Path, value: Json) -> bytes:
    """The text with a key and its value, behind the last line that says something of the same table."""
    data, container = layout.data, path[:-1]
    hosts = [part for part in layout.parts if part.lies_under(container) and len(part.table) <= len(container)]
    if container and not hosts:
        return _added(layout, container, {str(path[-1]): value})
    text = f"{_dotted(path[len(hosts[-1].table) if hosts else 0 :])} = {inline_toml(value)}"
    if hosts:
        return _inserted(layout, line_end(data, hosts[-1].end), text)
    start = start_of_text(data)
    return apply_edits(data, TextEdit(start, start, text.encode() + newline_of(data)))


# ------------------------------------------------------------------ out


def _absent(layout: TomlLayout, path: Path) -> bytes:
    """The text without the value: all its tables and keys. An inline table or array stays, even empty."""
    holder, found = layout.place(path)
    if holder is None:
        return apply_edits(layout.data, *(_lines(layout, run) for run in _runs(layout, path)))
    first = next((at for at, part in enumerate(found) if part.lies_under(path)), None)
    if first is None:
        return layout.data
    after = apply_edits(layout.data, *take_out(layout.data, [(part.start, part.end) for part in found], first))
    return _absent(TomlLayout(after), path) if isinstance(path[-1], str) else after


def _runs(layout: TomlLayout, path: Path) -> list[list[Part]]:
    """The value's parts; those that follow each other directly belong together."""
    return [[*run] for ours, run in groupby(layout.parts, lambda part: part.lies_under(path)) if ours]


def _lines(layout: TomlLayout, run: list[Part]) -> TextEdit:
    """Its lines, and the empty line that sets a table apart."""
    return whole_lines(layout.data, run[0].start, run[-1].end, apart=run[0].is_header)


# ------------------------------------------------------------------ another value


def _replaced(layout: TomlLayout, path: Path, value: Json) -> bytes:
    """The text with another value in the place where the value starts, spelled as it was if that can be."""
    data, first = layout.data, layout.pieces(path)[0]
    if first.path == path and not first.is_header:
        return apply_edits(data, TextEdit(first.value, first.end, inline_toml(value).encode()))
    if layout.place(path)[0] or not isinstance(value, Mapping):
        after = _absent(layout, path)
        return _added(TomlLayout(after), path, value)
    if first.is_header:  # its own header stays as it is spelled
        own = data[first.start : line_end(data, first.end)].decode()
        text = table(own if first.path == path else _header(path), value, newline_of(data).decode())
    else:
        text = f"{_dotted(path[len(first.table) :])} = {inline_toml(value)}"
    run, *others = _runs(layout, path)
    here = TextEdit(run[0].start, line_end(data, run[-1].end), text.encode())
    return apply_edits(data, here, *(_lines(layout, other) for other in others))
