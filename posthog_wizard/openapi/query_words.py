"""What somebody who looks for an operation says: the stems of the words, and which verb is meant. Pure text."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from posthog_wizard.openapi.summaries import Verb

_STOP = """
a an the of to in on for from by at with and or as is are was were be been it its this that these those there here our your
their his her we i you they me us them please would could should can will do does did has have had having just so if up out
into about after before over than then too very some any only also now posthog
go goes going gone went got gets been being he she him himself herself his hers us lets
"""
# Words that say little of what it is about. They count in phrases of ours (`who changed`), a little.
_FAINT = """
show list get see find give make create add new put set change update edit delete remove want need let use tell know look
check view display fetch all every each which what who whom whose how when where why many much one thing something last
yesterday today tonight night week month day hour recent latest current right still already again somebody someone people
everybody anyone user customer want like way data made making my anybody yet
"""
_NAMED, _WISHED = 0.6, 0.7  # how much a thing that is only named is looked for, or wished for
_MERE_NAME = 3  # words; what says more is rather a wish (`a weekly digest of signups`)
_SHORTEST_STEM = 3  # letters
# A demand that is none of these words (`mail me`, `route errors to`) mostly wants something made that does it.
_VERBS: Mapping[Verb, str] = {
    "list": "list show all which who what whose when every each many much see browse find search overview any where why top "
    "display compare count know look watch count everybody everyone view",
    "get": "get details detail read inspect fetch single specific content",
    "create": "create add make new put set schedule register build write save define upload invite record leave start draft "
    "introduce launch post begin plan generate subscribe attach give connect enroll protect notify warn alert run send mail "
    "email dump copy clone duplicate keep ignore mute silence route forward stream sync import export download ask poll collect "
    "group merge exclude block hold mark test try plot chart draw score judge grade hide open announce report ping tell log "
    "link bring share publish summarize let split forget ship push pull trigger fire evaluate note store grant file resend "
    "refresh recompute recalculate rerun retry redo restart verify confirm treat combine rate swallow guard strip call block back "
    "categorize label capture track monitor visualize freeze snapshot request paste document embed expose summarize translate "
    "migrate transfer reserve back sample simulate train prepare provision seed ingest",
    "update": "update change edit rename modify turn adjust move tweak fix archive enable disable pause roll increase "
    "reduce raise lower assign tag pin stop resume describe mark bump extend flip promote demote correct relabel hide reword "
    "end ramp unpin set hold let suspend halt unpause continue conclude finish close reorder prioritise grow shrink restrict "
    "limit allow swap replace activate deactivate rotate reset renew regenerate invalidate revert undo cancel abort mute",
    "delete": "delete remove drop rid erase trash clear purge discard wipe revoke kick disconnect destroy unsubscribe forget "
    "offboard scrap throw unlink dump take",
}
_QUESTION = frozenset(["who", "which", "what", "when", "where", "why", "whose", "is", "are", "did", "does", "how", "was", "were", "has", "have", "any", "anything", "anyone", "everything", "all", "every", "everyone"])  # fmt: skip
_POLITE = frozenset(["can", "could", "would", "please", "i", "we", "want", "need", "to", "you", "us", "me", "help", "how", "do"])  # fmt: skip
_HOW_TO = (["how", "do", "i"], ["how", "can", "i"], ["how", "to"])
# What several words say together, and how much more than a verb by itself.
_SAYINGS: Mapping[Verb, str] = {
    "list": r"(?:give|get|tell|show) (?:me|us) (?!when|if)|let (?:me|us) (?:see|watch|look)|look (?:at|up|for|into)|(?:find|check) (?:the|all|out (?:who|which|what|why))",
    "create": r"(?:put|drop|add|save|throw|collect|bundle) .* (?:into|in|onto|together|as)\b|(?:need|want) an?|set up|write (?:up|down)|be able to|whenever|(?:get|turn|make) .* (?:as|into) an?\b",
    "update": r"(?:turn|switch|shut|call|pull|bring|take|roll|ramp)\w* (?:\w+ ){0,4}(?:off|on|down|back)\b|should (?:also|not|only|now|no longer|be|go)|instead$|(?:add|make|start|let|set) (?:the|this|that|these|our|my|another)\b|add .* to (?:the|our|my)\b|wrong|mistake|typo|no longer|from now on",
    "delete": r"(?:get|getting) rid of|(?:throw|chuck|toss) (?:\w+ ){0,4}(?:away|out)|(?:take|kick|pull) (?:\w+ ){1,4}(?:out|off|from)\b|cleans? up",
}  # fmt: skip
_SAID, _ALIKE = 2.0, 0.8


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
    return tuple(stem(word) for word in words_of(text) if word not in _stop())


def faint(of: str) -> bool:
    """Whether a stem says little by itself."""
    return of in _faint()


@cache
def _stop() -> frozenset[str]:
    return frozenset(_STOP.split())


@cache
def _faint() -> frozenset[str]:
    return frozenset(map(stem, _FAINT.split()))


@cache
def _verbs() -> Mapping[str, tuple[Verb, ...]]:
    """By a stem the verbs that it may mean."""
    found: dict[str, tuple[Verb, ...]] = {}
    for verb, words in _VERBS.items():
        for word in words.split():
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
    if said and said[0] in _QUESTION and said[:3] not in _HOW_TO:
        found["list"] += 3
    rest = " ".join(said)
    for verb, sayings in _SAYINGS.items():
        rest, times = re.subn(rf"\b(?:{sayings})", "", rest)
        found[verb] += _SAID * bool(times)
    telling = [word for word in rest.split() if word not in _POLITE and word not in _stop()]
    weight = 2.0
    if telling and telling[0] not in _QUESTION and not _meant(stem(telling[0])):
        found["list"] += _NAMED
        found["create"] += ("for" in said or "should" in said) + (_WISHED if len(said) > _MERE_NAME else 0)
        weight = 0.5
    for word in telling:
        for verb in _meant(stem(word)):
            found[verb] += weight
        weight /= 2
    total = sum(found.values())
    return {verb: amount / total for verb, amount in found.items()} if total else {}
