"""Words of a command that people paste into a shell of any system: what a stranger wrote must stay a word there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[\w@+:,./=-]+", re.ASCII)
# What POSIX shells, PowerShell or cmd still act upon between double quotes, or a terminal does.
ACTIVE = set('"$`\\!%')


def joined(words: Iterable[str]) -> str:
    """The words as one command line."""
    return " ".join(map(word, words))


def word(text: str) -> str:
    """The text as one word; `NAME` for what no quotes hold in every shell, which a person has to type."""
    if _PLAIN.fullmatch(text):
        return text
    return f'"{text}"' if text and text.isprintable() and not ACTIVE & set(text) else "NAME"
