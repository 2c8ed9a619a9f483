"""JSON with comments and trailing commas, read and edited in place: only the bytes of one entry ever change.

`parse` says whether the client's own parser would accept the text; a `Document` then finds, puts and drops values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

from posthog_wizard.documents import walk
from posthog_wizard.documents.document import ABSENT, AnyDocument, String, nested
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
from posthog_wizard.model import Dialect, Json, KeyPath


def parse(data: bytes | None, dialect: Dialect) -> Document:
    """Read a client's file; None, nothing but white space, and `null` are an empty document.

    Raises Malformed when the client's own parser would refuse the text, UnexpectedShape when it is no object.
    """
    return Document(data or b"", dialect)


class Document(AnyDocument):
    """See `AnyDocument`. A value is plain data as json.loads gives it, and keys are names, or an index for an array."""

    _ordered = True

    def __init__(self, text: bytes, dialect: Dialect) -> None:
        scan = Scan(text, demand_utf8(text), dialect).run()
        doubtful = () if dialect.proven else ((scan.comment, "a comment"), (scan.trailing_comma, "a trailing comma"))
        warnings = (
            f"line {position(text, offset)[0]} has {what}; it is not known whether this client accepts that"
            for offset, what in doubtful
            if offset != NOWHERE
        )
        super().__init__(text, dialect, tuple(warnings))
        empty = scan.root == NOWHERE or text.startswith(b"null", scan.root)
        if not empty:
            walk.demand(text, scan.root, BRACE, "the whole document")
        self._text = text
        self._ends = scan.ends
        self._root = NOWHERE if empty else scan.root  # offset of the root object
        self._null = scan.root if empty else NOWHERE  # offset of the `null` that stands for an empty document
        self._look = cache(partial(walk.look, text, scan=scan))  # looking takes time

    def get(self, keys: KeyPath) -> Json:
        """The value, or ABSENT."""
        raw = self.raw(keys)
        if raw is not None:
            return load(raw)
        return ABSENT if keys else {}

    def names(self, keys: KeyPath) -> tuple[str, ...]:
        """The keys of the object at these keys; none where there is something else."""
        _, found = self._way(keys)
        opening = found.value if found else (NOWHERE if keys else self._root)
        if opening == NOWHERE or self._text[opening] != BRACE:
            return ()
        return tuple(dict.fromkeys(walk.names(self._text, opening, self._ends)))

    def raw(self, keys: KeyPath) -> bytes | None:
        """The text of the value, None when absent."""
        if not keys and self._root != NOWHERE:
            return self._text[self._root : walk.end_of_value(self._text, self._root, self._ends)]
        _, found = self._way(keys)
        return self._text[found.value : found.end] if found else None

    def strings(self, start: int, end: int) -> Iterator[String]:
        """Every string value that overlaps the bytes from `start` to `end`, in order."""
        return iter(()) if self._root == NOWHERE else walk.strings_of(self._text, self._root, start, end)

    def _apply(self, *edits: TextEdit) -> bytes:
        return apply_edits(self._text, *edits)

    def _way(self, keys: KeyPath) -> tuple[tuple[Container, ...], Member | None]:
        """The containers along the keys, as far as they exist, and the member to which all of them lead."""
        tables: list[Container] = []
        opening, found = self._root, None
        for depth, wanted in enumerate(keys):
            if opening == NOWHERE:
                break
            if depth:
                bracket = BRACE if isinstance(wanted, str) else BRACKET
                walk.demand(self._text, opening, bracket, f"`{keys[depth - 1]}`")
            tables.append(self._look(opening, wanted))
            found = tables[-1].found
            opening = found.value if found else NOWHERE
        return tuple(tables), found

    def _load(self, raw: bytes, _keys: KeyPath) -> Json:
        return load(self._value_in(raw))

    def _value_in(self, raw: bytes) -> bytes:
        """Without what stands around it. Raises Malformed when it is no value."""
        value = Scan(raw, demand_utf8(raw), self.dialect).run().root
        if value == NOWHERE:
            raise malformed(raw, len(raw), "no value")
        return raw[value : walk.end_of_value(raw, value)]

    def _with(self, keys: KeyPath, value: Json) -> Iterator[bytes]:
        if not keys:
            raise ValueError("the root is not ours to put")
        tables, found = self._way(keys)
        if self._root == NOWHERE:
            yield self._apply(_new_document(self._text, self._null, nested(keys, value)))
        elif found:
            yield self._apply(self._replace(tables, found, value))
        else:
            yield self._apply(*self._insert(tables, keys[len(tables) - 1 :], value))

    def _spelled(self, keys: KeyPath, raw: bytes, _value: Json) -> Iterator[bytes]:
        return self._with(keys, Raw(self._value_in(raw)))

    def _without(self, keys: KeyPath) -> Iterator[bytes]:
        tables, found = self._way(keys)
        yield self._apply(*remove(self._text, tables[-1], found)) if found else self.data

    def _is_right(self, _keys: KeyPath, _after: bytes, _value: Json) -> bool:
        return True  # the edits of JSON are right by themselves: 20 MB are not read again

    def _offset(self, _keys: KeyPath) -> int:
        return max(self._root, 0)

    def _replace(self, tables: tuple[Container, ...], member: Member, value: Json) -> TextEdit:
        old = self._text[member.value : member.end]
        layout = layout_of(self._text, tables)
        newline = layout.newline or (last_newline(old) if is_example(old) else b"")
        layout = layout._replace(newline=newline, indent=indent_of_line(self._text, member.start))
        inner = like_neighbour(layout, old) if is_example(old) else self._beside(tables[-1], layout)
        return TextEdit(member.value, member.end, render_value(value, inner))

    def _insert(self, tables: tuple[Container, ...], keys: KeyPath, value: Json) -> list[TextEdit]:
        layout = layout_of(self._text, tables)
        inner = layout if keys[1:] else self._beside(tables[-1], layout)
        key = scalar_text(keys[0]) + layout.colon if isinstance(keys[0], str) else b""
        return insert(self._text, tables[-1], key + render_value(nested(keys[1:], value), inner), layout)

    def _beside(self, table: Container, layout: Layout) -> Layout:
        """The layout inside a value that becomes the container's last one."""
        return like_neighbour(layout, self._text[table.last.value : table.last.end]) if table.last else layout


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
