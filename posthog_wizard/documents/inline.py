"""A member put into, and taken out of, a container in brackets that is known to be well-formed: TOML's and YAML's.

Members are spans (start, end) in order. `out` takes away to the byte what `into` adds; comments stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from posthog_wizard.documents.grammar import end
from posthog_wizard.documents.text import TextEdit

_blank_separator = re.compile(rb",[ \t\r\n]*").fullmatch
hash_gap = re.compile(rb"(?:[ \t\r\n]|#[^\r\n]*)*").match
"""White space and comments."""

_Span = tuple[int, int]


def into(data: bytes, opening: int, members: Sequence[_Span], member: bytes) -> list[TextEdit]:
    """One more member at the end, behind the others as they are behind each other."""
    if not members:
        return [TextEdit(opening + 1, opening + 1, member)]
    between = data[members[-2][1] : members[-1][0]] if members[1:] else b""
    separator = between if _blank_separator(between) else b", "
    return [TextEdit(members[-1][1], members[-1][1], separator + member)]


def out(data: bytes, members: Sequence[_Span], index: int) -> list[TextEdit]:
    """Without the member of that index, and without one comma."""
    start, stop = members[index]
    if index and _blank_separator(data[members[index - 1][1] : start]):
        return [TextEdit(members[index - 1][1], stop)]
    if not index and members[1:] and _blank_separator(data[stop : members[1][0]]):
        return [TextEdit(start, members[1][0])]
    comma = end(hash_gap(data, members[index - 1][1] if index else stop))
    if data[comma : comma + 1] != b",":
        return [TextEdit(start, stop)]
    return sorted([TextEdit(start, stop), TextEdit(comma, comma + 1)])
