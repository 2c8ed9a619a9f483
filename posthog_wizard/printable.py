"""Texts of others as they can be shown, and pasted into a shell of any system: nothing in them that either acts upon. Pure."""

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[\w@+:,./=-]+", re.ASCII)
# What POSIX shells, PowerShell or cmd still act upon between double quotes, or a terminal does.
ACTIVE = set('"$`\\!%')


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with every character spelled out (`\x1b`) that a screen would act upon, or not show; those in `keep` stay.

    Control characters, colours, line ends, and the marks that turn the direction of writing
    (https://trojansource.codes).
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def joined(words: Iterable[str]) -> str:
    """The words as one command line."""
    return " ".join(map(word, words))


def word(text: str) -> str:
    """The text as one word; `NAME` for what no quotes hold in every shell, which a person has to type."""
    if _PLAIN.fullmatch(text):
        return text
    return f'"{text}"' if text and text.isprintable() and not ACTIVE & set(text) else "NAME"
