"""Texts of others, as they can be shown: nothing in them that a terminal acts upon. Pure."""

from __future__ import annotations


def printable(text: str, *, keep: str = "") -> str:
    r"""The text with every character spelled out (`\x1b`) that a screen would act upon, or not show; those in `keep` stay.

    Control characters, colours, line ends, and the marks that turn the direction of writing
    (https://trojansource.codes).
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
