"""One style for what people read: a hint begins small, and one sentence has no full stop."""

import re

import pytest

from tests.support.sentences import Sentence, sentences

# What begins with a capital wherever it stands.
NAMES = ("PostHog", "HogQL", "VS Code", "Claude", "HTTPS_PROXY", "{")
# The bridge's errors go to agents as running text, "It failed. Do this.".
RUNNING_TEXT = "bridge/"
HINTS = [one for one in sentences() if one.hint and not one.file.startswith(RUNNING_TEXT)]


def test_there_are_hints() -> None:
    assert len(HINTS) > 150


@pytest.mark.parametrize("hint", HINTS, ids=lambda one: f"{one.file}:{one.line}")
def test_a_hint_begins_small_and_one_sentence_has_no_full_stop(hint: Sentence) -> None:
    one_sentence = not re.search(r"[.!?] [A-Z]", hint.text)
    assert hint.text[0].islower() or not hint.text[0].isalpha() or hint.text.startswith(NAMES)
    assert not (one_sentence and hint.text.endswith(".") and not hint.text.endswith("..."))


@pytest.mark.parametrize(
    "odd",
    [
        r"\bshall\b",
        r"\bmend\b",
        r"passed over",
        r"(?<!there )\bis no [a-z]+$",
        r"all the same\b(?! key)",
        r"install .*for good\b",
    ],
)
def test_no_sentence_has_words_that_people_stumble_over(odd: str) -> None:
    assert [one for one in sentences() if re.search(odd, one.text)] == []
