"""JSON with comments and trailing commas, read and edited in place: only the bytes of one entry ever change.

`parse` says whether the client's own parser would accept the text; a `Document` then finds, puts and drops values.
"""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.documents.document import ABSENT, AnyDocument, String
from posthog_wizard.documents.edit import insert, remove
from posthog_wizard.documents.grammar import BRACE, BRACKET
from posthog_wizard.documents.layout import NEW_FILE, Layout, Raw, is_example, layout_of, like_neighbour, render_value
from posthog_wizard.documents.scan import Scan
from posthog_wizard.documents.text import (
    BYTE_ORDER_MARK,
    NOWHERE,
    TextEdit,
    apply_edits,
    demand_utf8,
    indent_of_line,
    last_newline,
    malformed,
    newline_of,
    position,
)
from posthog_wizard.documents.values import load, scalar_text
from posthog_wizard.documents.walk import (
    Container,
    Member,
    demand,
    descend,
    end_of_value,
    kind,
    look,
    names,
    strings_of,
)
from posthog_wizard.model import Dialect, Json, equal


def parse(data: bytes | None, dialect: Dialect) -> Document:
    """Read a client's file; None, nothing but white space, and `null` are an empty document.

    Raises Malformed when the client's own parser would refuse the text, UnexpectedShape when it is no object.
    """
    text = data or b""
    scan = Scan(text, demand_utf8(text), dialect).run()
    empty = scan.root == NOWHERE or kind(text, scan.root) == "null"
    if not empty:
        demand(text, scan.root, BRACE, "the whole document")
    return Document(text, scan, empty=empty)


def _warnings(data: bytes, scan: Scan) -> tuple[str, ...]:
    """What is in the file of which nobody knows whether its client accepts it."""
    if scan.dialect.proven:
        return ()
    return tuple(
        f"line {position(data, offset)[0]} has {what}; it is not known whether this client accepts that"
        for offset, what in ((scan.comment, "a comment"), (scan.trailing_comma, "a trailing comma"))
        if offset != NOWHERE
    )


class Document(AnyDocument):
    """See `AnyDocument`; keys are names alone. A value is plain data as json.loads gives it."""

    def __init__(self, data: bytes, scan: Scan, *, empty: bool) -> None:
        super().__init__(data, scan.dialect, _warnings(data, scan))
        self._scan = scan
        self._root = NOWHERE if empty else scan.root  # offset of the root object
        self._null = scan.root if empty else NOWHERE  # offset of the `null` that stands for an empty document
        self._seen: dict[tuple[int, str], Container] = {}  # looking takes time

    def get(self, keys: tuple[str, ...]) -> Json:
        """The value, or ABSENT."""
        raw = self.raw(keys)
        if raw is not None:
            return load(raw)
        return ABSENT if keys else {}

    def names(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The keys of the object at these keys; none where there is something else."""
        found = _found(self._descend(keys), keys)
        opening = found.value if found else (NOWHERE if keys else self._root)
        if opening == NOWHERE or self.data[opening] != BRACE:
            return ()
        return tuple(dict.fromkeys(names(self.data, opening, self._scan.ends)))

    def raw(self, keys: tuple[str, ...]) -> bytes | None:
        """The text of the value, None when absent."""
        if self._root == NOWHERE:
            return None
        if not keys:
            return self.data[self._root : end_of_value(self.data, self._root, self._scan.ends)]
        found = _found(self._descend(keys), keys)
        return self.data[found.value : found.end] if found else None

    def put(self, keys: tuple[str, ...], value: Json) -> bytes:
        """The text with that value: replaced, or inserted together with the objects that are missing on the way.

        A value that is equal already, in data and in the order of its keys, stays as it is spelled.
        """
        raw = self.raw(keys)
        return self.data if raw is not None and equal(load(raw), value, ordered=True) else self._put(keys, value)

    def put_raw(self, keys: tuple[str, ...], raw: bytes) -> bytes:
        """The same with a value that is text already. Raises Malformed when it is not one."""
        value = Scan(raw, demand_utf8(raw), self.dialect).run().root
        if value == NOWHERE:
            raise malformed(raw, len(raw), "no value")
        return self._put(keys, Raw(raw[value : end_of_value(raw, value)]))

    def drop(self, keys: tuple[str, ...]) -> bytes:
        """The text without that member; its container stays, even empty. Nothing there: the text as it is."""
        tables = self._descend(keys)
        found = _found(tables, keys)
        return apply_edits(self.data, *remove(self.data, tables[-1], found)) if found else self.data

    def append_item(self, keys: tuple[str, ...], value: Json) -> bytes:
        """The text with one more item at the end of an array, which is made when it is absent."""
        tables = self._descend(keys)
        found = _found(tables, keys)
        if found is None:
            return self._put(keys, [value])
        array = self._array(found, keys, NOWHERE)
        layout = layout_of(self.data, (*tables, array))
        item = render_value(value, self._beside(array, layout))
        return apply_edits(self.data, *insert(self.data, array, item, layout))

    def drop_item(self, keys: tuple[str, ...], index: int) -> bytes:
        """The text without the array's item of that index, from 0. Nothing there: the text as it is."""
        found = _found(self._descend(keys), keys)
        array = self._array(found, keys, index) if found else None
        return apply_edits(self.data, *remove(self.data, array, array.found)) if array and array.found else self.data

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        return iter(()) if self._root == NOWHERE else strings_of(self.data, self._root, start, end)

    def _descend(self, keys: tuple[str, ...]) -> tuple[Container, ...]:
        return () if self._root == NOWHERE else descend(self.data, self._root, keys, self._look)

    def _look(self, opening: int, key: str) -> Container:
        if (opening, key) not in self._seen:
            self._seen[opening, key] = look(self.data, opening, key, self._scan)
        return self._seen[opening, key]

    def _array(self, member: Member, keys: tuple[str, ...], index: int) -> Container:
        """The array that the member has, with its item of that index. Raises UnexpectedShape."""
        demand(self.data, member.value, BRACKET, f"`{keys[-1]}`")
        return look(self.data, member.value, index)

    def _put(self, keys: tuple[str, ...], value: Json) -> bytes:
        if not keys:
            raise ValueError("the root is not ours to put")
        if self._root == NOWHERE:
            return _new_document(self.data, self._null, _nested(keys, value))
        tables = self._descend(keys)
        found = _found(tables, keys)
        return self._replace(tables, found, value) if found else self._insert(tables, keys[len(tables) - 1 :], value)

    def _replace(self, tables: tuple[Container, ...], member: Member, value: Json) -> bytes:
        old = self.data[member.value : member.end]
        layout = layout_of(self.data, tables)
        newline = layout.newline or (last_newline(old) if is_example(old) else b"")
        layout = layout._replace(newline=newline, indent=indent_of_line(self.data, member.start))
        inner = like_neighbour(layout, old) if is_example(old) else self._beside(tables[-1], layout)
        return apply_edits(self.data, TextEdit(member.value, member.end, render_value(value, inner)))

    def _insert(self, tables: tuple[Container, ...], keys: tuple[str, ...], value: Json) -> bytes:
        layout = layout_of(self.data, tables)
        inner = layout if keys[1:] else self._beside(tables[-1], layout)
        member = scalar_text(keys[0]) + layout.colon + render_value(_nested(keys[1:], value), inner)
        return apply_edits(self.data, *insert(self.data, tables[-1], member, layout))

    def _beside(self, table: Container, layout: Layout) -> Layout:
        """The layout inside a value that becomes the container's last one."""
        return like_neighbour(layout, self.data[table.last.value : table.last.end]) if table.last else layout


def _found(tables: tuple[Container, ...], keys: tuple[str, ...]) -> Member | None:
    """The member to which all the keys lead."""
    return tables[-1].found if tables and len(tables) == len(keys) else None


def _nested(keys: tuple[str, ...], value: Json) -> Json:
    for key in reversed(keys):
        value = {key: value}
    return value


def _new_document(data: bytes, null: int, value: Json) -> bytes:
    """The text of an empty document with its first value; comments and the byte-order mark stay."""
    newline = newline_of(data)
    text = render_value(value, NEW_FILE._replace(newline=newline, indent=b""))
    if null != NOWHERE:
        return apply_edits(data, TextEdit(null, null + len(b"null"), text))
    if data.removeprefix(BYTE_ORDER_MARK).strip():  # comments
        return data + (b"" if data.endswith((b"\n", b"\r")) else newline) + text + newline
    return (BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b"") + text + newline
