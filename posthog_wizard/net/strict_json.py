"""JSON from strangers, as strict readers take it: JavaScript's JSON.parse, Go's encoding/json, Rust's serde_json. Pure.

A client must never get a line that it cannot parse. Half a surrogate pair becomes U+FFFD, since servers cut texts in
the middle of emojis; everything else that one of them refuses is an error. A client's own line goes on as it is.
"""

import json
import re
from math import isinf

from posthog_wizard.model import Json

MARK = b"\xef\xbb\xbf"  # a byte-order mark, which RFC 8259 (8.1) lets a reader ignore
_BLANK = b" \t\r\n"  # JSON's own white space
# Levels; serde_json gives up at 128: https://docs.rs/serde_json/latest/serde_json/struct.Deserializer.html
DEEPEST = 127
SURE = 308  # digits of a whole number that no 64-bit float is too small for
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)  # fmt: skip
_RAW_HALF = re.compile(rb"\xed[\xa0-\xbf]")


class TooMuch(ValueError):
    """JSON that may be right and is more than its readers take: too deep, or with a number that no float holds."""


def decode(raw: bytes, deepest: int = DEEPEST) -> Json:
    """The value of a JSON text. Raises ValueError for what one of those readers would refuse, TooMuch if it is JSON."""
    return strict(raw, deepest)[1]


def decoded(raw: bytes) -> Json:
    """The value of a JSON text; None for what is none, or nothing for all readers."""
    try:
        return decode(raw)
    except ValueError:
        return None


def strict(raw: bytes, deepest: int = DEEPEST) -> tuple[bytes, Json]:
    """The text as it can be passed on, and its value. Raises as `decode` does.

    Half a surrogate pair, left over where somebody cut a text in the middle of an emoji, becomes U+FFFD.
    """
    text = whole_escapes(raw.strip(_BLANK).removeprefix(MARK))
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except RecursionError:
        raise TooMuch(f"nested deeper than {deepest} levels") from None
    if text.count(b"[") + text.count(b"{") > deepest and nesting_levels(value) > deepest:
        raise TooMuch(f"nested deeper than {deepest} levels")
    return text, value


def whole_utf8(line: bytes) -> bytes:
    """A client's line with U+FFFD for half a character in it, which is no UTF-8; two halves in a row are a character.

    Servers have no excuse for these; a client's call had better arrive. Raises ValueError for any other encoding.
    """
    if not _RAW_HALF.search(line):
        return line
    halves = line.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace").encode()


def whole_escapes(text: bytes) -> bytes:
    """JSON with U+FFFD for half a character that is spelled as an escape."""
    if b"\\u" not in text or (b"\\ud" not in text and b"\\uD" not in text):
        return text
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], text)


def nesting_levels(value: Json) -> int:
    """How many levels of objects and arrays there are; nothing here is recursive, whatever there is."""
    depth, level = 0, [value]
    while level := [node for node in level if isinstance(node, dict | list)]:
        depth += 1
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]
    return depth


def _no_number(name: str) -> None:
    raise ValueError(f"`{name}` is not JSON")


def _fraction(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise TooMuch("a number in it is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > SURE:
        _fraction(digits)
    return int(digits)


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_fraction, parse_int=_whole)
