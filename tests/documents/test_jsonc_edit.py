"""What an edit makes of a document, as tables: first what must not change."""

from collections.abc import Callable
from typing import Any

import pytest

from posthog_wizard.documents.document import ABSENT
from posthog_wizard.documents.jsonc import Document, parse
from posthog_wizard.errors import Malformed, UnexpectedShape
from posthog_wizard.model import RELAXED, STRICT, UNPROVEN

KEYS = ("mcpServers", "posthog")
ENTRY = {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer phx_"}}

UNTOUCHED_BY_PUT = {
    "as we would write it": b'{\n  "mcpServers": {\n    "posthog": {"url": "u", "n": 1}\n  }\n}\n',
    "another layout": b'{"mcpServers":{"posthog":{  "url"  :"u",\t"n":1}}}',
    "escaped key": rb'{"mcpServers":{"post\u0068og":{"url":"u","n":1}}}',
    "escaped value": rb'{"mcpServers":{"posthog":{"url":"\u0075","n":1}}}',
    "comments inside": b'{"mcpServers":{"posthog":{/* a */"url":"u", // b\n"n":1,}}}',
    "number spelled otherwise": b'{"mcpServers":{"posthog":{"url":"u","n":1.0e0}}}',
    "byte-order mark and CRLF": b'\xef\xbb\xbf{"mcpServers":{"posthog":{"url":"u",\r\n"n":1}}}\r\n',
}


@pytest.mark.parametrize("data", UNTOUCHED_BY_PUT.values(), ids=UNTOUCHED_BY_PUT)
def test_an_equal_entry_stays_as_it_is_written(data: bytes) -> None:
    assert parse(data, RELAXED).put(KEYS, {"url": "u", "n": 1}) == data


UNTOUCHED_BY_DROP = {
    "no entry": b'{"mcpServers": { }, }',
    "no container": b"{ /* nothing */ }\r\n",
    "another name": b'{"mcpServers": {"PostHog": {}}}',
    "empty file": b"",
    "white space": b" \r\n",
    "null": b"null // yet\n",
}


@pytest.mark.parametrize("data", UNTOUCHED_BY_DROP.values(), ids=UNTOUCHED_BY_DROP)
def test_dropping_what_is_absent_changes_nothing(data: bytes) -> None:
    assert parse(data, RELAXED).drop(KEYS) == data
    assert parse(data, RELAXED).drop_item(KEYS, 0) == data


# What stands at KEYS' container, how it looks with `"x": 1` put into it; dropping must give the first again.
PUT = [
    pytest.param(b'{"m": {}}', b'{"m": {"x": 1}}', id="empty on a shared line"),
    pytest.param(b'{"m":{}}', b'{"m":{"x":1}}', id="minified"),
    pytest.param(b'{"m":{ }}', b'{"m":{ "x":1}}', id="minified, a space inside"),
    pytest.param(b'{ "m": {} }', b'{ "m": { "x": 1 } }', id="padded"),
    pytest.param(b'{ "m": { } }', b'{ "m": {  "x": 1 } }', id="padded, a space inside"),
    pytest.param(b'{\n  "m": {}\n}', b'{\n  "m": {\n    "x": 1\n  }\n}', id="empty"),
    pytest.param(b'{\n\t"m": {}\n}', b'{\n\t"m": {\n\t\t"x": 1\n\t}\n}', id="tabs"),
    pytest.param(b'{\r\n    "m": {}\r\n}', b'{\r\n    "m": {\r\n        "x": 1\r\n    }\r\n}', id="CRLF, four spaces"),
    pytest.param(b'{\r  "m": {}\r}', b'{\r  "m": {\r    "x": 1\r  }\r}', id="CR alone"),
    pytest.param(b'{\n "m": {}\n}', b'{\n "m": {\n  "x": 1\n }\n}', id="one space"),
    pytest.param(b'{\n"m": {}\n}', b'{\n"m": {\n  "x": 1\n}\n}', id="no indentation"),
    pytest.param(b'{\n  "m": { }\n}', b'{\n  "m": { \n    "x": 1\n  }\n}', id="a space inside"),
    pytest.param(b'{\n  "m": {\n  }\n}', b'{\n  "m": {\n\n    "x": 1\n  }\n}', id="a line end inside"),
    pytest.param(b'{\n  "m": {\n\n  }\n}', b'{\n  "m": {\n\n\n    "x": 1\n  }\n}', id="an empty line inside"),
    pytest.param(b'{"m": { /* c */ }}', b'{"m": { /* c */ "x": 1 }}', id="a comment inside"),
    pytest.param(b'{"m":{/*c*/}}', b'{"m":{/*c*/"x":1}}', id="a comment inside, minified"),
    pytest.param(b'{\n  "m": {/* c */}\n}', b'{\n  "m": {/* c */ "x": 1}\n}', id="a comment inside, lines around"),
    pytest.param(
        b'{\n  "m": {\n    // c\n  }\n}', b'{\n  "m": {\n    // c\n    "x": 1\n  }\n}', id="a comment on its line"
    ),
    pytest.param(b'{"m": {"a": 2}}', b'{"m": {"a": 2, "x": 1}}', id="behind another"),
    pytest.param(b'{"m":{"a":2}}', b'{"m":{"a":2,"x":1}}', id="behind another, minified"),
    pytest.param(
        b'{"m": {"a": 2 /* c */ }}', b'{"m": {"a": 2 /* c */, "x": 1 }}', id="behind a comment on a shared line"
    ),
    pytest.param(b'{"m": {"a": 2, }}', b'{"m": {"a": 2, "x": 1, }}', id="behind a trailing comma"),
    pytest.param(
        b'{"m": {"a": 2, /* c */ }}', b'{"m": {"a": 2, /* c */ "x": 1, }}', id="a trailing comma and a comment"
    ),
    pytest.param(b'{"m": {"a": 2 // c\n}}', b'{"m": {"a": 2, // c\n  "x": 1\n}}', id="a line comment forces a line"),
    pytest.param(
        b'{\n  "m": {\n    "a": 2\n  }\n}', b'{\n  "m": {\n    "a": 2,\n    "x": 1\n  }\n}', id="a line of its own"
    ),
    pytest.param(
        b'{\n  "m": {\n    "a": 2 // note\n  }\n}',
        b'{\n  "m": {\n    "a": 2, // note\n    "x": 1\n  }\n}',
        id="the comma does not get into the comment",
    ),
    pytest.param(
        b'{\n  "m": {\n    "a": 2 // {\n    // },\n    /* ] */\n  }\n}',
        b'{\n  "m": {\n    "a": 2, // {\n    // },\n    /* ] */\n    "x": 1\n  }\n}',
        id="behind comments below",
    ),
    pytest.param(
        b'{\n  "m": {\n    "a": 2, // note\n  },\n}',
        b'{\n  "m": {\n    "a": 2, // note\n    "x": 1,\n  },\n}',
        id="a trailing comma stays the style",
    ),
    pytest.param(
        b'{\n  "m": {\n    "a": 2\n\n  }\n}',
        b'{\n  "m": {\n    "a": 2,\n    "x": 1\n\n  }\n}',
        id="an empty line below stays",
    ),
    pytest.param(
        b'{\n  "m": {\n\t  "a": 2,\r\n\t  "b": 3\n  }\n}',
        b'{\n  "m": {\n\t  "a": 2,\r\n\t  "b": 3,\r\n\t  "x": 1\n  }\n}',
        id="mixed line ends follow the neighbour",
    ),
    pytest.param(
        b'{ "m":\n    { "a": 2\n    , "b": 3\n    }\n}',
        b'{ "m":\n    { "a": 2\n    , "b": 3\n    , "x": 1\n    }\n}',
        id="commas in front",
    ),
    pytest.param(
        b'{ "m":\n  { "a": 2 // c\n  , "b": 3 // d\n  }\n}',
        b'{ "m":\n  { "a": 2 // c\n  , "b": 3 // d\n  , "x": 1\n  }\n}',
        id="commas in front, comments",
    ),
    pytest.param(b'{"m": {"a": 2,\n "b": 3}}', b'{"m": {"a": 2,\n "b": 3,\n "x": 1}}', id="only some on their lines"),
    pytest.param(
        b'{"m": {\n  "a": 2, "b": 3\n}}', b'{"m": {\n  "a": 2, "b": 3,\n  "x": 1\n}}', id="several on the first line"
    ),
    pytest.param(b'{"m": {"a" : 2}}', b'{"m": {"a" : 2, "x" : 1}}', id="a space before the colon"),
    pytest.param(b'{"m": {"a":\n2}}', b'{"m": {"a":\n2, "x": 1}}', id="a line end behind the colon is no style"),
    pytest.param(
        b'\xef\xbb\xbf\t{"m" /*1*/ : /*2*/ {}}//',
        b'\xef\xbb\xbf\t{"m" /*1*/ : /*2*/ {"x": 1}}//',
        id="comments between",
    ),
    pytest.param(
        b'{"m": {"a": 1, "a": 2}, "b": 1, "b": 2}', b'{"m": {"a": 1, "a": 2, "x": 1}, "b": 1, "b": 2}', id="duplicates"
    ),
    pytest.param(b'{"\\u006d": {}}', b'{"\\u006d": {"x": 1}}', id="an escaped key on the way"),
    pytest.param(
        b'{"z": 1e400, "m": {}, "s": "\\ud800"}', b'{"z": 1e400, "m": {"x": 1}, "s": "\\ud800"}', id="odd scalars"
    ),
]


@pytest.mark.parametrize(("without", "with_it"), PUT)
def test_put_and_drop_are_inverse(without: bytes, with_it: bytes) -> None:
    assert parse(without, RELAXED).put(("m", "x"), 1) == with_it
    assert parse(with_it, UNPROVEN).drop(("m", "x")) == without


CREATED = [
    pytest.param(None, b'{\n  "m": {\n    "x": 1\n  }\n}\n', id="no file"),
    pytest.param(b"", b'{\n  "m": {\n    "x": 1\n  }\n}\n', id="empty file"),
    pytest.param(b" \t\n", b'{\n  "m": {\n    "x": 1\n  }\n}\n', id="white space"),
    pytest.param(b"\r\n", b'{\r\n  "m": {\r\n    "x": 1\r\n  }\r\n}\r\n', id="a line end"),
    pytest.param(b"\xef\xbb\xbf", b'\xef\xbb\xbf{\n  "m": {\n    "x": 1\n  }\n}\n', id="a byte-order mark"),
    pytest.param(b"null", b'{\n  "m": {\n    "x": 1\n  }\n}', id="null"),
    pytest.param(
        b"// a\r\nnull // b\r\n", b'// a\r\n{\r\n  "m": {\r\n    "x": 1\r\n  }\r\n} // b\r\n', id="null, comments"
    ),
    pytest.param(b"// a", b'// a\n{\n  "m": {\n    "x": 1\n  }\n}\n', id="only a comment"),
    pytest.param(b"/* a */\n", b'/* a */\n{\n  "m": {\n    "x": 1\n  }\n}\n', id="only a comment on its line"),
    pytest.param(b"{}", b'{\n  "m": {\n    "x": 1\n  }\n}', id="an empty object"),
    pytest.param(b"{}\r\n", b'{\r\n  "m": {\r\n    "x": 1\r\n  }\r\n}\r\n', id="an empty object, CRLF"),
    pytest.param(b"{\n}\n", b'{\n\n  "m": {\n    "x": 1\n  }\n}\n', id="an empty object on two lines"),
    pytest.param(b'{"a":1}', b'{"a":1,"m":{"x":1}}', id="minified"),
    pytest.param(b'{"a": 1}\n', b'{"a": 1, "m": {"x": 1}}\n', id="one line"),
    pytest.param(
        b'{\n\t"a": {"b": 1}\n}\n',
        b'{\n\t"a": {"b": 1},\n\t"m": {\n\t\t"x": 1\n\t}\n}\n',
        id="lines, neighbours inline",
    ),
]


@pytest.mark.parametrize(("before", "after"), CREATED)
def test_what_is_missing_on_the_way_is_made(before: bytes | None, after: bytes) -> None:
    document = parse(before, RELAXED)
    assert document.get(("m", "x")) is ABSENT
    assert document.put(("m", "x"), 1) == after
    assert parse(parse(after, RELAXED).drop(("m", "x")), RELAXED).get(("m",)) == {}


NEIGHBOURS = [
    pytest.param(b'{\n  "m": {\n    "o": {"q": []}\n  }\n}', b'{"a": [1]}', id="on one line"),
    pytest.param(b'{\n  "m": {\n    "o": { "q": [] }\n  }\n}', b'{ "a": [1] }', id="on one line, padded"),
    pytest.param(
        b'{\n  "m": {\n    "o": {\n      "q": ["-y"]\n    }\n  }\n}',
        b'{\n      "a": [1]\n    }',
        id="only arrays on one line",
    ),
    pytest.param(
        b'{\n  "m": {\n    "o": {\n      "q": [\n        2\n      ]\n    }\n  }\n}',
        b'{\n      "a": [\n        1\n      ]\n    }',
        id="arrays on lines",
    ),
    pytest.param(
        b'{\n  "m": {\n    "o": {}\n  }\n}', b'{\n      "a": [\n        1\n      ]\n    }', id="empty: no example"
    ),
]


@pytest.mark.parametrize(("data", "laid_out"), NEIGHBOURS)
def test_a_new_value_is_laid_out_like_its_neighbours(data: bytes, laid_out: bytes) -> None:
    after = parse(data, RELAXED).put(("m", "x"), {"a": [1]})
    assert parse(after, RELAXED).raw(("m", "x")) == laid_out


REPLACED = [
    pytest.param(b'{"m": {"x": 2}}', {"a": 1}, b'{"m": {"x": {"a": 1}}}', id="on one line"),
    pytest.param(b'{"m":{"x":2,"y":3}}', {"a": [1, {}]}, b'{"m":{"x":{"a":[1,{}]},"y":3}}', id="minified"),
    pytest.param(
        b'{\n\t"m": {\n\t\t"x": null, // ours\n\t}\n}',
        {"a": 1},
        b'{\n\t"m": {\n\t\t"x": {\n\t\t\t"a": 1\n\t\t}, // ours\n\t}\n}',
        id="on its line",
    ),
    pytest.param(
        b'{\n  "x": {"a": 2}\n}',
        {"a": 1, "b": "\xe9\ud800"},
        b'{\n  "x": {"a": 1, "b": "\\u00e9\\ud800"}\n}',
        id="inline",
    ),
    pytest.param(b'{"x": {\r\n"a": 2}}', {"a": 1}, b'{"x": {\r\n  "a": 1\r\n}}', id="lines inside a line"),
    pytest.param(b'{"x": {"b": 1, "a": 2}}', {"a": 2, "b": 1}, b'{"x": {"a": 2, "b": 1}}', id="another order"),
    pytest.param(
        b'{\n  "x": {},\n  "y": { "b": 2 }\n}',
        {"a": 1},
        b'{\n  "x": { "a": 1 },\n  "y": { "b": 2 }\n}',
        id="an example behind",
    ),
    pytest.param(
        b'{\n  "x": {\n    "u": "http://[::1]"\n  }\n}',
        {"a": [1]},
        b'{\n  "x": {\n    "a": [\n      1\n    ]\n  }\n}',
        id="a bracket in a text is no example",
    ),
    pytest.param(b'{"x": true}', 1, b'{"x": 1}', id="true is not 1"),
    pytest.param(b'{"x": [1]}', [1, 2], b'{"x": [1, 2]}', id="a longer array"),
    pytest.param(b'{"x": "1"}', 1, b'{"x": 1}', id="text is not a number"),
]


@pytest.mark.parametrize(("before", "value", "after"), REPLACED)
def test_a_value_is_replaced_in_its_place(before: bytes, value: Any, after: bytes) -> None:
    keys = ("m", "x")[-1 - (b'"m"' in before) :]
    assert parse(before, RELAXED).put(keys, value) == after


DROPPED = [
    pytest.param(b'{"x": 1}', b"{}", id="the only one"),
    pytest.param(b'{ "x": 1 }', b"{}", id="the only one, padded"),
    pytest.param(b'{ "x": 1, }', b"{}", id="the only one, trailing comma"),
    pytest.param(b'{\n  "x": 1\n}', b"{}", id="the only one, lines"),
    pytest.param(b'{\n  "x": 1, // note\n}', b"{\n  // note\n}", id="the only one, a comment behind"),
    pytest.param(b'{\n  "x": 1 // note\n  ,\n}', b"{\n  // note\n  }", id="a comment between it and its comma"),
    pytest.param(b'{\n  // ours?\n  "x": 1\n}', b"{\n  // ours?\n}", id="the only one, a comment above"),
    pytest.param(b'{ // c\n  "x": 1 }', b"{ // c\n }", id="a comment above keeps its line end"),
    pytest.param(b'{ // c\n  "x": 1 /* d */, }', b"{ // c\n  /* d */}", id="comments on both sides"),
    pytest.param(b'{"x": 1, "a": 2}', b'{"a": 2}', id="the first"),
    pytest.param(b'{\n  "x": 1,\n  "a": 2\n}', b'{\n  "a": 2\n}', id="the first line"),
    pytest.param(b'{ "x": 1,\n  "a": 2 }', b'{\n  "a": 2 }', id="the first, next to the bracket"),
    pytest.param(b'{"a": 1, "x": 1, "b": 2}', b'{"a": 1, "b": 2}', id="in the middle"),
    pytest.param(b'{\n  "a": 1,\n  "x": 1,\n\n  "b": 2\n}', b'{\n  "a": 1,\n\n  "b": 2\n}', id="a line in the middle"),
    pytest.param(b'{\n  "a": 1, "x": 1, \n  "b": 2\n}', b'{\n  "a": 1,\n  "b": 2\n}', id="the last of a line"),
    pytest.param(b'{\n  "x": 1, "b": 2\n}', b'{\n  "b": 2\n}', id="the first of a line"),
    pytest.param(
        b'{\n  "a": 1, // a\n  "x": 1, // x\n  "b": 2 // b\n}',
        b'{\n  "a": 1, // a\n  // x\n  "b": 2 // b\n}',
        id="comments behind stay",
    ),
    pytest.param(b'{"a": 1, "x": 1 /* c */, "b": 2}', b'{"a": 1, /* c */"b": 2}', id="a comment in front of the comma"),
    pytest.param(b'{"a": 1 // a\n, "x": 1}', b'{"a": 1 // a\n}', id="the last, a line comment in front"),
    pytest.param(b'{"a": 1, "x": 1}', b'{"a": 1}', id="the last"),
    pytest.param(b'{"a": 1, "x": 1,}', b'{"a": 1,}', id="the last, trailing comma"),
    pytest.param(b'{"a": 1, // a\n"x": 1 // x\n}', b'{"a": 1 // a\n // x\n}', id="the last, comments around"),
    pytest.param(b'{"a": 1, "x": {/* in */ "b": [{}]}}', b'{"a": 1}', id="what is inside goes"),
    pytest.param(
        b'{"a": 1, /* k */ "x" /* l */ : /* m */ 1}', b'{"a": 1 /* k */}', id="comments between key and value go"
    ),
    pytest.param(b'{"a": 1, "a": 2, "x": 1}', b'{"a": 1, "a": 2}', id="duplicates of others"),
]


@pytest.mark.parametrize(("before", "after"), DROPPED)
def test_a_member_is_dropped(before: bytes, after: bytes) -> None:
    assert parse(before, RELAXED).drop(("x",)) == after


ITEMS = [
    pytest.param(None, b'{\n  "i": [\n    {\n      "id": 1\n    }\n  ]\n}\n', id="no file"),
    pytest.param(b'{\n  "i": []\n}', b'{\n  "i": [\n    {\n      "id": 1\n    }\n  ]\n}', id="empty"),
    pytest.param(b'{"i":[]}', b'{"i":[{"id":1}]}', id="minified"),
    pytest.param(b'{ "i": [] }', b'{ "i": [{ "id": 1 }] }', id="padded"),
    pytest.param(b'{"i": [ ]}', b'{"i": [ {"id": 1}]}', id="a space inside"),
    pytest.param(b'{"i": [{"id": 0}]}', b'{"i": [{"id": 0}, {"id": 1}]}', id="behind another"),
    pytest.param(
        b'{\n  "i": [\n    {"id": 0}, // a\n  ]\n}',
        b'{\n  "i": [\n    {"id": 0}, // a\n    {"id": 1},\n  ]\n}',
        id="trailing comma",
    ),
    pytest.param(b'{"i": ["}", 1.0 /* a */]}', b'{"i": ["}", 1.0 /* a */, {"id": 1}]}', id="behind scalars"),
]


@pytest.mark.parametrize(("before", "after"), ITEMS)
def test_an_item_is_appended(before: bytes | None, after: bytes) -> None:
    assert parse(before, RELAXED).append_item(("i",), {"id": 1}) == after


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        (b'{"i": [1, 2, 3]}', 0, b'{"i": [2, 3]}'),
        (b'{"i": [1, 2, 3]}', 1, b'{"i": [1, 3]}'),
        (b'{"i": [1, 2, 3]}', 2, b'{"i": [1, 2]}'),
        (b'{"i": [1, 2, 3]}', 3, b'{"i": [1, 2, 3]}'),
        (b'{"i": [1, 2, 3]}', -1, b'{"i": [1, 2, 3]}'),
        (b'{"i": [\n  1, // a\n  2\n]}', 1, b'{"i": [\n  1 // a\n]}'),
        (b'{"i": [ 1, ]}', 0, b'{"i": []}'),
        (b'{"j": []}', 0, b'{"j": []}'),
    ],
)
def test_an_item_is_dropped(before: bytes, index: int, after: bytes) -> None:
    assert parse(before, RELAXED).drop_item(("i",), index) == after


@pytest.mark.parametrize(
    ("data", "raw", "after"),
    [
        (b'{"m": {}}', b'{ "a":1.0 } ', b'{"m": {"x": { "a":1.0 }}}'),
        (b'{"m": {"x": 1}}', b' /* c */ {"a": [ // d\n]} // e', b'{"m": {"x": {"a": [ // d\n]}}}'),
        (b'{"m": {"x": 1}}', b"1", b'{"m": {"x": 1}}'),
        (b"{}", b"[ ]", b'{\n  "m": {\n    "x": [ ]\n  }\n}'),
        (b"", b'"\\u0041"', b'{\n  "m": {\n    "x": "\\u0041"\n  }\n}\n'),
    ],
)
def test_raw_text_is_put_as_it_is(data: bytes, raw: bytes, after: bytes) -> None:
    assert parse(data, RELAXED).put_raw(("m", "x"), raw) == after


@pytest.mark.parametrize("raw", [b"", b" // nothing", b"{", b"1, 2", b'1}, "y": {', b"\xff", b"{,}"])
def test_raw_text_that_is_no_value_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse(b"{}", RELAXED).put_raw(("x",), raw)


def test_raw_text_must_please_the_client_too() -> None:
    with pytest.raises(Malformed):
        parse(b"{}", STRICT).put_raw(("x",), b"[1,]")


ASKED = {
    "get": lambda document, keys: document.get(keys),
    "raw": lambda document, keys: document.raw(keys),
    "put": lambda document, keys: document.put(keys, 1),
    "drop": lambda document, keys: document.drop(keys),
    "append_item": lambda document, keys: document.append_item(keys, 1),
    "drop_item": lambda document, keys: document.drop_item(keys, 0),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize(
    ("data", "keys", "message"),
    [
        (b'{\n "m": []}', ("m", "x"), "2:7: `m` is an array, not an object"),
        (b'{"m": "text"}', ("m", "x"), "1:7: `m` is a string, not an object"),
        (b'{"m": null}', ("m", "x"), "1:7: `m` is null, not an object"),
        (b'{"m": -1}', ("m", "x"), "1:7: `m` is a number, not an object"),
        (b'{"m": true}', ("m", "x", "y"), "1:7: `m` is a boolean, not an object"),
        (b'{"m": {},\n"\\u006d": {}}', ("m", "x"), "2:1: a second `m`; it is not certain which of the two applies"),
        (b'{"m": {"x": 1, "x": 2}}', ("m", "x"), "1:16: a second `x`; it is not certain which of the two applies"),
    ],
)
def test_an_unexpected_shape_on_our_way_is_refused(
    data: bytes, keys: tuple[str, ...], message: str, ask: Callable[[Document, tuple[str, ...]], object]
) -> None:
    with pytest.raises(UnexpectedShape) as caught:
        ask(parse(data, RELAXED), keys)
    assert str(caught.value) == message


def test_an_item_needs_an_array() -> None:
    document = parse(b'{"i": {}}', RELAXED)
    with pytest.raises(UnexpectedShape, match="`i` is an object, not an array"):
        document.append_item(("i",), 1)
    with pytest.raises(UnexpectedShape, match="`i` is an object, not an array"):
        document.drop_item(("i",), 0)


def test_the_root_is_not_ours_to_put() -> None:
    with pytest.raises(ValueError, match="root"):
        parse(b"{}", RELAXED).put((), {"a": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}])
def test_what_json_does_not_have_is_never_written(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        parse(b"{}", RELAXED).put(("x",), value)
