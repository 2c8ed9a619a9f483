"""Finds a key in text, however it was written down: plain, reversed, in base64, hexadecimal, escapes, or a piece of it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from functools import cache

PIECE = 12  # characters of a key that nobody may see; a masked key shows four
ENCODED_PIECE = 16


def leaks(data: bytes, keys: Iterable[str]) -> list[str]:
    """How each key was found in `data`: `key 0 reversed`; the key itself is never part of the answer."""
    return [
        f"key {index} {how}"
        for index, key in enumerate(keys)
        for how, texts in forms(key).items()
        if any(_stands_in(data, *text) for text in texts)
    ]


@cache
def forms(key: str) -> dict[str, tuple[tuple[bytes, int], ...]]:
    """Every way to write the key that is looked for, each with the length of a piece that is too much."""
    raw = key.encode()
    encoded = tuple((shifted, ENCODED_PIECE) for shifted in _base64(raw))
    return {
        "plain": ((raw, PIECE),),
        "reversed": ((raw[::-1], PIECE),),
        "in base64": encoded,
        "in base64 for URLs": tuple((text.replace(b"+", b"-").replace(b"/", b"_"), length) for text, length in encoded),
        "in hexadecimal": ((raw.hex().encode(), 2 * PIECE),),
        "as URL escapes": (("".join(f"%{byte:02X}" for byte in raw).encode(), 3 * PIECE),),
        "as JSON escapes": (("".join(f"\\u{byte:04x}" for byte in raw).encode(), 6 * PIECE),),
    }


def _stands_in(data: bytes, text: bytes, length: int) -> bool:
    """Whether a piece of that length does. One holds a whole half of those that the text falls into, so these go first."""
    return any(half in data for half in _halves(text, length)) and any(part in data for part in pieces(text, length))


@cache
def _halves(text: bytes, length: int) -> tuple[bytes, ...]:
    half = length // 2
    return tuple(text[start : start + half] for start in range(0, len(text) - half + 1, half))


def pieces(text: bytes, length: int) -> Iterator[bytes]:
    """Every stretch of that length; none when the text is shorter."""
    return (text[start : start + length] for start in range(len(text) - length + 1))


def _base64(raw: bytes) -> Iterator[bytes]:
    """The encodings of the key for the three places at which it may begin in what is encoded, its fixed part only."""
    for shift in range(3):
        first = -(-shift * 8 // 6) + (1 if shift else 0)
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        yield encoded[first:-1]
