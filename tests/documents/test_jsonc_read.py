"""Finding values, strings and places in a document."""

from typing import Any

import pytest

from posthog_wizard.documents.document import ABSENT, String
from posthog_wizard.documents.jsonc import parse
from posthog_wizard.documents.text import position
from posthog_wizard.model import RELAXED, STRICT
from tests.support.jsonc_documents import generate
from tests.support.jsonc_reader import Reading

DOCUMENT = b"""\xef\xbb\xbf{
  // servers
  "mcpServers": {
    "a": {"url": "u", "n": [1, -2.5e1, true, null,], /* c */ "b": {}, },
    "post\\u0068og": "\\ud83d\\ude00 \\ud800",
  },
  "": {"": 0},
  "twice": 1, "twice": 2,
  "long": 1%s,
}
""" % (b"0" * 5000)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("mcpServers", "a"), {"url": "u", "n": [1, -25.0, True, None], "b": {}}),
        (("mcpServers", "a", "n"), [1, -25.0, True, None]),
        (("mcpServers", "posthog"), "\U0001f600 \ud800"),
        (("mcpServers", "PostHog"), ABSENT),
        (("mcpServers", "post\\u0068og"), ABSENT),
        (("servers", "posthog", "url"), ABSENT),
        (("",), {"": 0}),
        (("", ""), 0),
        (("long",), float("inf")),
        (("mcpServers", "a", 'url": "u'), ABSENT),
        (("\ud800",), ABSENT),
    ],
)
def test_get(keys: tuple[str, ...], value: Any) -> None:
    assert parse(DOCUMENT, RELAXED).get(keys) == value


def test_get_of_nothing_is_the_whole_document() -> None:
    assert parse(b'{"a": 1, "b": {"c": 2}, "a": 3}', STRICT).get(()) == {"a": 3, "b": {"c": 2}}
    assert parse(b'\n{"a": 1 /* one */,}', RELAXED).raw(()) == b'{"a": 1 /* one */,}'
    assert parse(b"null", STRICT).get(()) == {}
    assert parse(b"null", STRICT).raw(()) is None


def test_get_keeps_the_order_of_keys() -> None:
    value: Any = parse(b'{"o": {"b": 1, "a": 2, "b": 3}}', STRICT).get(("o",))
    assert list(value.items()) == [("b", 3), ("a", 2)]


@pytest.mark.parametrize(
    ("keys", "raw"),
    [
        (("mcpServers", "a", "n"), b"[1, -2.5e1, true, null,]"),
        (("mcpServers", "posthog"), rb'"\ud83d\ude00 \ud800"'),
        (("mcpServers", "a", "b"), b"{}"),
        (("", ""), b"0"),
        (("nothing",), None),
    ],
)
def test_raw(keys: tuple[str, ...], raw: bytes | None) -> None:
    assert parse(DOCUMENT, RELAXED).raw(keys) == raw


def test_absent_says_its_name() -> None:
    assert repr(ABSENT) == "ABSENT"


TEXT = b'{"a": "one", "b": ["two", {"c": "three"}, 4, "f\\u0069ve"], "k\\u0065y": {}, /* "no" */ "six": "6"}'


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (TEXT, [("a",), ("b", "0"), ("b", "1", "c"), ("b", "3"), ("six",)]),
        (b'"one"', [("a",)]),
        (b'e", ', [("a",)]),
        (b'"', [("a",)]),
        (b', "b": [', []),
        (b"[", []),
        (b'"three"}, 4, "', [("b", "1", "c"), ("b", "3")]),
        (b"4", []),
        (b'"no"', []),
        (b'"6"}', [("six",)]),
    ],
)
def test_strings_that_overlap_a_stretch(part: bytes, found: list[tuple[str, ...]]) -> None:
    start = max(TEXT.index(part), TEXT.index(b"one") + 3 if part == b'"' else 0)
    strings = parse(TEXT, RELAXED).strings(start, start + len(part))
    assert [string.keys for string in strings] == found


def test_a_string_has_its_span_and_its_text() -> None:
    assert list(parse(TEXT, RELAXED).strings(0, len(TEXT)))[3] == String(("b", "3"), 45, 56, "five")
    assert list(parse(b"// nothing", RELAXED).strings(0, 10)) == []


@pytest.mark.parametrize("seed", range(40))
def test_strings_of_any_stretch_are_those_that_a_second_reader_sees(seed: int) -> None:
    data = generate(seed).data
    document, strings = parse(data, RELAXED), Reading(data).strings
    stretches = [(start, start + 1 + len(data) // 3) for start in range(0, len(data), 1 + len(data) // 7)]
    expected = [[tuple(one) for one in strings if one.start < end and one.end > start] for start, end in stretches]
    assert [[tuple(one) for one in document.strings(start, end)] for start, end in stretches] == expected


@pytest.mark.parametrize("seed", range(60))
def test_every_value_is_the_one_that_a_second_reader_sees(seed: int) -> None:
    data = generate(seed).data
    document, reading = parse(data, RELAXED), Reading(data)
    sure = [keys for keys in reading.paths if not any(keys[:end] in reading.ambiguous for end in range(len(keys) + 1))]
    assert [document.raw(keys) for keys in sure] == [data[slice(*reading.spans[keys][1:])] for keys in sure]


@pytest.mark.parametrize(
    ("data", "offset", "place"),
    [
        (b"{}", 0, (1, 1)),
        (b"{}", 2, (1, 3)),
        (b"\n{}", 1, (2, 1)),
        (b"\r\n\r\n {}", 5, (3, 2)),
        (b"\r{}", 2, (2, 2)),
        (b"\xef\xbb\xbf{}", 3, (1, 1)),
        (b"\xef\xbb\xbf{}", 4, (1, 2)),
        ('{"é∑🦔": 1}'.encode(), len('{"é∑🦔": '.encode()), (1, 9)),
        (b"{\n}\r", 4, (3, 1)),
    ],
)
def test_line_and_column_count_from_one_and_characters(data: bytes, offset: int, place: tuple[int, int]) -> None:
    assert position(parse(data, RELAXED).data, offset) == place
