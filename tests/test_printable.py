"""What a stranger wrote stays one word of a command, in the shell of any system."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthog_wizard.printable import ACTIVE, joined, word


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("posthog", "posthog"),
        ("https://ph.acme.com:8000/a", "https://ph.acme.com:8000/a"),
        ("my server", '"my server"'),
        ("a; b & c | d > e", '"a; b & c | d > e"'),
        ("it's", '"it\'s"'),
        ("größer", '"größer"'),
        ("$(id)", "NAME"),
        ("`id`", "NAME"),
        ('a"b', "NAME"),
        ("%TEMP%", "NAME"),
        ("!!", "NAME"),
        ("a\\", "NAME"),
        ("a\nb", "NAME"),
        ("\x1b[2K", "NAME"),
        ("\u202etxt", "NAME"),
        ("", "NAME"),
    ],
)
def test_a_word(text: str, written: str) -> None:
    assert word(text) == written


@given(st.lists(st.text()))
def test_words_stay_words(texts: list[str]) -> None:
    line = joined(texts)
    read = shlex.split(line)
    assert [one for one, text in zip(read, texts, strict=True) if one not in {text, "NAME"}] == []
    assert ACTIVE & set(line) <= {'"'}
