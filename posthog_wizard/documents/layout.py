"""How the neighbours of an entry are laid out, and a value as text that is laid out like them.

A document is never rewritten, its white space is the memory: `drop` reads off the layout what `put` found. That is
why a `{}` on two lines gets an empty line with its first entry: `{}` has the better claim to the plain layout. A
comment goes only when it stands inside the entry.
"""

import re
from typing import Final, NamedTuple

from posthog_wizard.documents.grammar import BRACE, comments, end, match_string
from posthog_wizard.documents.text import indent_of_line, last_newline, newline_of
from posthog_wizard.documents.values import scalar_text
from posthog_wizard.documents.walk import Container, Member
from posthog_wizard.model import Json

_first_indent = re.compile(rb'[\r\n]([ \t]+)["{\[]').search
_inline_array = re.compile(rb'"[ \t]*:[ \t]*\[[ \t]*[^ \t\r\n\]]').search
_SAMPLE: Final = 1 << 16  # bytes of a neighbour that are looked at
_TWO_SPACES: Final = b"  "


class Layout(NamedTuple):
    """How the members of one container stand. `newline` is empty when they share a line."""

    newline: bytes
    indent: bytes  # in front of a member
    unit: bytes = _TWO_SPACES  # one level more
    colon: bytes = b": "
    separator: bytes = b" "  # behind a comma on one line
    padding: bytes = b""  # inside the braces on one line
    inline_arrays: bool = False  # arrays take one line even where objects take several


NEW_FILE: Final = Layout(b"\n", _TWO_SPACES)


def layout_of(data: bytes, tables: tuple[Container, ...]) -> Layout:
    """The layout of the members of the last table; the others are the containers around it, the root first."""
    unit = _unit(data, tables)
    newline, indent = _stance(data, tables, unit)
    colon, padding = b": ", b""
    nearest = next((table for table in reversed(tables) if table.last and data[table.opening] == BRACE), None)
    if nearest and nearest.first and nearest.last:
        spelled = data[end(match_string(data, nearest.last.start)) : nearest.last.value]
        colon = spelled if spelled.strip(b" \t") == b":" else colon
        padding = _blanks(leading_trivia(data, nearest.first)) or b""
    table, separator = tables[-1], None
    if table.penultimate and table.last:
        separator = _blanks(leading_trivia(data, table.last))
    if separator is None:
        separator = b" " if colon.endswith(b" ") else b""
    return Layout(newline, indent, unit, colon, separator, padding)


def _blanks(trivia: bytes) -> bytes | None:
    """The trivia, unless there is more in it than spaces and tabs."""
    return None if trivia.strip(b" \t") else trivia


def leading_trivia(data: bytes, member: Member) -> bytes:
    """What stands between the bracket or comma in front and the member: white space and comments."""
    return data[member.before : member.start]


def behind_last(table: Container) -> int:
    """Behind the last member and its comma; behind the opening bracket when there is none."""
    return table.opening + 1 if table.last is None else max(table.last.end, table.last.comma + 1)


def last_comment(data: bytes, start: int, stop: int) -> re.Match[bytes] | None:
    """The last comment of a stretch that holds no strings."""
    found = None
    for found in comments(data, start, stop):  # noqa: B007 - the last one is wanted
        pass
    return found


def behind_comments(data: bytes, start: int, stop: int) -> int:
    """Behind the last comment of a stretch that holds no strings; its start when there is none."""
    found = last_comment(data, start, stop)
    return found.end() if found else start


def _stance(data: bytes, tables: tuple[Container, ...], unit: bytes) -> tuple[bytes, bytes]:
    """The line end and the indentation in front of a new member; both empty on a shared line."""
    table = tables[-1]
    for member in (table.last, table.first):
        if member and (newline := last_newline(leading_trivia(data, member))):
            return newline, indent_of_line(data, member.start)
    newline = _forced_newline(data, tables, unit)
    return newline, newline and indent_of_line(data, table.opening) + unit


def _forced_newline(data: bytes, tables: tuple[Container, ...], unit: bytes) -> bytes:
    """The line end for a container of which no member starts a line."""
    table = tables[-1]
    start = behind_last(table)
    tail = data[start : table.closing]
    if table.last is not None:
        return last_newline(tail) if any(found[0].startswith(b"//") for found in comments(tail)) else b""
    if last_comment(data, start, table.closing):
        return last_newline(data[behind_comments(data, start, table.closing) : table.closing])
    around = _stance(data, tables[:-1], unit)[0] if tables[:-1] else newline_of(data)
    return last_newline(tail) or around


def _unit(data: bytes, tables: tuple[Container, ...]) -> bytes:
    """What one level adds to the indentation: seen here, further out, or anywhere."""
    for table in reversed(tables):
        if table.first and last_newline(leading_trivia(data, table.first)):
            outer, inner = indent_of_line(data, table.opening), indent_of_line(data, table.first.start)
            if inner.startswith(outer) and inner != outer:
                return inner.removeprefix(outer)
    found = _first_indent(data, 0, _SAMPLE)
    if found is None:
        return _TWO_SPACES
    return b"\t" if found[1].startswith(b"\t") else bytes(found[1])


def like_neighbour(layout: Layout, neighbour: bytes) -> Layout:
    """The layout inside a value that stands beside (or instead of) the value `neighbour`."""
    sample = neighbour[:_SAMPLE]
    if not is_example(sample) or not layout.newline:
        return layout
    if last_newline(sample):
        return layout._replace(inline_arrays=_inline_array(sample) is not None)
    padded = sample[0] == BRACE and sample[1:2] in (b" ", b"\t")
    return layout._replace(newline=b"", padding=sample[1:2] if padded else b"")


def is_example(value: bytes) -> bool:
    """Whether the value is a container that is not empty."""
    return value[:1] in (b"{", b"[") and bool(value[1:-1].strip())


# ------------------------------------------------------------------ a value as text, laid out like its neighbours


class Raw(bytes):
    """A value that is text already."""


def render_value(value: Json, layout: Layout) -> bytes:
    """The value's text. `layout` is that of the container which the value stands in; there is no recursion."""
    pieces: list[bytes] = []
    todo: list[bytes | tuple[Json, Layout]] = [(value, layout)]
    while todo:
        task = todo.pop()
        if isinstance(task, bytes):
            pieces.append(task)
        elif isinstance(task[0], Raw):
            pieces.append(task[0])
        elif isinstance(task[0], (dict, list, tuple)) and task[0]:
            todo.extend(reversed(_container(*task)))
        else:
            pieces.append(scalar_text(task[0]))
    return b"".join(pieces)


def _container(value: Json, layout: Layout) -> list[bytes | tuple[Json, Layout]]:
    """The pieces of a container that is not empty, its values still to be rendered."""
    keyed = isinstance(value, dict)
    inner = layout._replace(indent=layout.indent + layout.unit)
    if not layout.newline or (layout.inline_arrays and not keyed):
        inner = inner._replace(newline=b"")
        front = back = layout.padding if keyed else b""
        between = b"," + layout.separator
    else:
        front, back = layout.newline + inner.indent, layout.newline + layout.indent
        between = b"," + front
    pieces: list[bytes | tuple[Json, Layout]] = [b"{" if keyed else b"["]
    for index, item in enumerate(value):
        pieces.append(between if index else front)
        if keyed:
            pieces.append(scalar_text(item) + layout.colon)
        pieces.append((value[item] if keyed else item, inner))
    return [*pieces, back, b"}" if keyed else b"]"]
