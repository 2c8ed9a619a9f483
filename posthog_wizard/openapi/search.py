"""Finding operations by what people call things.

An operation is known by its row of `words.txt`, by the rows above it, by its path, and weakly by the names of what it
takes and the instance's own texts. A word counts as much as it tells (few rows have it), a phrase more when all of it was
asked for; then the verb decides between listing, making, changing and deleting. A plain BM25 over the schema's texts puts
the right operation first for a fifth of what people ask.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from posthog_wizard.openapi.model import Index, Operation
from posthog_wizard.openapi.query_words import asks_who, faint, stem, stems, verbs_in, words_of
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


class _Phrase(NamedTuple):
    stems: tuple[str, ...]
    weight: float


class _Entry(NamedTuple):
    operation: Operation
    phrases: Mapping[str, tuple[_Phrase, ...]]  # by each of its stems
    name: tuple[str, ...]  # the stems of its own name
    verbs: Mapping[Verb, float]


class _Catalogue(NamedTuple):
    entries: tuple[_Entry, ...]
    telling: Mapping[str, float]  # how much a stem tells


def search(index: Index, words: str) -> list[Operation]:
    """The operations that fit, best first; none that shares no word."""
    catalogue = _catalogue(index)
    asked, verbs = _asked(words, catalogue.telling), verbs_in(words)
    scored = ((_score(entry, asked, verbs, catalogue.telling), entry.operation) for entry in catalogue.entries)
    found = (pair for pair in scored if pair[0] > _NOTHING)
    return [one for _, one in sorted(found, key=lambda pair: (-pair[0], len(pair[1].path), pair[1].id))]


@lru_cache(maxsize=2)
def _catalogue(index: Index) -> _Catalogue:
    entries = tuple(_entry(one) for one in index.operations.values())
    shapes: dict[str, set[str]] = {}
    for entry in entries:
        strong = {name for name, found in entry.phrases.items() if max(one.weight for one in found) >= _PATH}
        shapes.setdefault(resource_path(entry.operation), set()).update(strong)
    counts = Counter(name for strong in shapes.values() for name in strong)
    telling = {
        name: math.log(1 + len(shapes) / count) * (_FAINT if faint(name) else 1) for name, count in counts.items()
    }
    return _Catalogue(entries, telling)


def _entry(operation: Operation) -> _Entry:
    own = wording(resource_path(operation), plain=operation.plain)
    phrases: dict[str, tuple[_Phrase, ...]] = {}
    for phrase in _phrases(operation, own):
        for name in phrase.stems:
            phrases[name] = (*phrases.get(name, ()), phrase)
    done = verb(operation)
    verbs: Mapping[Verb, float] = {"list" if operation.reads else done: 1.0}
    if done == "action" and not operation.reads:
        verbs = verbs_in(own.name)
    return _Entry(operation, phrases, stems(own.name), verbs)


def _phrases(operation: Operation, own: Wording) -> Iterator[_Phrase]:
    path = resource_path(operation)
    yield _Phrase(stems(own.name), _OWN)
    yield from (_Phrase(stems(words), _OWN_WORDS) for words in own.words)
    done = verb(operation)
    for one, said in own.of_verbs.items():
        yield from (_Phrase(stems(words), _OF_VERB if one == done else _OF_OTHERS) for words in said)
    while path := path.rpartition("/")[0]:
        above = wording(path)
        yield _Phrase(stems(above.name), _ABOVE)
        yield from (_Phrase(stems(words), _ABOVE_WORDS) for words in above.words)
    yield from (_Phrase((name,), _PATH) for name in stems(resource_path(operation).replace("_", " ")))
    fields = [*(one.name for one in operation.parameters), *(operation.body or {}).get("properties", {})]
    weak = " ".join([*fields, operation.text]).replace("_", " ")
    yield from (_Phrase((name,), _WEAK) for name in set(stems(weak)))


def _asked(words: str, telling: Mapping[str, float]) -> Mapping[str, float]:
    """The stems that are asked for, with how sure that is: a slip of the finger is taken for what was meant."""
    found: dict[str, float] = {}
    for name in stems(words):
        if name in telling or len(name) < _SHORTEST_TYPO:
            found[name] = 1.0
        elif close := difflib.get_close_matches(name, telling, n=1, cutoff=_ALIKE):
            found.setdefault(close[0], _TYPO)
    joined = (stem(first + second) for first, second in pairwise(words_of(words)))
    meant = {_HISTORY: 1.0} if asks_who(words) else {}
    return found | meant | {name: 1.0 for name in joined if name in telling}


def _score(
    entry: _Entry, asked: Mapping[str, float], verbs: Mapping[Verb, float], telling: Mapping[str, float]
) -> float:
    total = sum(telling.get(name, 1.0) for name in asked) or 1.0
    found = sum(
        sure * telling.get(name, 1.0) * max(one.weight * _whole(one, asked, telling) for one in entry.phrases[name])
        for name, sure in asked.items()
        if name in entry.phrases
    )
    if not found:
        return _NOTHING
    return found / total - _UNASKED * (1 - _share(entry.name, asked, telling)) + _agreement(entry, verbs)


def _whole(phrase: _Phrase, asked: Mapping[str, float], telling: Mapping[str, float]) -> float:
    return _PARTLY + (1 - _PARTLY) * _share(phrase.stems, asked, telling)


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
