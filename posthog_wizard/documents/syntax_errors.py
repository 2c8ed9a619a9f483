"""What is wrong with a malformed text, in one sentence. No sentence quotes the text's words: one may be a key."""

import re
from typing import Final

from posthog_wizard.documents import grammar
from posthog_wizard.documents.grammar import CHARACTERS, end, gap, token
from posthog_wizard.documents.text import NOWHERE, malformed, position
from posthog_wizard.errors import Malformed

_SIGHTS: Final = (
    (rb"(?<![^\r\n])(?:<{7}|={7}|>{7}|\|{7})(?![<=>|])", "a merge conflict marker; the conflict is not resolved yet"),
    (rb"/\*", "a comment that is never closed"),
    (rb"#", "a `#`, which starts no comment here"),
    (rb"'", "a single quote, where only double quotes are allowed"),
    (rb"\xe2\x80[\x98\x99\x9c\x9d]", "a curly quote, where only straight double quotes are allowed"),
    (rb"[-+]?NaN\b", "`NaN`, which JSON does not have"),
    (rb"[-+]?Infinity\b", "`Infinity`, which JSON does not have"),
    (rb"undefined\b", "`undefined`, which JSON does not have"),
    (rb"[-+.0-9]", "a number that is not written as JSON requires"),
    (rb"\x00", "a NUL byte, as binary files and UTF-16 have them"),
)
"""What is seen at the place, first match first."""

_MISSING: Final = {
    grammar.BEFORE_COLON: "a value without the colon in front of it",
    grammar.AFTER_VALUE: "a value without the comma in front of it",
}
_WANTED: Final = {
    grammar.ROOT: "a `{`",
    grammar.VALUE: "a value",
    grammar.FIRST_KEY: "a key in double quotes",
    grammar.EXPECT_KEY: "a key in double quotes",
    grammar.BEFORE_COLON: "a colon",
    grammar.AFTER_VALUE: "a comma or a closing bracket",
    grammar.FIRST_ITEM: "a value",
    grammar.ITEM: "a value",
}
_WORD: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$+-."
_PUNCTUATION: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"
_NAMES: Final = {ord("{"): "object", ord("["): "array"}
_to_the_fault = re.compile(b'"' + CHARACTERS).match


def explain(data: bytes, offset: int, state: int, opened: int) -> Malformed:
    """The error for a text that cannot be read on from `offset`. `opened`: the innermost open bracket."""
    at = end(gap(data, offset))
    if at == len(data):
        return malformed(data, at, f"the end of the text, but {_never_closed(data, opened)}")
    if data[at] == ord('"') and token(data, at) is None:
        return _bad_string(data, at)
    # a number or word that goes wrong in its middle is reported where it starts
    if data[at] in _WORD and (start := len(data[:at].rstrip(_WORD))) < at:
        return malformed(data, start, _seen(data, start) or _misplaced(data, start, grammar.VALUE, opened))
    misspelled = token(data, at) is None
    return malformed(data, at, (misspelled and _seen(data, at)) or _misplaced(data, at, state, opened))


def _seen(data: bytes, at: int) -> str | None:
    """What is wrong with it wherever it stands."""
    return next((sentence for pattern, sentence in _SIGHTS if re.compile(pattern).match(data, at)), None)


def _never_closed(data: bytes, opened: int) -> str:
    line, _ = position(data, opened)
    return f"the {_NAMES[data[opened]]} of line {line} is never closed"


def _bad_string(data: bytes, at: int) -> Malformed:
    fault = end(_to_the_fault(data, at))
    if fault == len(data):
        return malformed(data, at, "a string that is never closed")
    if data[fault] == ord("\\"):
        return malformed(data, fault, "a backslash in a string that starts no valid JSON escape")
    if data[fault] in b"\r\n":
        return malformed(data, fault, "the end of the line inside a string")
    return malformed(data, fault, f"a bare control character (U+{data[fault]:04X}) in a string")


def _misplaced(data: bytes, at: int, state: int, opened: int) -> str:
    """The sentence for something that may stand in a document, but not here."""
    byte = data[at]
    if state == grammar.AFTER_ROOT:
        return "text after the end of the document"
    if byte in b"}]" and opened != NOWHERE and byte != data[opened] + 2:
        return f"a `{chr(byte)}`, but {_never_closed(data, opened)}"
    if state in _MISSING and byte in b'"{[' + _WORD:
        return _MISSING[state]
    wanted = _WANTED[state]
    if byte in _WORD:
        return f"a word without quotes where {wanted} belongs"
    if chr(byte) in _PUNCTUATION:
        return f"a `{chr(byte)}` where {wanted} belongs"
    character = data[at : at + 4].decode("utf-8", "ignore")[0]
    return f"an invisible or foreign character (U+{ord(character):04X}) where {wanted} belongs"
