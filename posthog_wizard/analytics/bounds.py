"""How much of a large event is looked at at all: what would be cut away later is cut before anybody searches it for secrets.

Redaction holds the interpreter for half a second for each megabyte, from whatever thread it is done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from posthog_wizard.analytics.binary import without_binary

LONGEST: Final = 32_768  # characters of a text that may be sent; the contract's
MOST_ITEMS: Final = 101  # of an array or an object: the contract's hundred, and one that shows that there were more
MOST_PARTS: Final = 10_000  # texts, numbers, arrays and so on of a request and its answer; more do not fit
DEEPEST: Final = 12  # levels; the contract's ten, and the event around them
MOST_BYTES: Final = 400_000  # of a request and its answer together that are searched
STEPS: Final = (LONGEST, 8_192, 2_048, 512, 128)  # characters that a text may keep, tried in this order
MARGIN: Final = 1.5  # of that is searched, so that a secret is not cut in two where the text ends


def bounded(value: Any) -> tuple[Any, int]:
    """The value with at most so much in it, and the characters that its texts may keep after redaction."""
    value = without_binary(_Cut(int(LONGEST * MARGIN)).of(value))  # a shorter piece would not be known for what it is
    for most in STEPS:
        value = _Cut(int(most * MARGIN)).of(value)
        if size(value) <= MOST_BYTES:
            break
    parts = MOST_PARTS
    while size(value) > MOST_BYTES:  # many texts, each of them short
        parts //= 2
        value = _Cut(int(most * MARGIN), parts).of(value)
    return value, most


def shortened(value: Any, most: int) -> Any:
    """The value with no text longer than so many characters."""
    if isinstance(value, str):
        return value if len(value) <= most else value[: most - 3] + "..."
    if isinstance(value, dict):
        return {key: shortened(item, most) for key, item in value.items()}
    return [shortened(item, most) for item in value] if isinstance(value, list) else value


def size(value: Any) -> int:
    """Bytes of the value as JSON."""
    return len(json.dumps(value, default=str, separators=(",", ":")).encode())


@dataclass
class _Cut:
    """Takes the beginning of a value: texts of `most` characters, and `left` more parts of whatever kind."""

    most: int
    left: int = MOST_PARTS

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
        if len(within) > DEEPEST:
            return "[Object]" if isinstance(value, dict) else "[Array]"
        if isinstance(value, dict):
            return {key: self.of(item, within) for key, item in islice(value.items(), MOST_ITEMS) if self.left > 0}
        return [self.of(item, within) for item in value[:MOST_ITEMS] if self.left > 0]
