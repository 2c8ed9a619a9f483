"""Long patterns that take many tokens at once, for files of megabytes. What they refuse goes token by token.

Each repetition is possessive and ends in `|(?!)`, without which Python before 3.11.5 accepts malformed text. The
`json` module's scanner over the text as Latin-1 took 276 to 460 ms for 21 MB, these 450 to 490 ms, but it makes a
second copy of the file (150 MB where its one member is large) and knows no comments.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from posthog_wizard.documents.grammar import FLAT, GAP, KNOWN_KEY, KNOWN_SCALAR, SCALAR, SPACE, STRING, zero_or_more

Match = Callable[..., "re.Match[bytes] | None"]  # (data, from[, up to])

LARGE: Final = 1 << 17  # bytes; below this, compiling a long pattern costs more than it saves

# ------------------------------------------------------------------ in a text that may be malformed


class _Flavour(NamedTuple):
    """What may stand between two tokens, and in an array and in an object behind a comma."""

    between: bytes
    next_item: bytes
    next_key: bytes


WITHOUT_COMMENTS: Final = _Flavour(SPACE, rb"(?![\]/])", rb'(?=")')
WITH_COMMENTS: Final = _Flavour(GAP, b"", rb'(?=["}])')


def _member(keyed: bool, flavour: _Flavour) -> tuple[bytes, bytes]:
    """What stands in front of the value of a member or item, and behind it: a comma, or ahead the closing bracket."""
    between, next_item, next_key = flavour
    if keyed:
        return STRING + between + b":" + between, between + b"(?:," + between + next_key + rb"|(?=\}))"
    return b"", between + b"(?:," + between + next_item + rb"|(?=\]))"


def _members(keyed: bool, depth: int, flavour: _Flavour) -> bytes:
    """Members or items with values whose containers are at most `depth` deep."""
    key, behind = _member(keyed, flavour)
    value = STRING + b"|" + SCALAR
    if depth:
        value += rb"|\{" + flavour.between + _members(True, depth - 1, flavour) + rb"\}"
        value += rb"|\[" + flavour.between + _members(False, depth - 1, flavour) + rb"\]"
    return zero_or_more(key + b"(?:" + value + b")" + behind)


@cache
def stride(keyed: bool, depth: int, flavour: _Flavour) -> Match:
    """From behind an opening bracket, or a value, as far as shallow members go, and on to the next bracket.

    Group 1 is an opening bracket, group 2 the closing one; neither, when something else comes behind the last comma.
    """
    key, behind = _member(keyed, flavour)
    opening, closing = (rb"\{", rb"\}") if keyed else (rb"\[", rb"\]")
    start = b"(?:(?<=" + opening + b")" + flavour.between + b"|" + behind + b")"
    to_bracket = b"(?:" + key + rb"([{\[])|(" + closing + b")|)"
    return re.compile(start + _members(keyed, depth, flavour) + to_bracket).match


# ------------------------------------------------------------------ in a text that is known to be well-formed

BLOCK: Final = 64  # members


def levels(data: bytes) -> int:
    """How many levels of nesting one match should step over: more take longer to compile, fewer to match."""
    return 1 if len(data) < LARGE else 8


def _nested(depth: int) -> bytes:
    """Anything between two brackets that holds containers of at most that depth."""
    content = FLAT
    for _ in range(depth):
        content = FLAT + rb"|[{\[]" + zero_or_more(content) + rb"[}\]]"
    return zero_or_more(content)


@cache
def container(depth: int) -> Match:
    """A container whose own containers are at most `depth` deep."""
    return re.compile(rb"[{\[]" + _nested(depth) + rb"[}\]]").match


@cache
def level(depth: int) -> Match:
    """Everything up to the end of the container that we are in, or to a container that is deeper."""
    return re.compile(_nested(depth)).match


@cache
def block(keyed: bool, depth: int, other_than: bytes | None = None) -> Match:
    """The next members or items, a whole block of them, each with its comma. No key is (or may be) `other_than`."""
    own = b"" if other_than is None else b'(?!"' + re.escape(other_than) + rb'"|"[^"\\]*+\\)'
    value = b"(?:" + KNOWN_SCALAR + rb"|[{\[]" + _nested(depth) + rb"[}\]])"
    member = GAP + own + (KNOWN_KEY if keyed else b"") + value + GAP + b","
    return re.compile(b"(?:" + member + b"){%d}+" % BLOCK).match
