"""Putting a member into a container and taking it out, every other byte kept.

`remove` takes out to the byte what `insert` adds: the white space that `insert` chooses tells how it was before.
No comment is ever removed, unless it stands inside the member.
"""

from typing import Final

from posthog_wizard.documents.grammar import BRACE, end, space
from posthog_wizard.documents.layout import Layout, behind_comments, behind_last, last_comment, leading_trivia
from posthog_wizard.documents.text import NOWHERE, TextEdit, first_newline, indent_of_line, last_newline
from posthog_wizard.documents.walk import Container, Member

_LINE_ENDS: Final = (b"\n", b"\r")


# ------------------------------------------------------------------ in


def insert(data: bytes, table: Container, member: bytes, layout: Layout) -> list[TextEdit]:
    """One more member at the container's end. A comment stays with the member that it stands behind."""
    if table.last is None:
        return [_into_empty(data, table, member, layout)]
    at = behind_comments(data, behind_last(table), table.closing)
    in_front = layout.newline + layout.indent if layout.newline else layout.separator
    if table.last.comma != NOWHERE:
        return [TextEdit(at, at, in_front + member + b",")]
    if leading := _leading_comma(data, table):
        return [TextEdit(at, at, leading + member)]
    if layout.newline:
        return [TextEdit(table.last.end, table.last.end, b","), TextEdit(at, at, in_front + member)]
    return [TextEdit(at, at, b"," + in_front + member)]


def _into_empty(data: bytes, table: Container, member: bytes, layout: Layout) -> TextEdit:
    at = behind_comments(data, table.opening + 1, table.closing)
    if at > table.opening + 1:
        return TextEdit(at, at, (layout.newline + layout.indent or layout.separator) + member)
    white = data[at : table.closing]
    if not layout.newline:
        padding = layout.padding if data[table.opening] == BRACE else b""
        return TextEdit(table.closing, table.closing, padding + member + padding)
    in_front = layout.newline + layout.indent + member
    if not last_newline(white):
        return TextEdit(table.closing, table.closing, in_front + layout.newline + indent_of_line(data, table.opening))
    # "{}" has the better claim to what "{\\n}" would become, so the latter gets a blank line.
    line_end = at + white.rindex(layout.newline)
    return TextEdit(line_end, line_end, layout.newline + in_front)


def _leading_comma(data: bytes, table: Container) -> bytes:
    """The separator of people who start their lines with the comma; empty for all others."""
    if table.penultimate is None or table.last is None:
        return b""
    comma = table.last.before - 1
    in_front = data[behind_comments(data, table.penultimate.end, comma) : comma]
    behind = leading_trivia(data, table.last)
    newline = last_newline(in_front)
    if not newline or behind.strip(b" \t"):
        return b""
    return in_front[in_front.rindex(newline) :] + b"," + behind


# ------------------------------------------------------------------ out


def remove(data: bytes, table: Container, member: Member) -> list[TextEdit]:
    """Without the member that was found; an emptied container stays."""
    if table.last != member:
        return _from_the_front(data, member)
    if table.previous is None:
        return _the_only_one(data, table, member)
    return _the_last(data, table.previous, member)


def _from_the_front(data: bytes, member: Member) -> list[TextEdit]:
    """A member with another one behind it: its line goes, or the white space up to the next on the same line."""
    next_text = end(space(data, member.comma + 1))
    newline = first_newline(data[member.comma : next_text])
    if not newline:
        return [_body(data, member, member.start), TextEdit(member.comma, next_text)]
    start = behind_comments(data, member.before, member.start)
    white = data[start : member.start]
    if own := last_newline(white):
        start += white.rindex(own)
    return [_body(data, member, start), TextEdit(member.comma, data.index(newline, member.comma))]


def _the_last(data: bytes, previous: Member, member: Member) -> list[TextEdit]:
    """The last member of several: the comma in front goes too, unless there is one behind."""
    if member.comma != NOWHERE:
        start = _white_from(data, member.before, member.start, member.comma + 1)
        return [_body(data, member, start), TextEdit(member.comma, member.comma + 1)]
    comma = member.before - 1
    resume = member.before if last_comment(data, member.before, member.start) else member.end
    return [
        TextEdit(_white_from(data, previous.end, comma, resume), comma + 1),
        TextEdit(_white_from(data, member.before, member.start, member.end), member.end),
    ]


def _the_only_one(data: bytes, table: Container, member: Member) -> list[TextEdit]:
    """The only member: what is left is what `insert` found, next to nothing, or comments."""
    tail = behind_last(table)
    commented = last_comment(data, member.before, member.start) is not None
    if not commented and not last_comment(data, member.end, table.closing):
        white = _white_before(leading_trivia(data, member), data[tail : table.closing])
        return [TextEdit(member.before, table.closing, white)]
    if commented and not _commented(data, member):
        return [TextEdit(_white_from(data, member.before, member.start, tail), tail)]
    comma = [] if member.comma == NOWHERE else [TextEdit(member.comma, end(space(data, tail)))]
    return [TextEdit(member.start, end(space(data, member.end))), *comma]


def _white_before(front: bytes, back: bytes) -> bytes:
    """The white space of an empty container, from what stands in front of its only member and behind it."""
    newline = last_newline(front)
    if not newline:
        return front.removesuffix(back) if front.endswith(back) else b""
    kept = front[: front.rindex(newline)]
    return kept.removesuffix(last_newline(kept)) + back if kept.endswith(_LINE_ENDS) else kept


def _commented(data: bytes, member: Member) -> bool:
    """Whether a comment stands between the member and its comma."""
    return member.comma != NOWHERE and last_comment(data, member.end, member.comma) is not None


def _body(data: bytes, member: Member, start: int) -> TextEdit:
    """The member from `start` to its comma; a comment in between stays, and then so does what is in front."""
    if _commented(data, member):
        return TextEdit(member.start, end(space(data, member.end)))
    return TextEdit(start, member.comma)


def _white_from(data: bytes, start: int, stop: int, resume: int) -> int:
    """Where the white space in front of `stop` starts that may go, when the text goes on at `resume`.

    A line comment in front needs a line end: it keeps its own, unless one follows at once.
    """
    comment = last_comment(data, start, stop)
    if comment is None:
        return start
    stays = comment[0].startswith(b"//") and data[resume : resume + 1] not in _LINE_ENDS
    return comment.end() + (len(first_newline(data[comment.end() : stop])) if stays else 0)
