"""The grammar of JSON with comments: its tokens as regular expressions over bytes, and what may follow what.

JSON: https://www.rfc-editor.org/rfc/rfc8259. Comments and trailing commas as VS Code's parser has them:
https://github.com/microsoft/node-jsonc-parser.

Every repetition is possessive: nothing is ever tried twice, so matching is linear and needs no memory.
"""

import re
from typing import Final

BRACE: Final = ord("{")
BRACKET: Final = ord("[")

# Before 3.11.5 CPython goes on from the wrong place when a possessive group fails half-way
# (https://github.com/python/cpython/issues/106052). A last alternative that fails at once puts it back.
_OR_NOTHING = rb"|(?!)"


def zero_or_more(pattern: bytes) -> bytes:
    """The pattern any number of times, never given back."""
    return b"(?:" + pattern + _OR_NOTHING + b")*+"


SPACE = rb"[ \t\r\n]*+"
_COMMENT = rb"(?://[^\r\n]*+|/\*[^*]*+\*++" + zero_or_more(rb"[^/*][^*]*+\*++") + rb"/)"
GAP = SPACE + zero_or_more(_COMMENT + SPACE)
CHARACTERS = rb'[^"\\\x00-\x1f]*+' + zero_or_more(rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+')
STRING = b'"' + CHARACTERS + b'"'
_NUMBER = (  # alternatives that start differently and end early: a long list of numbers takes half the time
    rb"(?:[1-9][0-9]*+|-(?:0|[1-9][0-9]*+)|0)"
    rb"(?:(?![.eE])|\.[0-9]++(?![eE])|(?:\.[0-9]++)?[eE][+-]?+[0-9]++)"
)
SCALAR = _NUMBER + rb"|true|false|null"

# ------------------------------------------------------------------ tokens, by their group in `token`

_NO_TOKEN, COMMENT_TOKEN, STRING_TOKEN, SCALAR_TOKEN, OPEN, CLOSE, COMMA, _COLON, END_TOKEN = range(9)

_TOKENS = (_COMMENT, STRING, SCALAR, rb"[{\[]", rb"[}\]]", b",", b":", rb"\Z")


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

comments = re.compile(_COMMENT).finditer
"""The comments of a stretch that holds nothing but comments and white space."""

# ------------------------------------------------------------------ what may follow what

ROOT, VALUE, FIRST_KEY, EXPECT_KEY, BEFORE_COLON, AFTER_VALUE, FIRST_ITEM, ITEM, AFTER_ROOT, FINISHED = range(10)
ENTER, SEPARATE, _LEAVE, LEAVE_LATE = range(10, 14)  # not a state: which one comes next, the brackets decide

_VALUE = {STRING_TOKEN: AFTER_VALUE, SCALAR_TOKEN: AFTER_VALUE, OPEN: ENTER}
FOLLOW: tuple[dict[int, int], ...] = (
    {STRING_TOKEN: AFTER_ROOT, SCALAR_TOKEN: AFTER_ROOT, OPEN: ENTER, END_TOKEN: FINISHED},
    _VALUE,
    {STRING_TOKEN: BEFORE_COLON, CLOSE: _LEAVE},
    {STRING_TOKEN: BEFORE_COLON, CLOSE: LEAVE_LATE},
    {_COLON: VALUE},
    {COMMA: SEPARATE, CLOSE: _LEAVE},
    {**_VALUE, CLOSE: _LEAVE},
    {**_VALUE, CLOSE: LEAVE_LATE},
    {END_TOKEN: FINISHED},
)
"""For each state the token that may come, and the state or the step that it leads to."""

# ------------------------------------------------------------------ in a text that is known to be well-formed

_KNOWN_STRING = rb'"[^"\\]*+' + zero_or_more(rb'\\.[^"\\]*+') + b'"'
FLAT = rb'[^"{}\[\]/]++|' + _KNOWN_STRING + b"|" + _COMMENT
"""White space, scalars, commas, colons and comments."""

KNOWN_KEY = _KNOWN_STRING + GAP + b":" + GAP
"""A key with everything up to its value."""
KNOWN_SCALAR = _KNOWN_STRING + rb'|[^ \t\r\n,\[\]{}"/]++'

match_string = re.compile(_KNOWN_STRING).match
match_key = re.compile(KNOWN_KEY).match
scalar = re.compile(KNOWN_SCALAR).match
