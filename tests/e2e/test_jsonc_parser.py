"""Our edits beside those of jsonc-parser, with which VS Code edits its own files.

That library is no perfect judge: about a tenth of its removals here leave `{ , }`, another tenth take a neighbour's
comment along. Where its result does not parse, ours is held against the parsed document alone. Both kinds are counted.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.jsonc_documents import ODD, Generated, generate
from tests.support.jsonc_laws import ENTRY, Ours, existing_members, place_of
from tests.support.jsonc_reader import Reading
from tests.support.npm import npm_package

pytestmark = pytest.mark.e2e

DOCUMENTS = 6000
MARK = "\ufeff"  # the editor takes it off before the library sees the text


class Edited(NamedTuple):
    """One edit: what the document should say, what ours says and theirs (None: it does not parse), both as text."""

    expected: str
    ours: str | None
    theirs: str | None
    our_text: bytes
    their_text: bytes


class Case(NamedTuple):
    """A document with a new entry, and with a member removed, if it has one that can be named."""

    document: Generated
    removed: tuple[str, ...] | None
    put: Edited
    dropped: Edited | None


def asked(document: Generated, removed: tuple[str, ...] | None) -> dict[str, Any]:
    """One line for the other side."""
    ours = {"set": Ours().put(document.data, document.keys, ENTRY)}
    if removed:
        ours["removed"] = Ours().drop(document.data, removed)
    return {
        "text": document.data.decode().removeprefix(MARK),
        "set": [document.keys, ENTRY],
        "remove": removed,
        "ours": {name: text.decode().removeprefix(MARK) for name, text in ours.items()},
    }


def edited(answer: dict[str, Any], ours: str) -> Edited:
    """One answer from the other side."""
    return Edited(answer["expected"], answer["ours"], answer["theirs"], ours.encode(), answer["text"].encode())


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    documents = [generate(seed) for seed in range(DOCUMENTS)]
    members = [existing_members(Reading(document.data)) for document in documents]
    removed = [names[number % len(names)] if names else None for number, names in enumerate(members)]
    questions = [asked(document, keys) for document, keys in zip(documents, removed, strict=True)]
    answers = [json.loads(line) for line in ask_node(questions)]
    assert len(answers) == DOCUMENTS
    return [
        Case(
            document,
            keys,
            edited(answer["set"], question["ours"]["set"]),
            edited(answer["removed"], question["ours"]["removed"]) if keys else None,
        )
        for document, keys, question, answer in zip(documents, removed, questions, answers, strict=True)
    ]


def ask_node(questions: list[dict[str, Any]]) -> list[str]:
    """All edits in one process."""
    folder = npm_package("jsonc-parser", "3.3.1")
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("jsonc_parser.cjs")), str(folder)],
        input="\n".join(json.dumps(question) for question in questions),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    return done.stdout.split("\n")


def comments(text: bytes) -> list[bytes]:
    return [comment for _, comment in Reading(text).comments]


def test_the_documents_are_odd_enough(cases: list[Case]) -> None:
    assert sum(bool(case.document.features & ODD) for case in cases) >= DOCUMENTS / 3
    assert sum(case.dropped is not None for case in cases) >= 5000


def test_both_put_the_same(cases: list[Case]) -> None:
    assert [case for case in cases if case.put.ours != case.put.expected] == []
    assert [case for case in cases if case.put.theirs != case.put.expected] == []


def test_both_remove_the_same(cases: list[Case]) -> None:
    drops = [case.dropped for case in cases if case.dropped]
    assert [drop for drop in drops if drop.ours != drop.expected] == []
    broken = [drop for drop in drops if drop.theirs is None]
    assert [drop for drop in drops if drop.theirs not in (None, drop.expected)] == []
    assert 0 < len(broken) < len(drops) / 5


def test_the_other_takes_comments_along_and_we_do_not(cases: list[Case]) -> None:
    drops = [case.dropped for case in cases if case.dropped and case.dropped.theirs is not None]
    fewer = [drop for drop in drops if len(comments(drop.their_text)) < len(comments(drop.our_text))]
    more = [drop for drop in drops if len(comments(drop.their_text)) > len(comments(drop.our_text))]
    assert fewer
    assert more == []


def test_no_byte_changes_outside_the_edited_span(cases: list[Case]) -> None:
    assert [case for case in cases if not stays(case.document, case.document.keys, case.put.our_text)] == []
    assert [
        case for case in cases if case.dropped and not stays(case.document, case.removed, case.dropped.our_text)
    ] == []


def stays(document: Generated, keys: tuple[str, ...] | None, after: bytes) -> bool:
    """Whether everything up to the neighbour in front, and from the neighbour behind, stayed."""
    before = document.data.decode().removeprefix(MARK).encode()
    reading = Reading(before)
    room = reading.rooms.get(keys or ()) or place_of(reading, keys or ())
    return after.startswith(before[: room.start]) and after.endswith(before[room.end :])
