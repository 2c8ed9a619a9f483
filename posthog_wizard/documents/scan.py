"""Would a client's own parser accept this text? One pass, no tree, no recursion."""

from __future__ import annotations

from array import array

from posthog_wizard.documents import grammar
from posthog_wizard.documents.bulk_patterns import LARGE, WITH_COMMENTS, WITHOUT_COMMENTS, Match, stride
from posthog_wizard.documents.grammar import BRACE, BRACKET, end, gap, token
from posthog_wizard.documents.text import NOWHERE, malformed
from posthog_wizard.errors import Malformed
from posthog_wizard.model import Dialect

_LONG = 1 << 10  # bytes of a container from which on it is noted where it ends
_HUGE = 1 << 21  # bytes; from here on it pays to take one level more at once, which doubles the patterns


def _strides(dialect: Dialect, size: int) -> dict[int, Match]:
    """The long patterns for objects and arrays. Where the first comment has to be told, they stop at comments."""
    told = not (dialect.proven and dialect.comments and dialect.trailing_commas)
    depth, flavour = 2 if size < _HUGE else 3, WITHOUT_COMMENTS if told else WITH_COMMENTS
    return {bracket: stride(bracket == BRACE, depth, flavour) for bracket in (BRACE, BRACKET)}


class Scan:
    """One reading of one text. `root`, `comment`, `trailing_comma`: the offset of the first of each.

    `ends` has the end of long containers, by the offset of their bracket, and `known` how many bytes of a container are
    in such: who looks for a member need not read them again. From `large` bytes on the long patterns are used.
    """

    def __init__(self, data: bytes, start: int, dialect: Dialect, *, large: int = LARGE) -> None:
        self._data, self.dialect = data, dialect
        self._strides = _strides(dialect, len(data)) if len(data) >= large else {}
        self._open = array("q")  # offsets of the brackets that wait for their partner
        self._state, self._position, self._comma = grammar.ROOT, start, NOWHERE
        self.ends: dict[int, int] = {}
        self.known: dict[int, int] = {}
        self.root = self.comment = self.trailing_comma = NOWHERE

    def run(self) -> Scan:
        """Read to the end of the text. Raises Malformed."""
        while self._state != grammar.FINISHED:
            if self._strides and (
                self._state == grammar.AFTER_VALUE
                or (self._state in (grammar.FIRST_KEY, grammar.FIRST_ITEM) and self._data[self._position - 1] in b"{[")
            ):  # behind a value, or behind a bracket without a comment in between
                self._take_many()
            self._take_one()
        return self

    def _take_many(self) -> None:
        """From bracket to bracket, as long as there are only shallow values that the dialect allows."""
        data, opened = self._data, self._open
        position = reached = self._position
        while opened and (found := self._strides[data[opened[-1]]](data, position)):
            reached = found.end()
            if found.lastindex is None:
                break
            position = reached
            if found.lastindex == 1:
                opened.append(position - 1)
            else:
                self._note_end(opened.pop(), position)
        self._halt(position, reached)

    def _halt(self, position: int, reached: int) -> None:
        """Go on with single tokens behind a comma if one was reached, else behind the last bracket or value."""
        keyed = bool(self._open) and self._data[self._open[-1]] == BRACE
        behind_bracket = self._data[position - 1] in b"{["
        self._position = position
        if reached > (end(gap(self._data, position)) if behind_bracket else position):
            self._position, self._state = reached, grammar.EXPECT_KEY if keyed else grammar.ITEM
        elif behind_bracket:
            self._state = grammar.FIRST_KEY if keyed else grammar.FIRST_ITEM
        else:
            self._state = grammar.AFTER_VALUE if self._open else grammar.AFTER_ROOT

    def _take_one(self) -> None:
        found = token(self._data, self._position)
        if found is None or found.lastindex is None:
            raise self._complaint(self._position)
        kind = found.lastindex
        at = found.start(kind)
        self._position = found.end()
        if kind == grammar.COMMENT_TOKEN:
            self._note_comment(at)
            return
        following = grammar.FOLLOW[self._state].get(kind)
        if following is None:
            raise self._complaint(at)
        if self.root == NOWHERE and kind != grammar.END_TOKEN:
            self.root = at
        if following <= grammar.FINISHED:
            self._state = following
        elif following == grammar.ENTER:
            self._open.append(at)
            self._state = grammar.FIRST_KEY if self._data[at] == BRACE else grammar.FIRST_ITEM
        elif following == grammar.SEPARATE:
            self._comma = at
            self._state = grammar.EXPECT_KEY if self._data[self._open[-1]] == BRACE else grammar.ITEM
        else:
            self._close(at, late=following == grammar.LEAVE_LATE)

    def _close(self, at: int, *, late: bool) -> None:
        if self._data[at] != self._data[self._open[-1]] + 2:  # "{" and "}", "[" and "]" stand two apart in ASCII
            raise self._complaint(at)
        if late and not self.dialect.trailing_commas:
            raise malformed(self._data, self._comma, "a trailing comma, which this client's parser refuses")
        if late and self.trailing_comma == NOWHERE:
            self.trailing_comma = self._comma
        self._note_end(self._open.pop(), self._position)
        self._state = grammar.AFTER_VALUE if self._open else grammar.AFTER_ROOT

    def _note_end(self, start: int, stop: int) -> None:
        if self._strides and stop - start >= _LONG:
            self.ends[start] = stop
            outer = self._open[-1] if self._open else NOWHERE
            self.known[outer] = self.known.get(outer, 0) + stop - start

    def _note_comment(self, at: int) -> None:
        if not self.dialect.comments:
            raise malformed(self._data, at, "a comment, which this client's parser refuses")
        if self.comment == NOWHERE:
            self.comment = at
        self._position = end(gap(self._data, at))  # not directly behind "// {"

    def _complaint(self, at: int) -> Malformed:
        from posthog_wizard.documents.syntax_errors import explain  # noqa: PLC0415 - most texts are well-formed

        return explain(self._data, at, self._state, self._open[-1] if self._open else NOWHERE)
