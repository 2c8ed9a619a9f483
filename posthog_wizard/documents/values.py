"""The values of a document as plain data, and plain data as text."""

import json
from typing import Final

from posthog_wizard.documents.grammar import CLOSE, END_TOKEN, OPEN, SCALAR_TOKEN, STRING_TOKEN, token
from posthog_wizard.model import Json, KeyPath

_LONGEST: Final = 4300  # digits of an integer; Python refuses longer ones
_BRACKET: Final = ord("]")


def load(raw: bytes, _keys: KeyPath = ()) -> Json:
    """The data of a well-formed value, comments and trailing commas ignored, at any depth."""
    text = raw.decode()
    try:
        return _decode(text)
    except (json.JSONDecodeError, RecursionError):
        return _build(raw)


# Where Python refuses an integer for its length, other parsers see a float (an infinite one); so do we.
_decode: Final = json.JSONDecoder(parse_int=lambda text: int(text) if len(text) < _LONGEST else float(text)).decode


def _build(raw: bytes) -> Json:
    """The same without recursion: a container is first a flat list of its keys and values."""
    unfinished: list[list[Json]] = [[]]
    position = 0
    while (found := token(raw, position)) and found.lastindex != END_TOKEN:
        position = found.end()
        if found.lastindex == OPEN:
            unfinished.append([])
        elif found.lastindex == CLOSE:
            flat = unfinished.pop()
            unfinished[-1].append(
                flat if raw[position - 1] == _BRACKET else dict(zip(flat[::2], flat[1::2], strict=True))
            )
        elif found.lastindex in (STRING_TOKEN, SCALAR_TOKEN):
            unfinished[-1].append(_decode(found[found.lastindex].decode()))
    return unfinished[0][0]


def scalar_text(value: Json) -> bytes:
    """A string, number, boolean or null, or an empty container, as JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 does not have
        return json.dumps(value).encode()
