"""Would a client's own parser accept this text? One pass, no tree, no recursion."""

from __future__ import annotations

from array import array

from posthog_wizard.documents.complaints import explain
from posthog_wizard.documents.grammar import (
    AFTER_ROOT,
    AFTER_VALUE,
    COMMENT_TOKEN,
    END,
    ENTER,
    FINISHED,
    FIRST_ITEM,
    FIRST_KEY,
    FOLLOW,
    ITEM,
    KEY,
    LEAVE_LATE,
    ROOT,
    SEPARATE,
    end,
    plain_run,
    token,
)
from posthog_wizard.documents.position import NOWHERE, malformed
from posthog_wizard.errors import Malformed
from posthog_wizard.model import Dialect

_LARGE = 1 << 15  # bytes; below this, compiling the long pattern costs more than it saves
_DEPTH = 3  # levels that the long pattern takes at once; each more doubles its size
_AFTER_COMMA = {FIRST_KEY: KEY, KEY: KEY, FIRST_ITEM: ITEM, ITEM: ITEM}
_BRACE = ord("{")


class Scan:
    """One reading of one text. `root`, `comment`, `trailing_comma`: the offset of the first of each."""

    __slots__ = (
        "_comma",
        "_data",
        "_large",
        "_open",
        "_position",
        "_state",
        "comment",
        "dialect",
        "root",
        "trailing_comma",
    )

    def __init__(self, data: bytes, start: int, dialect: Dialect) -> None:
        self._data, self.dialect, self._large = data, dialect, len(data) - start > _LARGE
        self._open = array("q")  # offsets of the brackets that wait for their partner
        self._state, self._position, self._comma = ROOT, start, NOWHERE
        self.root = self.comment = self.trailing_comma = NOWHERE

    def run(self) -> Scan:
        """Read to the end of the text. Raises Malformed."""
        while self._state != FINISHED:
            if self._large and self._state in _AFTER_COMMA:
                self._take_many()
            self._take_one()
        return self

    def _take_many(self) -> None:
        behind = end(plain_run(self._state, _DEPTH).match(self._data, self._position))
        if behind > self._position:
            self._position, self._comma, self._state = behind, behind - 1, _AFTER_COMMA[self._state]

    def _take_one(self) -> None:
        found = token(self._data, self._position)
        if found is None or found.lastindex is None:
            raise self._complaint(self._position)
        kind = found.lastindex
        at = found.start(kind)
        self._position = found.end()
        if kind == COMMENT_TOKEN:
            self._note_comment(at)
            return
        following = FOLLOW[self._state].get(kind)
        if following is None:
            raise self._complaint(at)
        if self.root == NOWHERE and kind != END:
            self.root = at
        if following <= FINISHED:
            self._state = following
        else:
            self._turn(following, at)

    def _turn(self, step: int, at: int) -> None:
        """A bracket or a comma: what comes next depends on the brackets that are open."""
        if step == ENTER:
            self._open.append(at)
            self._state = FIRST_KEY if self._data[at] == _BRACE else FIRST_ITEM
        elif step == SEPARATE:
            self._comma = at
            self._state = KEY if self._data[self._open[-1]] == _BRACE else ITEM
        else:
            self._close(at, late=step == LEAVE_LATE)

    def _close(self, at: int, *, late: bool) -> None:
        if self._data[at] != self._data[self._open[-1]] + 2:  # "{" and "}", "[" and "]" stand two apart in ASCII
            raise self._complaint(at)
        if late:
            self._note_trailing_comma()
        self._open.pop()
        self._state = AFTER_VALUE if self._open else AFTER_ROOT

    def _note_comment(self, at: int) -> None:
        if not self.dialect.comments:
            raise malformed(self._data, at, "a comment, which this client's parser refuses")
        if self.comment == NOWHERE:
            self.comment = at

    def _note_trailing_comma(self) -> None:
        if not self.dialect.trailing_commas:
            raise malformed(self._data, self._comma, "a trailing comma, which this client's parser refuses")
        if self.trailing_comma == NOWHERE:
            self.trailing_comma = self._comma

    def _complaint(self, at: int) -> Malformed:
        return explain(self._data, at, self._state, self._open[-1] if self._open else NOWHERE)
