"""From a plan to a unified diff in which every secret is masked, ours and everybody else's. Pure."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator

from posthog_wizard.documents import jsonc
from posthog_wizard.documents.masking import mask_string
from posthog_wizard.model import RELAXED, Change, Plan

CONTEXT = 3  # lines around a change
HUNK = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")


def diff(plan: Plan) -> str:
    """The changes of a plan, in the order of its steps; empty when it changes nothing."""
    return "".join(diff_of(step.change) for step in plan.steps if step.change.before != step.change.after)


def diff_of(change: Change) -> str:
    """One file's change. Only the lines around what changes are looked at, so a file of 20 MB costs little."""
    before, after = change.before or b"", change.after or b""
    start, end_before, end_after = _changed_lines(before, after)
    old, new = _masked_lines(before, start, end_before), _masked_lines(after, start, end_after)
    lines = difflib.unified_diff(old, new, _name(change, change.before), _name(change, change.after), n=CONTEXT)
    return "".join(_numbered(lines, before.count(b"\n", 0, start)))


def _name(change: Change, side: bytes | None) -> str:
    return str(change.path) if side is not None else "/dev/null"


def _changed_lines(before: bytes, after: bytes) -> tuple[int, int, int]:
    """Where the two texts differ, widened to whole lines and to the lines of context: (start, end before, end after)."""
    same_start = _common_prefix(before, after)
    same_end = _common_prefix(before[same_start:][::-1], after[same_start:][::-1])
    start = same_start
    for _ in range(CONTEXT + 1):
        start = max(before.rfind(b"\n", 0, start), 0)
    start = start + 1 if start else 0
    return start, _widen(before, len(before) - same_end), _widen(after, len(after) - same_end)


def _widen(text: bytes, end: int) -> int:
    for _ in range(CONTEXT + 1):
        end = text.find(b"\n", end) + 1 or len(text)
    return end


def _common_prefix(left: bytes, right: bytes) -> int:
    """The length of the longest common beginning, by halving: slices compare at the speed of memory."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _masked_lines(text: bytes, start: int, end: int) -> list[str]:
    """The lines between two offsets, with the secrets among their strings masked. `text` is JSON of any dialect."""
    pieces, position = [], start
    for string in jsonc.parse(text, RELAXED).strings(start, end):
        shown = mask_string(string.keys, string.text)
        if shown != string.text and string.start >= position:
            pieces += [text[position : string.start].decode(), json.dumps(shown, ensure_ascii=False)]
            position = string.end
    return [*_lines("".join([*pieces, text[position:end].decode()]))]


def _lines(text: str) -> Iterator[str]:
    r"""Lines as a diff shows them: a carriage return is made visible, a missing final newline is said."""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        ending = "\n" if line.endswith("\n") else "\n\\ No newline at end of file\n"
        yield line.rstrip("\n").replace("\r", "␍") + ending


def _numbered(lines: Iterator[str], offset: int) -> Iterator[str]:
    """The diff's lines with the hunks' numbers counted from the top of the file."""

    def moved(match: re.Match[str]) -> str:
        return f"@@ -{int(match[1]) + offset}{match[2] or ''} +{int(match[3]) + offset}{match[4] or ''} @@"

    return (HUNK.sub(moved, line) if line.startswith("@@ ") else line for line in lines)
