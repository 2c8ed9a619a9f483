"""A value as text, laid out like its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

from posthog_wizard.documents.layout import Layout
from posthog_wizard.documents.values import scalar_text
from posthog_wizard.model import Json


@dataclass(frozen=True)
class Raw:
    """A value that is text already."""

    text: bytes


@dataclass(frozen=True)
class _Task:
    value: Json
    layout: Layout


def render(value: Json, layout: Layout) -> bytes:
    """The value's text. `layout` is that of the container which the value stands in; there is no recursion."""
    pieces: list[bytes] = []
    todo: list[bytes | _Task] = [_Task(value, layout)]
    while todo:
        task = todo.pop()
        if isinstance(task, bytes):
            pieces.append(task)
        elif isinstance(task.value, Raw):
            pieces.append(task.value.text)
        elif isinstance(task.value, (dict, list, tuple)) and task.value:
            todo.extend(reversed(_container(task.value, task.layout)))
        else:
            pieces.append(scalar_text(task.value))
    return b"".join(pieces)


def _container(value: Json, layout: Layout) -> list[bytes | _Task]:
    """The pieces of a container that is not empty, its values still to be rendered."""
    keyed = isinstance(value, dict)
    inner = layout._replace(indent=layout.indent + layout.unit)
    if not layout.newline or (not keyed and layout.inline_arrays):
        inner = inner._replace(newline=b"")
        front = back = layout.padding if keyed else b""
        between = b"," + layout.separator
    else:
        front, back = layout.newline + inner.indent, layout.newline + layout.indent
        between = b"," + front
    pieces: list[bytes | _Task] = [b"{" if keyed else b"["]
    for index, item in enumerate(value):
        pieces.append(between if index else front)
        if keyed:
            pieces.append(scalar_text(item) + layout.colon)
        pieces.append(_Task(value[item] if keyed else item, inner))
    return [*pieces, back, b"}" if keyed else b"]"]
