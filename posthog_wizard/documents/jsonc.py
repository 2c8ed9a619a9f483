"""JSON with comments and trailing commas, read and edited in place: only the bytes of one entry ever change.

`parse` says whether the client's own parser would accept the text; a `Document` then finds, puts and drops values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

from posthog_wizard.documents import walk
from posthog_wizard.documents.document import ABSENT, AnyDocument, String
from posthog_wizard.documents.edit import insert, remove
from posthog_wizard.documents.grammar import BRACE, BRACKET
from posthog_wizard.documents.layout import NEW_FILE, Layout, Raw, is_example, layout_of, like_neighbour, render_value
from posthog_wizard.documents.scan import Scan
from posthog_wizard.documents.text import (
    NOWHERE,
    TextEdit,
    apply_edits,
    demand_utf8,
    indent_of_line,
    last_newline,
    malformed,
    newline_of,
    position,
    start_of_text,
)
from posthog_wizard.documents.values import load, scalar_text
from posthog_wizard.documents.walk import Container, Member
from posthog_wizard.model import Dialect, Json, equal


def parse(data: bytes | None, dialect: Dialect) -> Document:
    """Read a client's file; None, nothing but white space, and `null` are an empty document.

    Raises Malformed when the client's own parser would refuse the text, UnexpectedShape when it is no object.
    """
    return Document(data or b"", dialect)


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

    def __init__(self, text: bytes, dialect: Dialect) -> None:
        scan = Scan(text, demand_utf8(text), dialect).run()
        super().__init__(text, dialect, _warnings(text, scan))
        empty = scan.root == NOWHERE or walk.kind(text, scan.root) == "null"
        if not empty:
            walk.demand(text, scan.root, BRACE, "the whole document")
        self._text = text
        self._ends = scan.ends
        self._root = NOWHERE if empty else scan.root  # offset of the root object
        self._null = scan.root if empty else NOWHERE  # offset of the `null` that stands for an empty document
        self._look = cache(partial(walk.look, text, scan=scan))  # looking takes time

    def get(self, keys: tuple[str, ...]) -> Json:
        """The value, or ABSENT."""
        raw = self.raw(keys)
        if raw is not None:
            return load(raw)
        return ABSENT if keys else {}

    def names(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The keys of the object at these keys; none where there is something else."""
        _, found = self._way(keys)
        opening = found.value if found else (NOWHERE if keys else self._root)
        if opening == NOWHERE or self._text[opening] != BRACE:
            return ()
        return tuple(dict.fromkeys(walk.names(self._text, opening, self._ends)))

    def raw(self, keys: tuple[str, ...]) -> bytes | None:
        """The text of the value, None when absent."""
        if not keys and self._root != NOWHERE:
            return self._text[self._root : walk.end_of_value(self._text, self._root, self._ends)]
        _, found = self._way(keys)
        return self._text[found.value : found.end] if found else None

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
        return self._put(keys, Raw(raw[value : walk.end_of_value(raw, value)]))

    def drop(self, keys: tuple[str, ...]) -> bytes:
        """The text without that member; its container stays, even empty. Nothing there: the text as it is."""
        tables, found = self._way(keys)
        return self._apply(*remove(self._text, tables[-1], found)) if found else self.data

    def append_item(self, keys: tuple[str, ...], value: Json) -> bytes:
        """The text with one more item at the end of an array, which is made when it is absent."""
        tables, found = self._way(keys)
        if found is None:
            return self._put(keys, [value])
        array = self._array(found, keys, NOWHERE)
        layout = layout_of(self._text, (*tables, array))
        return self._apply(*insert(self._text, array, render_value(value, self._beside(array, layout)), layout))

    def drop_item(self, keys: tuple[str, ...], index: int) -> bytes:
        """The text without the array's item of that index, from 0. Nothing there: the text as it is."""
        _, found = self._way(keys)
        array = self._array(found, keys, index) if found else None
        return self._apply(*remove(self._text, array, array.found)) if array and array.found else self.data

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        return iter(()) if self._root == NOWHERE else walk.strings_of(self._text, self._root, start, end)

    def _apply(self, *edits: TextEdit) -> bytes:
        return apply_edits(self._text, *edits)

    def _way(self, keys: tuple[str, ...]) -> tuple[tuple[Container, ...], Member | None]:
        """The objects along the keys, as far as they exist, and the member to which all of them lead."""
        tables = () if self._root == NOWHERE else walk.descend(self._text, self._root, keys, self._look)
        return tables, tables[-1].found if tables and len(tables) == len(keys) else None

    def _array(self, member: Member, keys: tuple[str, ...], index: int) -> Container:
        """The array that the member has, with its item of that index. Raises UnexpectedShape."""
        walk.demand(self._text, member.value, BRACKET, f"`{keys[-1]}`")
        return walk.look(self._text, member.value, index)

    def _put(self, keys: tuple[str, ...], value: Json) -> bytes:
        if not keys:
            raise ValueError("the root is not ours to put")
        if self._root == NOWHERE:
            return self._apply(_new_document(self._text, self._null, _nested(keys, value)))
        tables, found = self._way(keys)
        if found:
            return self._apply(self._replace(tables, found, value))
        return self._apply(*self._insert(tables, keys[len(tables) - 1 :], value))

    def _replace(self, tables: tuple[Container, ...], member: Member, value: Json) -> TextEdit:
        old = self._text[member.value : member.end]
        layout = layout_of(self._text, tables)
        newline = layout.newline or (last_newline(old) if is_example(old) else b"")
        layout = layout._replace(newline=newline, indent=indent_of_line(self._text, member.start))
        inner = like_neighbour(layout, old) if is_example(old) else self._beside(tables[-1], layout)
        return TextEdit(member.value, member.end, render_value(value, inner))

    def _insert(self, tables: tuple[Container, ...], keys: tuple[str, ...], value: Json) -> list[TextEdit]:
        layout = layout_of(self._text, tables)
        inner = layout if keys[1:] else self._beside(tables[-1], layout)
        member = scalar_text(keys[0]) + layout.colon + render_value(_nested(keys[1:], value), inner)
        return insert(self._text, tables[-1], member, layout)

    def _beside(self, table: Container, layout: Layout) -> Layout:
        """The layout inside a value that becomes the container's last one."""
        return like_neighbour(layout, self._text[table.last.value : table.last.end]) if table.last else layout


def _nested(keys: tuple[str, ...], value: Json) -> Json:
    for key in reversed(keys):
        value = {key: value}
    return value


def _new_document(data: bytes, null: int, value: Json) -> TextEdit:
    """The first value of an empty document; comments and the byte-order mark stay."""
    newline = newline_of(data)
    text = render_value(value, NEW_FILE._replace(newline=newline, indent=b""))
    if null != NOWHERE:
        return TextEdit(null, null + len(b"null"), text)
    start = start_of_text(data)
    if data[start:].strip():  # comments
        text, start = (b"" if data.endswith((b"\n", b"\r")) else newline) + text, len(data)
    return TextEdit(start, len(data), text + newline)
