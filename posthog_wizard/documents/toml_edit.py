"""What becomes of a TOML text when a value comes, goes or changes. `absent` takes out to the byte what `added` puts in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from posthog_wizard.documents import inline as brackets
from posthog_wizard.documents.edit import Cut, splice
from posthog_wizard.documents.grammar import end
from posthog_wizard.documents.layout import first_newline
from posthog_wizard.documents.position import BYTE_ORDER_MARK
from posthog_wizard.documents.toml_scan import Part, Path, members, parts
from posthog_wizard.documents.toml_text import inline, key_text, table
from posthog_wizard.model import Json

_line = re.compile(rb"[^\r\n]*").match
_newline_in_front = re.compile(rb"\r?\n\Z").search
_comments_below = re.compile(rb"(?:\r?\n[ \t]*#[^\r\n]*)+(?=\r?\n[ \t]*\r?\n|\s*\Z)").match


class Layout(NamedTuple):
    """A text with its parts."""

    data: bytes
    parts: tuple[Part, ...]

    @property
    def start(self) -> int:
        """Behind the byte-order mark."""
        return len(BYTE_ORDER_MARK) if self.data.startswith(BYTE_ORDER_MARK) else 0

    @property
    def newline(self) -> bytes:
        """The line end of the text."""
        return first_newline(self.data) or b"\n"

    def offset(self, path: Path) -> int:
        """Where the value stands, or else what is on the way to it."""
        while path:
            inside = self.brackets(path)
            found = next((part.start for part in (inside[1] if inside else self.parts) if _under(part, path)), None)
            if found is not None:
                return found
            path = path[:-1]
        return self.start

    def brackets(self, path: Path) -> tuple[Part, tuple[Part, ...]] | None:
        """The innermost value in brackets in which the path lies, with its members."""
        found, inside = None, self.parts
        while holder := next((part for part in inside if not part.is_header and _leads(part.path, path)), None):
            if self.data[holder.value] not in b"[{":
                break
            inside = members(self.data, holder.value, holder.path)
            found = holder, inside
        return found

    def line_end(self, offset: int) -> int:
        """Where the line ends, in front of its line end."""
        return end(_line(self.data, offset))

    def line_start(self, offset: int) -> int:
        """Where the line starts."""
        return max(self.start, self.data.rfind(b"\n", 0, offset) + 1)


def _under(part: Part, path: Path) -> bool:
    return part.path[: len(path)] == path


def _leads(way: Path, path: Path) -> bool:
    return len(way) < len(path) and path[: len(way)] == way


def _dotted(path: Path) -> str:
    return ".".join(key_text(key) for key in path if isinstance(key, str))


# ------------------------------------------------------------------ in


def added(layout: Layout, path: Path, value: Json, raw: bytes | None = None) -> bytes:
    """The text with a value that is not there yet. `raw`: its tables as text."""
    if inside := layout.brackets(path):
        holder, found = inside
        rest = _dotted(path[len(holder.path) :])
        text = f"{rest} = {inline(value)}" if rest else inline(value)
        spans = [(part.start, part.end) for part in found]
        return splice(layout.data, brackets.into(layout.data, holder.value, spans, text.encode()))
    if isinstance(value, Mapping):
        text = raw.decode().rstrip("\r\n") if raw else table(_header(path), value, layout.newline.decode())
        return _inserted(layout, _behind(layout, path[:-1]), text, apart=layout.newline)
    return _added_line(layout, path, value)


def _header(path: Path) -> str:
    return f"[{_dotted(path)}]" if isinstance(path[-1], str) else f"[[{_dotted(path)}]]"


def _behind(layout: Layout, container: Path) -> int:
    """Where a table of that container comes: behind the block of the last one, else at the end of the text."""
    found = [at for at, part in enumerate(layout.parts) if container and _under(part, container)]
    if not found:
        tail = _newline_in_front(layout.data)
        return tail.start() if tail else len(layout.data)
    last = found[-1]
    while last + 1 < len(layout.parts) and not layout.parts[last + 1].is_header:
        last += 1
    at = layout.line_end(layout.parts[last].end)
    comments = _comments_below(layout.data, at)
    return comments.end() if comments else at


def _inserted(layout: Layout, at: int, text: str, apart: bytes = b"") -> bytes:
    """The text with lines behind the line that ends there; `apart`: the empty line between."""
    if at == layout.start and not layout.data[at:].strip(b" \t"):
        return layout.data + text.encode() + layout.newline
    return splice(layout.data, [Cut(at, at, layout.newline + apart + text.encode())])


def _added_line(layout: Layout, path: Path, value: Json) -> bytes:
    """The text with a key and its value, behind the last line that says something of the same table."""
    container = path[:-1]
    hosts = [part for part in layout.parts if _under(part, container) and len(part.table) <= len(container)]
    if container and not hosts:
        return added(layout, container, {str(path[-1]): value})
    text = f"{_dotted(path[len(hosts[-1].table) if hosts else 0 :])} = {inline(value)}"
    if not hosts:
        return splice(layout.data, [Cut(layout.start, layout.start, text.encode() + layout.newline)])
    return _inserted(layout, layout.line_end(hosts[-1].end), text)


# ------------------------------------------------------------------ out


def absent(layout: Layout, path: Path) -> bytes:
    """The text without the value: all its tables and keys. An inline table or array stays, even empty."""
    if inside := layout.brackets(path):
        spans = [(part.start, part.end) for part in inside[1]]
        first = next(at for at, part in enumerate(inside[1]) if _under(part, path))
        after = splice(layout.data, brackets.out(layout.data, spans, first))
        left = Layout(after, tuple(parts(after)))
        again = left.brackets(path) if isinstance(path[-1], str) else None
        return absent(left, path) if again and any(_under(part, path) for part in again[1]) else after
    return splice(layout.data, [_lines(layout, run) for run in _runs(layout, path)])


def replaced(layout: Layout, path: Path, value: Json) -> bytes:
    """The text with another value in the place where the value starts, spelled as it was if that can be."""
    inside = layout.brackets(path)
    pieces = [part for part in (inside[1] if inside else layout.parts) if _under(part, path)]
    if pieces[0].path == path and not pieces[0].is_header:
        return splice(layout.data, [Cut(pieces[0].value, pieces[0].end, inline(value).encode())])
    if inside or not isinstance(value, Mapping):
        after = absent(layout, path)
        return added(Layout(after, tuple(parts(after))), path, value)
    first, *others = _runs(layout, path)
    cuts = (_lines(layout, run) for run in others)
    return splice(
        layout.data, [Cut(first[0].start, layout.line_end(first[-1].end), _anew(layout, first[0], path, value)), *cuts]
    )


def _anew(layout: Layout, first: Part, path: Path, value: Mapping[str, Json]) -> bytes:
    """The value's text, where it starts with that part; its own header stays as it is spelled."""
    if not first.is_header:
        return f"{_dotted(path[len(first.table) :])} = {inline(value)}".encode()
    own = layout.data[first.start : layout.line_end(first.end)].decode()
    return table(own if first.path == path else _header(path), value, layout.newline.decode()).encode()


def _runs(layout: Layout, path: Path) -> list[list[Part]]:
    """The value's parts: those that follow each other directly belong together."""
    runs: list[list[Part]] = []
    previous = None
    for part in layout.parts:
        if _under(part, path):
            if previous and runs and previous is runs[-1][-1]:
                runs[-1].append(part)
            else:
                runs.append([part])
        previous = part
    return runs


def _lines(layout: Layout, run: list[Part]) -> Cut:
    """Its lines with the line end in front, and the empty line that sets a table apart."""
    start, stop = layout.line_start(run[0].start), layout.line_end(run[-1].end)
    if start == layout.start:
        return Cut(start, stop + len(first_newline(layout.data[stop : stop + 2])))
    for _ in range(1 + run[0].is_header):
        newline = _newline_in_front(layout.data[:start])
        start = newline.start() if newline else start
    return Cut(max(start, layout.start), stop)


def raw_of(layout: Layout, path: Path, value: Json) -> bytes:
    """The value's text: as it stands, its tables with their headers, or what it would be on one line."""
    inside = layout.brackets(path)
    pieces = [part for part in (inside[1] if inside else layout.parts) if _under(part, path)]
    if pieces[0].path == path and not pieces[0].is_header:
        return layout.data[pieces[0].value : pieces[0].end]
    runs = [] if inside else _runs(layout, path)
    if not runs or not all(run[0].is_header for run in runs):
        return inline(value).encode()
    return layout.newline.join(layout.data[run[0].start : layout.line_end(run[-1].end)] for run in runs)
