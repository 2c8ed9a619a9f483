"""The `key` commands on a terminal: what is asked, and that a no changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_key_commands import FILE, KEYRING, KEYS, SCOPES, SET, holders, key
from tests.support.homes import FILES, contents, home
from tests.support.keyrings import WITH_KEYRING
from tests.support.machines import KEY
from tests.support.posthog import SandboxKey
from tests.support.posthog_core import posthog
from tests.support.program import OTHER_KEY
from tests.support.terminal import CONTROL_C, DOWN, ENTER, Terminal

ON_TERMINAL = ["key", "set", "--no-verify", "--region", "us"]
PROMPT, WHERE, PLAIN = "PostHog personal API key:", "Where should the key be stored?", "There is no keyring here."


@pytest.mark.parametrize(
    ("environment", "question", "keys", "only"),
    [
        (WITH_KEYRING, WHERE, (ENTER,), KEYRING),
        (WITH_KEYRING, WHERE, (DOWN, ENTER), KEYS),
        ({}, PLAIN, ("y",), KEYS),
    ],
)
def test_the_store_is_asked_for(
    environment: dict[str, Any], question: str, keys: tuple[str, ...], only: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    with Terminal(ON_TERMINAL, place, **environment) as person:
        person.reads(question).types(*keys)
        person.reads(PROMPT).types(KEY, ENTER).reads("the key of the profile `default` is in")
    assert (person.code, holders(place, KEY)) == (0, [only])
    assert "*" * len(KEY) in person.text


def test_a_long_question_ends_its_lines_between_words(tmp_path: Path) -> None:
    with Terminal(ON_TERMINAL, home(tmp_path), columns=60) as person:
        person.reads("~/.config/posthog-wizard/keys.json,").reads("in plain text?").types(CONTROL_C)
    assert person.code == 130


@pytest.mark.parametrize(
    ("environment", "question", "keys"),
    [({}, PLAIN, ("n",)), ({}, PLAIN, (CONTROL_C,)), (WITH_KEYRING, WHERE, (CONTROL_C,))],
)
def test_a_no_stores_nothing(environment: dict[str, Any], question: str, keys: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    before = contents(place)
    with Terminal(ON_TERMINAL, place, **environment) as person:
        person.reads(question).types(*keys)
    assert (person.code, contents(place)) == (130, before)


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (ON_TERMINAL, "has a key already, in the key file. Replace it?"),
        (["key", "forget"], "Forget the profile `default`"),
    ],
)
@pytest.mark.parametrize("answer", ["n", CONTROL_C])
def test_what_takes_a_key_away_asks_first(arguments: list[str], question: str, answer: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    key(place, *SET, *FILE, stdin=KEY)
    with Terminal(arguments, place) as person:
        person.reads(question).types(answer)
    assert (person.code, holders(place, KEY)) == (130, [KEYS])


@pytest.mark.parametrize(("answers", "code"), [(("y", "y"), 0), (("n",), 130), (("y", "n"), 130)])
def test_a_rotation_to_another_project_with_copies_asks_twice(
    answers: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    questions = ("the new key sees organization `Foxes`", "Change 1 file?")
    with posthog(SandboxKey(KEY, SCOPES), SandboxKey(OTHER_KEY, SCOPES, teams=(3,))) as server:
        bundled = {"command": "posthog-wizard", "args": ["mcp", "serve", "--host", server.url]}
        own = {**bundled, "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}}
        place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": own}}))
        key(place, "set", "--host", server.url, "--api-key-stdin", *FILE, stdin=KEY)
        with Terminal(["key", "rotate"], place) as person:
            person.reads(PROMPT).types(OTHER_KEY, ENTER)
            person.answers(*zip((question[4:] for question in questions), answers, strict=False))
    kept = {0: OTHER_KEY, 130: KEY}[code]
    assert (person.code, holders(place, kept)) == (code, sorted([KEYS, FILES["cursor"]]))
