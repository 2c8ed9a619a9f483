"""Plain data as TOML, and what is wrong with a text that is none. No sentence quotes the text's words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from posthog_wizard.documents.document import broken
from posthog_wizard.documents.text import demand_utf8, malformed, offset_of
from posthog_wizard.errors import Malformed
from posthog_wizard.model import Json

_bare = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_unprintable = re.compile("[\x7f\ud800-\udfff]").sub
_place = re.compile(r"at line (\d+), column (\d+)").search
_FAULTS: Final = (  # what tomllib says, with an article of ours
    ("Cannot declare", "a table that is defined twice"),
    ("Cannot overwrite", "a key that is defined twice"),
    ("Duplicate inline table key", "a key that is defined twice"),
    ("Cannot mutate immutable", "an addition to an inline table or array, which cannot be added to"),
    ("Cannot redefine", "a table that is defined twice"),
    ("Expected '='", "a key without `=` and a value"),
    ("Invalid initial character for a key", "a character that cannot start a key"),
    ("Invalid statement", "a line that is neither a key with its value nor a table"),
    ("Invalid value", "something that is not a TOML value"),
    ("Expected newline", "text after the end of a value"),
    ("Unclosed array", "an array that is never closed"),
    ("Unclosed inline table", "an inline table that is not closed on its line"),
    ("Expected ']", "a table's name that is not closed"),
    ("Unescaped", "a backslash in a string that starts no valid TOML escape"),
    ("Unterminated string", "a string that is never closed"),
    ("Illegal character", "a character that is not allowed here"),
    ("Found invalid character", "a character that is not allowed here"),
    ("Expected", "a string that is never closed"),
)


def read(data: bytes) -> dict[str, Json]:
    """The text's data. Raises Malformed with the place where tomllib stopped."""
    import tomllib  # noqa: PLC0415 - start time

    mark = demand_utf8(data)
    try:
        return tomllib.loads(data[mark:].decode())
    except tomllib.TOMLDecodeError as error:
        raise _explained(data, str(error)) from None
    except RecursionError:
        raise malformed(data, mark, "values that are nested too deeply to be read") from None
    except ValueError:  # Python has a limit for digits, and TOML for numbers
        raise malformed(data, mark, "a number with more digits than can be read") from None


def _explained(data: bytes, said: str) -> Malformed:
    other = "something that TOML does not allow here"
    sentence = next((ours for theirs, ours in _FAULTS if said.startswith(theirs)), other)
    place = _place(said)
    return broken(data, offset_of(data, int(place[1]), int(place[2])) if place else len(data), sentence)


def key_text(key: str) -> str:
    """A key, quoted where it must be."""
    return key if _bare(key) else _quoted(key)


def inline_toml(value: Json) -> str:
    """A value on one line. Raises ValueError for None, which TOML does not have."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key_text(key)} = {inline_toml(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(inline_toml(item) for item in value)}]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        raise ValueError("TOML has no null")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else str(value.isoformat())


def table(header: str, value: Mapping[str, Json], newline: str) -> str:
    """A table with its header, one key a line, tables in it on one line each."""
    return newline.join([header, *(f"{key_text(key)} = {inline_toml(item)}" for key, item in value.items())])


def _quoted(text: str) -> str:
    """A string of JSON is one of TOML, but for DEL; half of a surrogate pair is none, which tomllib will say."""
    return _unprintable(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
