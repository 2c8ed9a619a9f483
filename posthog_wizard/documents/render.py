"""A value as text, laid out like its neighbours."""

from __future__ import annotations

from posthog_wizard.documents.layout import Layout
from posthog_wizard.documents.values import scalar_text
from posthog_wizard.model import Json


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
