"""Finding operations by what people call things.

An operation is known by its row of `words.txt`, by the rows above it, by its path, and weakly by the names of what it
takes and the instance's own texts. A word counts as much as it tells (few rows have it), a phrase more when all of it was
asked for; then the verb decides between listing, making, changing and deleting. A plain BM25 over the schema's texts puts
the right operation first for a fifth of what people ask. `query_words.txt` has what people say for each verb.
"""

import difflib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.openapi.model import Index, Operation
from posthog_wizard.openapi.summaries import Verb, Wording, resource_path, verb, wording

_OWN, _OWN_WORDS, _PATH, _WEAK = 3.0, 2.8, 1.6, 0.4  # what a word counts by where it stands
_ABOVE, _ABOVE_WORDS = 2.5, 2.0  # in the rows above
_OF_VERB, _OF_OTHERS = 3.2, 1.2  # behind `create:` for what creates, and for the others
_PARTLY = 0.35  # of a phrase's weight for one of its words; the rest grows with how much of the phrase was asked for
_FAINT = 0.4  # of the weight of a word that says little
_TYPO, _ALIKE, _SHORTEST_TYPO = 0.8, 0.78, 4  # its weight, how alike two words must be, letters
_UNASKED = 0.6  # taken off for the part of an operation's own name that nobody asked for
_AGREES, _DIFFERS = 0.8, 0.3  # for the verb, against one that writes where reading is meant and the other way round
_HISTORY = "history"  # in our names of what tells who changed something
_NOTHING = -math.inf  # the score of what shares no word
_USUAL: Mapping[Verb, float] = {"list": 0.3, "create": 0.12, "get": 0.1, "update": 0.05}  # where no verb is said
_FILE = Path(__file__).with_name("query_words.txt")
_VERBS: tuple[Verb, ...] = ("list", "get", "create", "update", "delete")
_NAMED, _WISHED = 0.6, 0.7  # how much a thing that is only named is looked for, or wished for
_MERE_NAME = 3  # words; what says more is rather a wish (`a weekly digest of signups`)
_SHORTEST_STEM = 3  # letters
_HOW_TO = (["how", "do", "i"], ["how", "can", "i"], ["how", "to"])
_SAID, _SLIP = 2.0, 0.8  # what several words together count; how alike a slip of the finger is


class _Phrase(NamedTuple):
    stems: tuple[str, ...]
    weight: float


class _Entry(NamedTuple):
    operation: Operation
    phrases: Mapping[str, tuple[_Phrase, ...]]  # by each of its stems
    name: tuple[str, ...]  # the stems of its own name
    verbs: Mapping[Verb, float]


def search(index: Index, words: str) -> list[Operation]:
    """The operations that fit, best first; none that shares no word."""
    entries, telling = _catalogue(index)
    asked, verbs = _asked(words, telling), _verbs_in(words)
    scored = ((_score(entry, asked, verbs, telling), entry.operation) for entry in entries)
    found = (pair for pair in scored if pair[0] > _NOTHING)
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], len(pair[1].path), pair[1].id))]


@lru_cache(maxsize=2)
def _catalogue(index: Index) -> tuple[tuple[_Entry, ...], Mapping[str, float]]:
    """What there is to be found, and how much each stem tells."""
    entries = tuple(_entry(one) for one in index.operations.values())
    shapes: dict[str, set[str]] = {}
    for entry in entries:
        strong = {name for name, found in entry.phrases.items() if max(one.weight for one in found) >= _PATH}
        shapes.setdefault(resource_path(entry.operation), set()).update(strong)
    counts = Counter(name for strong in shapes.values() for name in strong)
    faint = {_stem(word) for word in _words("faint")}
    weights = ((name, math.log(1 + len(shapes) / count)) for name, count in counts.items())
    return entries, {name: weight * (_FAINT if name in faint else 1) for name, weight in weights}


def _entry(operation: Operation) -> _Entry:
    own = wording(resource_path(operation), plain=operation.plain)
    phrases: dict[str, tuple[_Phrase, ...]] = {}
    for phrase in _phrases(operation, own):
        for name in phrase.stems:
            phrases[name] = (*phrases.get(name, ()), phrase)
    done = verb(operation)
    verbs: Mapping[Verb, float] = {"list" if operation.reads else done: 1.0}
    if done == "action" and not operation.reads:
        verbs = _verbs_in(own.name)
    return _Entry(operation, phrases, _stems(own.name), verbs)


def _phrases(operation: Operation, own: Wording) -> Iterator[_Phrase]:
    path = resource_path(operation)
    yield _Phrase(_stems(own.name), _OWN)
    yield from (_Phrase(_stems(words), _OWN_WORDS) for words in own.words)
    done = verb(operation)
    for one, said in own.of_verbs.items():
        yield from (_Phrase(_stems(words), _OF_VERB if one == done else _OF_OTHERS) for words in said)
    while path := path.rpartition("/")[0]:
        above = wording(path)
        yield _Phrase(_stems(above.name), _ABOVE)
        yield from (_Phrase(_stems(words), _ABOVE_WORDS) for words in above.words)
    yield from (_Phrase((name,), _PATH) for name in _stems(resource_path(operation).replace("_", " ")))
    fields = [*(one.name for one in operation.parameters), *(operation.body or {}).get("properties", {})]
    weak = " ".join([*fields, operation.text]).replace("_", " ")
    yield from (_Phrase((name,), _WEAK) for name in set(_stems(weak)))


def _asked(words: str, telling: Mapping[str, float]) -> Mapping[str, float]:
    """The stems that are asked for, with how sure that is: a slip of the finger is taken for what was meant."""
    found: dict[str, float] = {}
    for name in _stems(words):
        if name in telling or len(name) < _SHORTEST_TYPO:
            found[name] = 1.0
        elif close := difflib.get_close_matches(name, telling, n=1, cutoff=_ALIKE):
            found.setdefault(close[0], _TYPO)
    joined = (_stem(first + second) for first, second in pairwise(_words_of(words)))
    meant = {_HISTORY: 1.0} if _asks_who(words) else {}
    return found | meant | {name: 1.0 for name in joined if name in telling}


def _score(
    entry: _Entry, asked: Mapping[str, float], verbs: Mapping[Verb, float], telling: Mapping[str, float]
) -> float:
    total = sum(telling.get(name, 1.0) for name in asked) or 1.0
    found = 0.0
    for name, sure in asked.items():
        shares = ((one.weight, _share(one.stems, asked, telling)) for one in entry.phrases.get(name, ()))
        best = max((weight * (_PARTLY + (1 - _PARTLY) * share) for weight, share in shares), default=0.0)
        found += sure * telling.get(name, 1.0) * best
    if not found:
        return _NOTHING
    return found / total - _UNASKED * (1 - _share(entry.name, asked, telling)) + _agreement(entry, verbs)


def _share(names: tuple[str, ...], asked: Mapping[str, float], telling: Mapping[str, float]) -> float:
    """How much of a phrase was asked for."""
    whole = sum(telling.get(name, 1.0) for name in names)
    return sum(telling.get(name, 1.0) for name in names if name in asked) / whole if whole else 0.0


def _agreement(entry: _Entry, verbs: Mapping[Verb, float]) -> float:
    """How well what it does is what is asked to be done."""
    if not verbs:
        return sum(_USUAL.get(one, 0) for one in entry.verbs)
    reading = sum(verbs.get(one, 0) for one in ("list", "get"))
    differs = reading if not entry.operation.reads else 1 - reading
    return _AGREES * sum(amount * verbs.get(one, 0) for one, amount in entry.verbs.items()) - _DIFFERS * differs


def _words_of(text: str) -> list[str]:
    """The words in lower case, in American spelling; `a/b` and `e-mail` are one."""
    text = re.sub(r"\b([ae])[/-](?=[a-z])", r"\1", text.lower().replace("'s", ""))
    text = re.sub(r"is(?=(?:e|es|ed|ing|ation)\b)", "iz", re.sub(r"(?<=[a-z]{2})our(?=s?\b)", "or", text))
    return re.findall(r"[a-z0-9]+", text)


@cache
def _stem(word: str) -> str:
    """The word without its ending: as rough as is good for finding."""
    for ending, instead in (("ies", "y"), ("ings", ""), ("ing", ""), ("ied", "y"), ("ed", ""), ("es", "e"), ("s", "")):  # fmt: skip
        left = word.removesuffix(ending)
        if left != word and len(left) >= _SHORTEST_STEM and not word.endswith(("ss", "us", "is")):
            word = left + instead
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "sle":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


def _stems(text: str) -> tuple[str, ...]:
    """The stems of the words that say anything."""
    return tuple(_stem(word) for word in _words_of(text) if word not in _words("stop"))


@cache
def _rows() -> Mapping[str, str]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_rows()[name].split())


@cache
def _verbs() -> Mapping[str, tuple[Verb, ...]]:
    """By a stem the verbs that it may mean."""
    found: dict[str, tuple[Verb, ...]] = {}
    for each in _VERBS:
        for word in _rows()[each].split():
            found[_stem(word)] = (*found.get(_stem(word), ()), each)
    return found


def _asks_who(text: str) -> bool:
    """Whether it is asked who changed something, or when."""
    said = _words_of(text)
    changed = (word for word in said[1:] if word.endswith("ed") and {"update", "delete"} & set(_meant(_stem(word))))
    return said[:1] in (["who"], ["when"]) and any(changed)


def _meant(word: str) -> tuple[Verb, ...]:
    """The verbs that a stem may mean; a slip of the finger is taken for what was meant."""
    close = [word] if word in _verbs() else difflib.get_close_matches(word, _verbs(), n=1, cutoff=_SLIP)
    return _verbs()[close[0]] if close and len(word) >= _SHORTEST_STEM else ()


def _verbs_in(text: str) -> dict[Verb, float]:
    """How strongly a text asks for each verb, in all 1; the first verb of a demand counts most, a question reads.

    A text that begins with a thing is rather about that thing than a demand.
    """
    found: defaultdict[Verb, float] = defaultdict(float)
    said = _words_of(text)
    if said and said[0] in _words("question") and said[:3] not in _HOW_TO:
        found["list"] += 3
    rest = " ".join(said)
    for each in _VERBS:
        rest, times = re.subn(rf"\b(?:{_rows().get(f'{each} says', '(?!)')})", "", rest)
        found[each] += _SAID * bool(times)
    telling = [word for word in rest.split() if word not in _words("polite") and word not in _words("stop")]
    weight = 2.0
    if telling and telling[0] not in _words("question") and not _meant(_stem(telling[0])):
        found["list"] += _NAMED
        found["create"] += ("for" in said or "should" in said) + (_WISHED if len(said) > _MERE_NAME else 0)
        weight = 0.5
    for word in telling:
        for each in _meant(_stem(word)):
            found[each] += weight
        weight /= 2
    total = sum(found.values())
    return {verb: amount / total for verb, amount in found.items()} if total else {}
