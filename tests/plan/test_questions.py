"""VS Code's question for the key comes with the first entry that needs it, and goes with the last."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posthog_wizard.clients.entries import prompt_definition
from posthog_wizard.model import Json, Secret
from tests.support.founds import (
    INLINE,
    PATH,
    PROMPT,
    add,
    after,
    data,
    outcome,
    remove,
    text_of,
)
from tests.support.golden import HOSTED
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY

REMOTE = {"url": HOSTED, "headers": {"Authorization": f"Bearer {KEY}"}}
QUESTION = prompt_definition()


def asked(text: bytes) -> Any:
    """The questions in a file; None when there are none at all."""
    return data(text).get("inputs")


@pytest.mark.parametrize(
    ("before", "questions"),
    [
        ({}, [QUESTION]),
        ({"inputs": []}, [QUESTION]),
        ({"inputs": [{"id": "other"}]}, [{"id": "other"}, QUESTION]),
        (
            {"inputs": [{"id": "posthog-api-key", "type": "pickString"}]},
            [{"id": "posthog-api-key", "type": "pickString"}],
        ),
    ],
)
def test_the_question_is_added_once(before: dict[str, Json], questions: list[Json]) -> None:
    text = after(add("vscode", json.dumps({"servers": {}, **before}), PROMPT))
    assert asked(text) == questions
    assert outcome(add("vscode", text, PROMPT)) == ("unchanged", "the entry is right as it is")


@pytest.mark.parametrize(
    "text",
    [
        b'{"servers": {}, "inputs": []}',
        b'{\n\t"inputs": [\n\t\t{"id": "other"}\n\t],\n\t"servers": {\n\t}\n}\n',
        b'{\r\n  // mine\r\n  "servers": {\r\n    "a": {}, // one\r\n  },\r\n  "inputs": [ /* none */ ],\r\n}\r\n',
    ],
)
def test_the_question_goes_with_the_last_entry_that_needs_it(text: bytes) -> None:
    put = after(add("vscode", text, PROMPT))
    assert asked(put)[-1] == QUESTION
    assert after(remove("vscode", put)) == text
    assert asked(after(add("vscode", put, INLINE))) == asked(text)


@pytest.mark.parametrize(
    "other",
    [
        {"url": "https://mcp.example.com", "headers": {"X": "${input:posthog-api-key}"}},
        {"command": "x", "args": ["--key=${input:posthog-api-key}"]},
    ],
)
def test_the_question_stays_while_something_refers_to_it(other: Json) -> None:
    put = after(add("vscode", text_of("vscode", {"other": other}), PROMPT))
    assert asked(after(remove("vscode", put))) == [QUESTION]
    assert asked(after(add("vscode", put, INLINE))) == [QUESTION]


def test_a_question_that_nothing_of_ours_needed_is_left_alone() -> None:
    text = text_of("vscode", {"posthog": REMOTE}, inputs=[QUESTION])
    assert asked(after(add("vscode", text, INLINE._replace(key=Secret(OTHER_KEY))))) == [QUESTION]
    assert asked(after(remove("vscode", text))) == [QUESTION]


@pytest.mark.parametrize("inputs", ["null", "3", "{}", '"x"'])
def test_questions_of_the_wrong_type_are_refused_only_when_they_are_needed(inputs: str) -> None:
    text = f'{{"servers": {{}}, "inputs": {inputs}}}'
    assert outcome(add("vscode", text, INLINE))[0] == "added"
    kind, reason = outcome(add("vscode", text, PROMPT))
    assert kind == "failed"
    assert (reason or "").startswith(f"{PATH}:1:27: `inputs` is")
