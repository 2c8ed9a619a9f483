"""From a plan to a unified diff in which every secret is masked, ours and everybody else's. Pure."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from posthog_wizard.documents.document import String
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.documents.masking import is_secret_flag, mask_comments, mask_string, mask_whole
from posthog_wizard.model import JSON5, RELAXED, Change, Dialect, FormatName, Plan

_CONTEXT = 3  # lines around a change
_REACH = 1000  # bytes around a change that are looked at: minified files are one line of megabytes
_HUNK = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")
_GAP = re.compile(rb'[\s,{}\[\]"]')  # where a text may be cut without cutting a word


def diff(plan: Plan) -> str:
    """The changes of a plan, in the order of its steps; empty when it changes nothing."""
    changed = ((step.change, step.found.place) for step in plan.steps if step.change.before != step.change.after)
    return "".join(diff_of(change, at.format, JSON5 if at.dialect.json5 else RELAXED) for change, at in changed)


def diff_of(change: Change, format_name: FormatName = "json", dialect: Dialect = RELAXED) -> str:
    """One file's change. Only the text around what changes is looked at, so a file of 20 MB costs little."""
    before, after = change.before or b"", change.after or b""
    changed, gone, come = change.span
    start, behind = _start(before, changed), _behind(before, changed + len(gone))
    old = _masked(_Excerpt(before, start, changed + len(gone) + behind, format_name, dialect), {})
    new = _masked(_Excerpt(after, start, changed + len(come) + behind, format_name, dialect), old.secrets)
    lines = difflib.unified_diff(
        old.lines, new.lines, _name(change, change.before), _name(change, change.after), n=_CONTEXT
    )
    above = before.count(b"\n", 0, start)  # lines: a hunk's numbers count from the top of the file

    def moved(match: re.Match[str]) -> str:
        return f"@@ -{int(match[1]) + above}{match[2] or ''} +{int(match[3]) + above}{match[4] or ''} @@"

    return "".join(_HUNK.sub(moved, line) if line.startswith("@@ ") else line for line in lines)


class _Excerpt(NamedTuple):
    """The bytes of a text that are looked at."""

    text: bytes
    start: int
    end: int
    format: FormatName
    dialect: Dialect


class _Masked(NamedTuple):
    """An excerpt as it is shown, and what stands behind its masks."""

    lines: list[str]
    secrets: Mapping[str, set[str]]


def _name(change: Change, side: bytes | None) -> str:
    return str(change.path) if side is not None else "/dev/null"


def _start(text: bytes, changed: int) -> int:
    """Where to begin: with the lines of context."""
    start = changed
    for _ in range(_CONTEXT + 1):
        start = max(text.rfind(b"\n", 0, start), 0)
    whole = start + 1 if start else 0
    if whole >= changed - _REACH:
        return whole
    gap = _GAP.search(text, changed - _REACH, changed)
    return gap.start() if gap else changed


def _behind(text: bytes, changed: int) -> int:
    """How many bytes behind the change are looked at, to the end of a line."""
    end = changed
    for _ in range(_CONTEXT + 1):
        end = text.find(b"\n", end) + 1 or len(text)
    if end <= changed + _REACH:
        return end - changed
    return max((gap.start() for gap in _GAP.finditer(text, changed, changed + _REACH)), default=changed) - changed


def _masked(excerpt: _Excerpt, known: Mapping[str, set[str]]) -> _Masked:
    """The excerpt with the secrets among its strings and comments masked.

    A secret that looks like one of `known` but is another gets a mark, or a new key would look like the old one.
    """
    text, position, end, name, dialect = excerpt
    comment = FORMATS[name].comment
    pieces, secrets, previous = [], dict[str, set[str]](), ""
    for string in FORMATS[name].parse(text, dialect).strings(max(position - _REACH, 0), end):
        if string.end <= excerpt.start:  # the flag whose secret is the first string that is shown
            previous = string.text
            continue
        shown = mask_whole(string.text) if is_secret_flag(previous) else mask_string(string.keys, string.text)
        if shown != string.text:
            secrets.setdefault(shown, set()).add(string.text)
            shown += " (new)" if string.text not in known.get(shown, {string.text}) else ""
        pieces += [_gap(text[position : string.start], comment), _shown(excerpt, string, shown)]
        position, previous = string.end, string.text
    pieces.append(_gap(text[position:end], comment))
    return _Masked([*_lines(excerpt, "".join(pieces))], secrets)


def _gap(text: bytes, comment: str) -> str:
    return mask_comments(text.decode(errors="replace"), comment)


def _shown(excerpt: _Excerpt, string: String, shown: str) -> str:
    """A string's place in the diff: spelled as in the file, unless it is masked or cut."""
    if string.start < excerpt.start or string.end > excerpt.end:
        return '"…"'
    return (
        excerpt.text[string.start : string.end].decode()
        if shown == string.text
        else json.dumps(shown, ensure_ascii=False)
    )


def _lines(excerpt: _Excerpt, shown: str) -> Iterator[str]:
    r"""Lines as a diff shows them: a carriage return is made visible, a missing final newline is said."""
    data, start, end, *_ = excerpt
    cut_in_front = start > 0 and data[start - 1 : start] != b"\n"
    cut_behind = end < len(data) and data[end - 1 : end] != b"\n"
    for line in re.findall(r"[^\n]*\n|[^\n]+", f"{'…' * cut_in_front}{shown}{'…' * cut_behind}"):
        ending = "\n" if line.endswith("\n") or cut_behind else "\n\\ No newline at end of file\n"
        text = line.rstrip("\n").replace("\r", "␍")
        if len(text) > 4 * _REACH:  # it changed in places far from each other
            text = f"{text[: 2 * _REACH]} … {text[-2 * _REACH :]}"
        yield text + ending
