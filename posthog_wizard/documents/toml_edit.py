"""What becomes of a TOML text when a value comes, goes or changes. `absent` takes out to the byte what `added` puts in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from posthog_wizard.documents import inline as brackets
from posthog_wizard.documents.text import (
    TextEdit,
    apply_edits,
    last_line_end,
    line_end,
    newline_of,
    start_of_text,
    whole_lines,
)
from posthog_wizard.documents.toml_scan import Part, Path, members, parts
from posthog_wizard.documents.toml_text import inline_toml, key_text, table
from posthog_wizard.model import Json

_comments_below = re.compile(rb"(?:\r?\n[ \t]*#[^\r\n]*)+(?=\r?\n[ \t]*\r?\n|\s*\Z)").match


def toml_layout_of(data: bytes) -> _TomlLayout:
    """A text that tomllib has read, with its parts."""
    return _TomlLayout(data, tuple(parts(data)))


class _TomlLayout(NamedTuple):
    """A text with its parts."""

    data: bytes
    parts: tuple[Part, ...]

    def place(self, path: Path) -> tuple[Part | None, tuple[Part, ...]]:
        """The innermost value in brackets in which the path lies, with its members; without one, all parts."""
        holder, found = None, self.parts
        while outer := next(
            (part for part in found if not part.is_header and path[: len(part.path)] == part.path != path), None
        ):
            holder, found = outer, members(self.data, outer.value, outer.path)
        return holder, found

    def pieces(self, path: Path) -> list[Part]:
        """The parts of which the value is made."""
        return [part for part in self.place(path)[1] if _under(part, path)]

    def offset(self, path: Path) -> int:
        """Where the value stands, or else what is on the way to it."""
        ways = (path[:depth] for depth in range(len(path), 0, -1))
        return next((found[0].start for found in map(self.pieces, ways) if found), start_of_text(self.data))


def _under(part: Part, path: Path) -> bool:
    return part.path[: len(path)] == path


def _dotted(path: Path) -> str:
    return ".".join(key_text(key) for key in path if isinstance(key, str))


# ------------------------------------------------------------------ in


def added(layout: _TomlLayout, path: Path, value: Json, raw: bytes | None = None) -> bytes:
    """The text with a value that is not there yet. `raw`: its tables as text."""
    holder, found = layout.place(path)
    if holder:
        rest = _dotted(path[len(holder.path) :])
        text = f"{rest} = {inline_toml(value)}" if rest else inline_toml(value)
        spans = [(part.start, part.end) for part in found]
        return apply_edits(layout.data, *brackets.into(layout.data, holder.value, spans, text.encode()))
    if isinstance(value, Mapping):
        text = raw.decode().rstrip("\r\n") if raw else table(_header(path), value, newline_of(layout.data).decode())
        return _inserted(layout, _behind(layout, path[:-1]), text, apart=newline_of(layout.data))
    return _added_line(layout, path, value)


def _header(path: Path) -> str:
    return f"[{_dotted(path)}]" if isinstance(path[-1], str) else f"[[{_dotted(path)}]]"


def _behind(layout: _TomlLayout, container: Path) -> int:
    """Where a table of that container comes: behind the block of the last one, else at the end of the text."""
    found = [at for at, part in enumerate(layout.parts) if container and _under(part, container)]
    if not found:
        return max(start_of_text(layout.data), last_line_end(layout.data, len(layout.data)))
    last = found[-1]
    while last + 1 < len(layout.parts) and not layout.parts[last + 1].is_header:
        last += 1
    at = line_end(layout.data, layout.parts[last].end)
    comments = _comments_below(layout.data, at)
    return comments.end() if comments else at


def _inserted(layout: _TomlLayout, at: int, text: str, apart: bytes = b"") -> bytes:
    """The text with lines behind the line that ends there; `apart`: the empty line between."""
    if at == start_of_text(layout.data) and not layout.data[at:].strip(b" \t"):
        return layout.data + text.encode() + newline_of(layout.data)
    return apply_edits(layout.data, TextEdit(at, at, newline_of(layout.data) + apart + text.encode()))


def _added_line(layout: _TomlLayout, path: Path, value: Json) -> bytes:
    """The text with a key and its value, behind the last line that says something of the same table."""
    data, container = layout.data, path[:-1]
    hosts = [part for part in layout.parts if _under(part, container) and len(part.table) <= len(container)]
    if container and not hosts:
        return added(layout, container, {str(path[-1]): value})
    text = f"{_dotted(path[len(hosts[-1].table) if hosts else 0 :])} = {inline_toml(value)}"
    if hosts:
        return _inserted(layout, line_end(data, hosts[-1].end), text)
    start = start_of_text(data)
    return apply_edits(data, TextEdit(start, start, text.encode() + newline_of(data)))


# ------------------------------------------------------------------ out


def absent(layout: _TomlLayout, path: Path) -> bytes:
    """The text without the value: all its tables and keys. An inline table or array stays, even empty."""
    holder, found = layout.place(path)
    if holder is None:
        return apply_edits(layout.data, *(_lines(layout, run) for run in _runs(layout, path)))
    first = next((at for at, part in enumerate(found) if _under(part, path)), None)
    if first is None:
        return layout.data
    after = apply_edits(layout.data, *brackets.out(layout.data, [(part.start, part.end) for part in found], first))
    return absent(toml_layout_of(after), path) if isinstance(path[-1], str) else after


def _runs(layout: _TomlLayout, path: Path) -> list[list[Part]]:
    """The value's parts; those that follow each other directly belong together."""
    return [[*run] for ours, run in groupby(layout.parts, lambda part: _under(part, path)) if ours]


def _lines(layout: _TomlLayout, run: list[Part]) -> TextEdit:
    """Its lines, and the empty line that sets a table apart."""
    return whole_lines(layout.data, run[0].start, run[-1].end, apart=run[0].is_header)


# ------------------------------------------------------------------ another value


def replaced(layout: _TomlLayout, path: Path, value: Json) -> bytes:
    """The text with another value in the place where the value starts, spelled as it was if that can be."""
    first = layout.pieces(path)[0]
    if first.path == path and not first.is_header:
        return apply_edits(layout.data, TextEdit(first.value, first.end, inline_toml(value).encode()))
    if layout.place(path)[0] or not isinstance(value, Mapping):
        return added(toml_layout_of(absent(layout, path)), path, value)
    run, *others = _runs(layout, path)
    here = TextEdit(run[0].start, line_end(layout.data, run[-1].end), _anew(layout, first, path, value))
    return apply_edits(layout.data, here, *(_lines(layout, other) for other in others))


def _anew(layout: _TomlLayout, first: Part, path: Path, value: Mapping[str, Json]) -> bytes:
    """The value's text, where it starts with that part; its own header stays as it is spelled."""
    if not first.is_header:
        return f"{_dotted(path[len(first.table) :])} = {inline_toml(value)}".encode()
    own = layout.data[first.start : line_end(layout.data, first.end)].decode()
    return table(own if first.path == path else _header(path), value, newline_of(layout.data).decode()).encode()


def raw_of(layout: _TomlLayout, path: Path, value: Json) -> bytes:
    """The value's text: as it stands, its tables with their headers, or what it would be on one line."""
    first, runs = layout.pieces(path)[0], _runs(layout, path)
    if first.path == path and not first.is_header:
        return layout.data[first.value : first.end]
    if not runs or not all(run[0].is_header for run in runs):
        return inline_toml(value).encode()
    return newline_of(layout.data).join(layout.data[run[0].start : line_end(layout.data, run[-1].end)] for run in runs)
