"""JSON from strangers, as strict readers take it: JavaScript's JSON.parse, Go's encoding/json, Rust's serde_json. Pure."""

from __future__ import annotations

import json
import re
from itertools import chain
from math import isinf

from posthog_wizard.model import Json

MARK = b"\xef\xbb\xbf"  # a byte-order mark, which RFC 8259 (8.1) lets a reader ignore
HOLDERS = (dict, list)
# Levels; serde_json gives up at 128: https://docs.rs/serde_json/latest/serde_json/struct.Deserializer.html
DEEPEST = 127
SURE = 308  # digits of a whole number that no 64-bit float is too small for
ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)  # fmt: skip


def decode(raw: bytes) -> Json:
    """The value of a JSON text. Raises ValueError for what one of those readers would refuse."""
    return strict(raw)[1]


def strict(raw: bytes) -> tuple[bytes, Json]:
    """The text as it can be passed on, and its value. Raises ValueError.

    Half a surrogate pair, left over where somebody cut a text in the middle of an emoji, becomes U+FFFD.
    """
    text = _whole_characters(raw.strip().removeprefix(MARK))
    try:
        value = DECODER.decode(text.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if text.count(b"[") + text.count(b"{") > DEEPEST and _is_deep(value):
        raise ValueError("nested too deeply")
    return text, value


def _whole_characters(text: bytes) -> bytes:
    if b"\\u" not in text or (b"\\ud" not in text and b"\\uD" not in text):
        return text
    return ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], text)


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        held = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in level)
        level = [each for each in held if isinstance(each, HOLDERS)]
    return bool(level)


def _no_number(name: str) -> None:
    raise ValueError(f"`{name}` is no JSON")


def _fraction(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError("a number is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > SURE:
        _fraction(digits)
    return int(digits)


DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_fraction, parse_int=_whole)
