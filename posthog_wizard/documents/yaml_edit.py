"""What becomes of a YAML text when a value comes, goes or changes. `absent_from_yaml` takes out to the byte what `added_to_yaml` puts in.

A container in brackets stays in brackets, `{}` and `[]` too. One without a value (`extensions:`) gets lines and a space
at the end of its own line, by which `absent_from_yaml` knows that nothing stood there; else it leaves `{}` or `[]`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import chain
from typing import Final, NamedTuple

from posthog_wizard.documents.grammar import end
from posthog_wizard.documents.text import (
    BYTE_ORDER_MARK,
    TextEdit,
    hash_gap,
    last_line_end,
    line_end,
    line_start,
    newline_of,
    put_between,
    take_out,
    unexpected,
    whole_lines,
)
from posthog_wizard.documents.yaml_nodes import Node
from posthog_wizard.model import Json

_colon = re.compile(rb"[ \t]*:(?:[ \t]+[&!][^ \t\r\n]*)*").match
_properties = re.compile(rb"(?:[&!][^ \t\r\n]*[ \t]*)*").match
_MARK = b" "
_plain = re.compile(r"(?:https?://)?[A-Za-z/][A-Za-z0-9_./+-]*").fullmatch
_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))  # quoted where they are texts
_unprintable = re.compile("[^ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]").sub


class YamlMember(NamedTuple):
    """A key with its value, or an item. `start`: of the key, of the dash, or of an item in brackets."""

    start: int
    key: Node | None
    value: Node


class _Layout(NamedTuple):
    """A text and how its lines are laid out."""

    data: bytes
    unit: int  # columns that a level adds

    def column(self, offset: int) -> int:
        """Bytes in front of it on its line: where lines are indented, that is columns."""
        return offset - line_start(self.data, offset)


def yaml_layout_of(data: bytes, root: Node | None) -> _Layout:
    """The layout of a text: its first mapping that is indented tells the unit."""
    layout = _Layout(data, 2)
    nodes = root.walk() if root else ()
    for key, value in chain.from_iterable(node.pairs for node in nodes):
        step = layout.column(value.start) - layout.column(key.start)
        if value.kind == "mapping" and not value.flow and line_start(data, value.start) > key.start and step > 0:
            return layout._replace(unit=step)
    return layout


def yaml_members(data: bytes, container: Node) -> list[YamlMember]:
    """The members of a mapping or the items of a sequence."""
    if container.kind == "mapping":
        return [YamlMember(key.start, key, value) for key, value in container.pairs]
    found: list[YamlMember] = []
    before = end(_properties(data, container.start))
    for item in container.children:
        start = item.start if container.flow else end(hash_gap(data, before))
        found.append(YamlMember(start, None, item))
        before = item.end
    return found


def _behind_key(data: bytes, key: Node) -> int:
    """Behind the colon of a key, and what its value has of anchors and tags."""
    colon = _colon(data, key.end)
    if colon is None:
        raise unexpected(data, key.start, "a key that is written with `?`, which is left as it is")
    return colon.end()


# ------------------------------------------------------------------ in


def added_to_yaml(
    layout: _Layout,
    owner: YamlMember | None,
    container: Node,
    name: str | None,
    value: Json,
    alike: bool,
    *,
    front: bool,
) -> list[TextEdit]:
    """One more member, or item where there is no name: behind all others, or in front of them.

    `owner`: the container's own key; `alike`: in brackets if its neighbour is.
    """
    data = layout.data
    if container.kind == "scalar":
        return [_first(layout, owner, container, name, value)]
    found = yaml_members(data, container)
    if container.flow:
        member = inline(value) if name is None else f"{_string(name)}: {inline(value)}"
        opening = data.index(b"{" if container.kind == "mapping" else b"[", container.start)
        spans = [(one.start, one.value.end) for one in found]
        return put_between(data, opening, spans, member.encode())
    last = found[-1]
    column = layout.column(last.start)
    dash = data[last.start : last.value.start].decode()
    text = _member(layout, name, value, last.value if alike else None, dash if dash.strip("- ") == "" else "- ")
    if not front:
        at = _behind(layout, last.value.end, column)
        return [TextEdit(at, at, _block(layout, text, column, first=True))]
    at = line_start(data, found[0].start)
    before = last_line_end(data, at)
    if before < at:  # as it is taken out: with the line end in front of it
        return [TextEdit(before, before, _block(layout, text, column, first=True))]
    return [TextEdit(at, at, b" " * column + _block(layout, text, column, first=False) + newline_of(data))]


def _first(layout: _Layout, owner: YamlMember | None, empty: Node, name: str | None, value: Json) -> TextEdit:
    """The first member of a container that has no value yet, or `null`."""
    if empty.end > empty.start or owner is None:
        nested = [value] if name is None else {name: value}
        return TextEdit(empty.start, empty.end, inline(nested).encode())
    column = layout.column(owner.start) + layout.unit
    at = line_end(layout.data, empty.end)
    return TextEdit(at, at, _MARK + _block(layout, _member(layout, name, value), column, first=True))


def document(layout: _Layout, name: str, value: Json) -> bytes:
    """A text without data, with its first member; its comments stay."""
    text = _block(layout, _pair(name, value, layout.unit), 0, first=False) + newline_of(layout.data)
    kept = layout.data
    goes_on = kept.removeprefix(BYTE_ORDER_MARK).strip() and not kept.endswith((b"\n", b"\r"))
    return kept + (newline_of(kept) if goes_on else b"") + text


def _member(layout: _Layout, name: str | None, value: Json, alike: Node | None = None, dash: str = "- ") -> list[str]:
    """A member's lines; in brackets where its neighbour is."""
    if alike and alike.kind == "mapping" and alike.flow and alike.children:
        return [(dash if name is None else f"{_string(name)}: ") + inline(value)]
    if name is not None:
        return _pair(name, value, layout.unit)
    inside = _lines(value, layout.unit) if _is_block(value) else [inline(value)]
    return [dash + inside[0], *(" " * len(dash) * bool(line) + line for line in inside[1:])]


def _block(layout: _Layout, text: list[str], column: int, *, first: bool) -> bytes:
    """Lines with their indentation; `first`: the line end is in front of the first one, too."""
    newline, indent = newline_of(layout.data), b" " * column
    rows = [(indent if line else b"") + line.encode() for line in text]
    return newline + newline.join(rows) if first else newline.join(rows)[column:]


def _behind(layout: _Layout, offset: int, column: int) -> int:
    """Behind the line and the comments below it that are indented like a member of the same container."""
    at = line_end(layout.data, offset)
    comments = re.compile(rb"(?:(?:(?:\r\n|\n|\r)[ \t]*)*(?:\r\n|\n|\r) {%d,}#[^\r\n]*)*" % column)
    return end(comments.match(layout.data, at))


# ------------------------------------------------------------------ another value


def replaced_in_yaml(layout: _Layout, member: YamlMember, value: Json) -> TextEdit:
    """Another value of a member: on lines if it was, else in brackets."""
    old, start = member.value, member.value.start
    own_lines = (
        bool(old.children) and not old.flow and (member.key is None or line_start(layout.data, start) > member.start)
    )
    inner = layout.column(start)
    if own_lines and inner > layout.column(member.start):
        text = _lines(value, layout.unit) if _is_block(value) else [inline(value)]
        return TextEdit(start, old.end, _block(layout, text, inner, first=False))
    if member.key and (own_lines or start == old.end):
        return TextEdit(_behind_key(layout.data, member.key), old.end, b" " + inline(value).encode())
    return TextEdit(start, old.end, inline(value).encode())


# ------------------------------------------------------------------ out


def absent_from_yaml(
    layout: _Layout, owner: YamlMember | None, container: Node, member: YamlMember, *, behind: bool
) -> list[TextEdit]:
    """Without the member; a container that it leaves empty stays.

    The line end in front of it goes, too, or the one `behind` it.
    """
    found = yaml_members(layout.data, container)
    if container.flow:
        return take_out(layout.data, [(one.start, one.value.end) for one in found], found.index(member))
    cut = whole_lines(layout.data, member.start, member.value.end, behind=behind)
    if found[1:] or owner is None or owner.key is None:
        return [cut]
    stop = line_end(layout.data, owner.key.end)
    if layout.data.endswith(_MARK, 0, stop):
        return [TextEdit(stop - len(_MARK), stop), cut]
    at = _behind_key(layout.data, owner.key)
    return [TextEdit(at, at, b" {}" if container.kind == "mapping" else b" []"), cut]


# ------------------------------------------------------------------ plain data as YAML that says the same under 1.1 and 1.2


class Spelled(tuple[str, ...]):
    """A mapping or list that is text already: its lines, without the indentation that they share."""

    __slots__ = ()

    @classmethod
    def of(cls, raw: str) -> Spelled:
        """A text whose first line is indented; of the others goes what they share with it."""
        shared = len(raw) - len(raw.lstrip(" "))
        return cls(re.sub(f"^ {{0,{shared}}}", "", line) for line in re.split("\r\n|\n|\r", raw.rstrip("\r\n")))


def inline(value: Json) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_string(str(key))}: {inline(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(inline, value))}]"
    return _string(value) if isinstance(value, str) else _scalar(value)


def _lines(value: Json, unit: int) -> list[str]:
    """A mapping or list that is not empty, as lines without the indentation that they share."""
    if isinstance(value, Spelled):
        return [*value]
    found: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            found += _pair(str(key), item, unit)
        return found
    for item in value:
        inside = _lines(item, unit) if _is_block(item) else [inline(item)]
        found += [f"- {inside[0]}", *(f"  {line}" for line in inside[1:])]
    return found


def _pair(key: str, value: Json, unit: int) -> list[str]:
    """A key with its value as lines."""
    if not _is_block(value):
        return [f"{_string(key)}: {inline(value)}"]
    return [f"{_string(key)}:", *(" " * unit * bool(line) + line for line in _lines(value, unit))]


def _is_block(value: Json) -> bool:
    """Whether the value takes lines of its own."""
    return isinstance(value, (Mapping, list, tuple)) and bool(value)


def _string(text: str) -> str:
    """A string of JSON is one of YAML, but for characters that YAML does not print."""
    if _plain(text) and text.lower() not in _WORDS:
        return text
    return _unprintable(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _scalar(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' * (value < 0)}.inf"
    text = str(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text  # 1.1 wants the point
