"""The grammar of JSON with comments: its tokens as regular expressions over bytes, and what may follow what.

JSON: https://www.rfc-editor.org/rfc/rfc8259. Comments and trailing commas as VS Code's parser has them:
https://github.com/microsoft/node-jsonc-parser.

Every repetition is possessive: nothing is ever tried twice, so matching is linear and needs no memory.
"""

from __future__ import annotations

import re
from functools import cache

# Before 3.11.5 CPython goes on from the wrong place when a possessive group fails half-way
# (https://github.com/python/cpython/issues/106052). A last alternative that fails at once puts it back.
_OR_NOTHING = rb"|(?!)"


def repeated(pattern: bytes) -> bytes:
    """The pattern any number of times, never given back."""
    return b"(?:" + pattern + _OR_NOTHING + b")*+"


def optional(pattern: bytes) -> bytes:
    """The pattern once or not at all, never given back."""
    return b"(?:" + pattern + _OR_NOTHING + b")?+"


SPACE = rb"[ \t\r\n]*+"
COMMENT = rb"(?://[^\r\n]*+|/\*[^*]*+\*++" + repeated(rb"[^/*][^*]*+\*++") + rb"/)"
GAP = SPACE + repeated(COMMENT + SPACE)
CHARACTERS = rb'[^"\\\x00-\x1f]*+' + repeated(rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+')
STRING = b'"' + CHARACTERS + b'"'
NUMBER = rb"-?+(?:0|[1-9][0-9]*+)" + optional(rb"\.[0-9]++") + optional(rb"[eE][+-]?+[0-9]++")
SCALAR = NUMBER + rb"|true|false|null"

# ------------------------------------------------------------------ tokens, by their group in `token`

NOTHING, COMMENT_TOKEN, STRING_TOKEN, SCALAR_TOKEN, OPEN, CLOSE, COMMA, COLON, END = range(9)

_TOKENS = (COMMENT, STRING, SCALAR, rb"[{\[]", rb"[}\]]", b",", b":", rb"\Z")


def end(found: re.Match[bytes] | None) -> int:
    """Where a match ends of a pattern that cannot fail at its place."""
    if found is None:
        raise AssertionError("this pattern always matches here")
    return found.end()


token = re.compile(SPACE + b"(?:(" + b")|(".join(_TOKENS) + b"))").match
"""White space, then one token; `lastindex` says which."""

gap = re.compile(GAP).match
"""White space and comments."""

space = re.compile(SPACE).match

comments = re.compile(COMMENT).finditer
"""The comments of a stretch that holds nothing but comments and white space."""

# ------------------------------------------------------------------ what may follow what

ROOT, VALUE, FIRST_KEY, KEY, BEFORE_COLON, AFTER_VALUE, FIRST_ITEM, ITEM, AFTER_ROOT, FINISHED = range(10)
ENTER, SEPARATE, LEAVE, LEAVE_LATE = range(10, 14)  # not a state: which one comes next, the brackets decide

_VALUE = {STRING_TOKEN: AFTER_VALUE, SCALAR_TOKEN: AFTER_VALUE, OPEN: ENTER}
FOLLOW: tuple[dict[int, int], ...] = (
    {STRING_TOKEN: AFTER_ROOT, SCALAR_TOKEN: AFTER_ROOT, OPEN: ENTER, END: FINISHED},
    _VALUE,
    {STRING_TOKEN: BEFORE_COLON, CLOSE: LEAVE},
    {STRING_TOKEN: BEFORE_COLON, CLOSE: LEAVE_LATE},
    {COLON: VALUE},
    {COMMA: SEPARATE, CLOSE: LEAVE},
    {**_VALUE, CLOSE: LEAVE},
    {**_VALUE, CLOSE: LEAVE_LATE},
    {END: FINISHED},
)
"""For each state the token that may come, and the state or the step that it leads to."""

# ------------------------------------------------------------------ many tokens at once


def plain_value(depth: int) -> bytes:
    """A value without comments and trailing commas, whose containers are at most `depth` deep."""
    if depth == 0:
        return b"(?:" + STRING + b"|" + SCALAR + b")"
    value = plain_value(depth - 1) + SPACE
    members = repeated(STRING + SPACE + b":" + SPACE + value + b"(?:," + SPACE + rb'(?=")|(?=\}))')
    items = repeated(value + b"(?:," + SPACE + rb"(?!\])|(?=\]))")
    containers = rb"|\{" + SPACE + members + rb"\}|\[" + SPACE + items + rb"\]"
    return b"(?:" + STRING + b"|" + SCALAR + containers + b")"


@cache
def plain_run(state: int, depth: int) -> re.Pattern[bytes]:
    """As many members (or items), each with the comma behind it, as can be had at once."""
    key = SPACE + STRING + SPACE + b":" if state in (FIRST_KEY, KEY) else b""
    return re.compile(repeated(key + SPACE + plain_value(depth) + SPACE + b","))


# ------------------------------------------------------------------ in a text that is known to be well-formed

_STRING = rb'"[^"\\]*+' + repeated(rb'\\.[^"\\]*+') + b'"'
_FLAT = rb'[^"{}\[\]/]++|' + _STRING + b"|" + COMMENT

string = re.compile(_STRING).match
key = re.compile(_STRING + GAP + b":" + GAP).match
"""A key with everything up to its value."""
scalar = re.compile(_STRING + rb"|[^ \t\r\n,\]}/]++").match
flat = re.compile(repeated(_FLAT)).match
"""Everything up to the next bracket."""


@cache
def container(depth: int) -> re.Pattern[bytes]:
    """A container whose own containers are at most `depth` deep."""
    content = _FLAT
    for _ in range(depth):
        content = _FLAT + rb"|[{\[]" + repeated(content) + rb"[}\]]"
    return re.compile(rb"[{\[]" + repeated(content) + rb"[}\]]")
