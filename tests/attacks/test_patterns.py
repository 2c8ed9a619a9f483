"""Whoever wrote a text: looking for references in it, or for a page's title, takes no longer than the text is long."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.variables import expand_variables
from posthog_wizard.doctor import intent
from posthog_wizard.model import EntrySchema
from posthog_wizard.net.error_bodies import PAGE_TITLE
from posthog_wizard.net.proxies import PROXY_HOST


def _expand(style: EntrySchema, text: str) -> str:
    return expand_variables(style, text, {})


LEAST = 0.02  # seconds of this process that count as nothing
SIZE = 10_000  # characters
TIMES = 4  # as many characters; what grows with the square takes 16 times as long
LOOKS: dict[str, Callable[[str], object]] = {
    **{f"references of {name}": partial(_expand, one.places[0].schema) for name, one in CLIENTS.items()},
    "any reference": lambda text: list(intent.NAMED.finditer(text)),
    "a page": lambda text: PAGE_TITLE.search(text.encode()),
    "a proxy's host": PROXY_HOST.fullmatch,
}  # fmt: skip


def _seconds(look: Callable[[str], object], text: str) -> float:
    def once() -> float:
        start = time.process_time()
        look(text)
        return time.process_time() - start

    return min(once() for _ in range(3))


def _grows(look: Callable[[str], object], unit: str, head: str) -> bool:
    short, long = (head + unit * (size // len(unit)) + "!" for size in (SIZE, TIMES * SIZE))
    return _seconds(look, long) > 2 * TIMES * max(LEAST, _seconds(look, short))


@pytest.mark.parametrize("unit", ["${A:-", "${A:?", "${", ":-", "$A", "<title", "<title ", ":", "%A", "a"])
@pytest.mark.parametrize("name", LOOKS)
def test_its_time_grows_as_the_text_does(name: str, unit: str) -> None:
    assert [head for head in ("", "${") if _grows(LOOKS[name], unit, head)] == []


def test_a_pattern_whose_time_grows_with_the_square_is_seen() -> None:
    assert _grows(re.compile("a+b").search, "a", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("${A} ${A:-x} ${B:-x} ${B:-${A} $A ${A", {"claude-code": "1 1 x ${A $A ${A", "gemini-cli": "1 1 x ${A 1 ${A"}),
        ("${:-x} ${B:x} ${B:-} $A:-${A", {"claude-code": "${:-x} ${B:x}  $A:-${A", "gemini-cli": "${:-x} ${B:x}  1:-${A"}),
    ],
)  # fmt: skip
def test_the_meaning_is_the_clients(text: str, shown: dict[str, str]) -> None:
    assert {name: expand_variables(CLIENTS[name].places[0].schema, text, {"A": "1"}) for name in shown} == shown
