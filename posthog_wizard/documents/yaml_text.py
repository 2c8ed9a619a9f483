"""Plain data as YAML that says the same under 1.1 and 1.2: what could be read as anything but a text is quoted."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final

from posthog_wizard.model import Json

_plain = re.compile(r"(?:https?://)?[A-Za-z/][A-Za-z0-9_./+-]*").fullmatch
_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_unprintable = re.compile("[^ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]").sub


class Spelled(tuple[str, ...]):
    """A mapping or list that is text already: its lines, without the indentation that they share."""

    __slots__ = ()

    @classmethod
    def of(cls, raw: str) -> Spelled:
        """A text whose first line is indented; of the others goes what they share with it."""
        shared = len(raw) - len(raw.lstrip(" "))
        return cls(re.sub(f"^ {{0,{shared}}}", "", line) for line in re.split("\r\n|\n|\r", raw.rstrip("\r\n")))


def inline(value: Json) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{string(str(key))}: {inline(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(inline, value))}]"
    return string(value) if isinstance(value, str) else _scalar(value)


def yaml_lines(value: Json, unit: int) -> list[str]:
    """A mapping or list that is not empty, as lines without the indentation that they share."""
    if isinstance(value, Spelled):
        return [*value]
    found: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            found += pair(str(key), item, unit)
        return found
    for item in value:
        inside = yaml_lines(item, unit) if is_block(item) else [inline(item)]
        found += [f"- {inside[0]}", *(f"  {line}" for line in inside[1:])]
    return found


def pair(key: str, value: Json, unit: int) -> list[str]:
    """A key with its value as lines."""
    if not is_block(value):
        return [f"{string(key)}: {inline(value)}"]
    return [f"{string(key)}:", *(" " * unit * bool(line) + line for line in yaml_lines(value, unit))]


def is_block(value: Json) -> bool:
    """Whether the value takes lines of its own."""
    return isinstance(value, (Mapping, list, tuple)) and bool(value)


def string(text: str) -> str:
    """A string of JSON is one of YAML, but for characters that YAML does not print."""
    if _plain(text) and text.lower() not in _WORDS:
        return text
    return _unprintable(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _scalar(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' * (value < 0)}.inf"
    text = str(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text  # 1.1 wants the point
