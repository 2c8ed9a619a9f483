"""How much of a large event is looked at at all: what would be cut away later is cut before anybody searches it for secrets.

Redaction holds the interpreter for half a second for each megabyte, from whatever thread it is done. Texts that are
files in disguise go, too: PostHog takes none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

MAX_TEXT_LENGTH: Final = 32_768  # characters of a text that may be sent; the contract's
_MOST_ITEMS: Final = 101  # of an array or an object: the contract's hundred, and one that shows that there were more
_MOST_PARTS: Final = 10_000  # texts, numbers, arrays and so on of a request and its answer; more do not fit
_DEEPEST: Final = 12  # levels; the contract's ten, and the event around them
MAX_VALUE_BYTES: Final = 400_000  # of a request and its answer together that are searched
STEPS: Final = (MAX_TEXT_LENGTH, 8_192, 2_048, 512, 128)  # characters that a text may keep, tried in this order
TRUNCATION_MARGIN: Final = 1.5  # of that is searched, so that a secret is not cut in two where the text ends
BINARY_MARK: Final = "[binary data redacted - not supported by PostHog MCP analytics]"
_LONG_TEXT: Final = 10_240  # characters; shorter ones may be an identifier
# The SDK knows base64 only, without base64url and data URLs.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\n\r]+=*")
_DATA_URL: Final = re.compile(r"data:[^,]{0,255};base64,", re.IGNORECASE)


def truncate(value: Any) -> tuple[Any, int]:
    """The value with at most so much in it, and the characters that its texts may keep after redaction."""
    whole = _Cut(int(MAX_TEXT_LENGTH * TRUNCATION_MARGIN)).of(value)
    value = without_binary(whole)  # a shorter piece would not be known for what it is
    for most in STEPS:
        value = _Cut(int(most * TRUNCATION_MARGIN)).of(value)
        if json_bytes(value) <= MAX_VALUE_BYTES:
            break
    parts = _MOST_PARTS
    while json_bytes(value) > MAX_VALUE_BYTES:  # many texts, each of them short
        parts //= 2
        value = _Cut(int(most * TRUNCATION_MARGIN), parts).of(value)
    return value, most


def truncate_texts(value: Any, most: int) -> Any:
    """The value with no text longer than so many characters."""
    return map_texts(value, lambda text: text if len(text) <= most else text[: most - 3] + "...")


def without_binary(value: Any) -> Any:
    """The value with a mark in the place of each long string that is base64, base64url or a data URL."""
    return map_texts(value, lambda text: BINARY_MARK if _is_binary(text) else text)


def _is_binary(text: str) -> bool:
    return len(text) >= _LONG_TEXT and bool(_DATA_URL.match(text) or _BASE64.fullmatch(text))


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed; its arrays become lists."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: map_texts(item, change) for key, item in value.items()}
    return [map_texts(item, change) for item in value] if isinstance(value, list | tuple) else value


def json_bytes(value: Any) -> int:
    """Bytes of the value as JSON."""
    return len(json.dumps(value, default=str, separators=(",", ":")).encode())


@dataclass
class _Cut:
    """Takes the beginning of a value: texts of `most` characters, and `left` more parts of whatever kind."""

    most: int
    left: int = _MOST_PARTS

    def of(self, value: Any, around: tuple[int, ...] = ()) -> Any:
        """The beginning of a value that is within those of these ids."""
        self.left -= 1
        if isinstance(value, str):
            return value[: self.most]
        if not isinstance(value, dict | list | tuple):
            return value
        if id(value) in around:
            return "[Circular ~]"
        within = (*around, id(value))
        if len(within) > _DEEPEST:
            return "[Object]" if isinstance(value, dict) else "[Array]"
        if isinstance(value, dict):
            return {key: self.of(item, within) for key, item in islice(value.items(), _MOST_ITEMS) if self.left > 0}
        return [self.of(item, within) for item in value[:_MOST_ITEMS] if self.left > 0]
