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
        for how, needles in forms(key).items()
        if any(needle in data for needle in needles)
    ]


@cache
def forms(key: str) -> dict[str, tuple[bytes, ...]]:
    """Every way to write the key that is looked for, as pieces of bytes."""
    raw = key.encode()
    encoded = tuple(piece for shifted in _base64(raw) for piece in pieces(shifted, ENCODED_PIECE))
    return {
        "plain": tuple(pieces(raw, PIECE)),
        "reversed": tuple(pieces(raw[::-1], PIECE)),
        "in base64": encoded,
        "in base64 for URLs": tuple(piece.replace(b"+", b"-").replace(b"/", b"_") for piece in encoded),
        "in hexadecimal": tuple(pieces(raw.hex().encode(), 2 * PIECE)),
        "as URL escapes": tuple(pieces("".join(f"%{byte:02X}" for byte in raw).encode(), 3 * PIECE)),
        "as JSON escapes": tuple(pieces("".join(f"\\u{byte:04x}" for byte in raw).encode(), 6 * PIECE)),
    }


def pieces(text: bytes, length: int) -> Iterator[bytes]:
    """Every stretch of that length; none when the text is shorter."""
    return (text[start : start + length] for start in range(len(text) - length + 1))


def _base64(raw: bytes) -> Iterator[bytes]:
    """The encodings of the key for the three places at which it may begin in what is encoded, its fixed part only."""
    for shift in range(3):
        first = -(-shift * 8 // 6) + (1 if shift else 0)
        encoded = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        yield encoded[first:-1]
