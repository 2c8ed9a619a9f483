"""What somebody who looks for an operation says: the stems of the words, and which verb is meant. Pure text."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from posthog_wizard.openapi.summaries import Verb

_FILE = Path(__file__).with_suffix(".txt")
_VERBS: tuple[Verb, ...] = ("list", "get", "create", "update", "delete")
_NAMED, _WISHED = 0.6, 0.7  # how much a thing that is only named is looked for, or wished for
_MERE_NAME = 3  # words; what says more is rather a wish (`a weekly digest of signups`)
_SHORTEST_STEM = 3  # letters
_HOW_TO = (["how", "do", "i"], ["how", "can", "i"], ["how", "to"])
_SAID, _ALIKE = 2.0, 0.8  # what several words together count; how alike a slip of the finger is


def words_of(text: str) -> list[str]:
    """The words in lower case, in American spelling; `a/b` and `e-mail` are one."""
    text = re.sub(r"\b([ae])[/-](?=[a-z])", r"\1", text.lower().replace("'s", ""))
    text = re.sub(r"is(?=(?:e|es|ed|ing|ation)\b)", "iz", re.sub(r"(?<=[a-z]{2})our(?=s?\b)", "or", text))
    return re.findall(r"[a-z0-9]+", text)


@cache
def stem(word: str) -> str:
    """The word without its ending: as rough as is good for finding."""
    for ending, instead in (("ies", "y"), ("ings", ""), ("ing", ""), ("ied", "y"), ("ed", ""), ("es", "e"), ("s", "")):  # fmt: skip
        left = word.removesuffix(ending)
        if left != word and len(left) >= _SHORTEST_STEM and not word.endswith(("ss", "us", "is")):
            word = left + instead
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "sle":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


def stems(text: str) -> tuple[str, ...]:
    """The stems of the words that say anything."""
    return tuple(stem(word) for word in words_of(text) if word not in _words("stop"))


@cache
def faint(of: str) -> bool:
    """Whether a stem says little by itself."""
    return any(stem(word) == of for word in _words("faint"))


@cache
def _rows() -> Mapping[str, str]:
    """The rows of `query_words.txt` by their names."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_rows()[name].split())


@cache
def _verbs() -> Mapping[str, tuple[Verb, ...]]:
    """By a stem the verbs that it may mean."""
    found: dict[str, tuple[Verb, ...]] = {}
    for verb in _VERBS:
        for word in _rows()[verb].split():
            found[stem(word)] = (*found.get(stem(word), ()), verb)
    return found


def asks_who(text: str) -> bool:
    """Whether it is asked who changed something, or when."""
    said = words_of(text)
    changed = (word for word in said[1:] if word.endswith("ed") and {"update", "delete"} & set(_meant(stem(word))))
    return said[:1] in (["who"], ["when"]) and any(changed)


def _meant(word: str) -> tuple[Verb, ...]:
    """The verbs that a stem may mean; a slip of the finger is taken for what was meant."""
    close = [word] if word in _verbs() else difflib.get_close_matches(word, _verbs(), n=1, cutoff=_ALIKE)
    return _verbs()[close[0]] if close and len(word) >= _SHORTEST_STEM else ()


def verbs_in(text: str) -> dict[Verb, float]:
    """How strongly a text asks for each verb, in all 1; the first verb of a demand counts most, a question reads.

    A text that begins with a thing is rather about that thing than a demand.
    """
    found: defaultdict[Verb, float] = defaultdict(float)
    said = words_of(text)
    if said and said[0] in _words("question") and said[:3] not in _HOW_TO:
        found["list"] += 3
    rest = " ".join(said)
    for verb in _VERBS:
        rest, times = re.subn(rf"\b(?:{_rows().get(f'{verb} says', '(?!)')})", "", rest)
        found[verb] += _SAID * bool(times)
    telling = [word for word in rest.split() if word not in _words("polite") and word not in _words("stop")]
    weight = 2.0
    if telling and telling[0] not in _words("question") and not _meant(stem(telling[0])):
        found["list"] += _NAMED
        found["create"] += ("for" in said or "should" in said) + (_WISHED if len(said) > _MERE_NAME else 0)
        weight = 0.5
    for word in telling:
        for verb in _meant(stem(word)):
            found[verb] += weight
        weight /= 2
    total = sum(found.values())
    return {verb: amount / total for verb, amount in found.items()} if total else {}
