"""Which texts are refused, with line, column and what was found."""

import pytest

from posthog_wizard.documents.jsonc import parse
from posthog_wizard.errors import Malformed, UnexpectedShape
from posthog_wizard.model import RELAXED, STRICT, UNPROVEN, Dialect

ACCEPTED = {
    "nothing": b"",
    "white space": b" \t\r\n",
    "byte-order mark": b"\xef\xbb\xbf",
    "null": b" null ",
    "an object": b"{}",
    "everything": b'{"a": [{}, [], "", 0, -0, 1.5e-3, 2E+9, 10, true, false, null, "\\"\\\\\\/\\b\\f\\n\\r\\t\\uD83d"]}',
    "byte-order mark and an object": b'\xef\xbb\xbf{"a":1}',
    "DEL, NEL and line separators in a string": '{"a":"\x7f\x85\u2028\u2029"}'.encode(),
    "a key twice": b'{"a":1,"a":2}',
    "NUL, escaped": rb'{"a":"\u0000"}',
    "comment signs in strings": b'{"//": "/* */", "a": "//"}',
}


@pytest.mark.parametrize("dialect", [STRICT, RELAXED, UNPROVEN], ids=["strict", "relaxed", "unproven"])
@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
def test_json_is_accepted(data: bytes, dialect: Dialect) -> None:
    document = parse(data, dialect)
    assert document.data == data
    assert document.warnings == ()


def test_no_file_is_an_empty_document() -> None:
    assert parse(None, STRICT).data == b""
    assert parse(None, STRICT).get(()) == {}


COMMENT = "a comment, which this client's parser refuses"
LATE = "a trailing comma, which this client's parser refuses"
BELONGS = "a comma or a closing bracket belongs"
REFUSED = [
    pytest.param(b'{\n  "a": 1 // c\n}', "2:10: " + COMMENT, id="line comment"),
    pytest.param(b'/* c */ {"a": 1}', "1:1: " + COMMENT, id="comment in front"),
    pytest.param(b"{} //", "1:4: " + COMMENT, id="comment behind"),
    pytest.param(b"// only", "1:1: " + COMMENT, id="only a comment"),
    pytest.param(b'{"a": {\r\n\t"\xc3\xa9": 1,\r\n}}', "2:8: " + LATE, id="trailing comma"),
    pytest.param(b'{"a": [1, ]}', "1:9: " + LATE, id="trailing comma in an array"),
    pytest.param(b"{'a': 1}", "1:2: a single quote, where only double quotes are allowed", id="single quotes"),
    pytest.param(
        "{“a”: 1}".encode(), "1:2: a curly quote, where only straight double quotes are allowed", id="curly quotes"
    ),
    pytest.param(b"{a: 1}", "1:2: a word without quotes where a key in double quotes belongs", id="key without quotes"),
    pytest.param(b'{"a": b}', "1:7: a word without quotes where a value belongs", id="value without quotes"),
    pytest.param(b'{"a": True}', "1:7: a word without quotes where a value belongs", id="Python's True"),
    pytest.param(b'{"a": truey}', "1:7: a word without quotes where a value belongs", id="a word that starts well"),
    pytest.param(b'{"a": NaN}', "1:7: `NaN`, which JSON does not have", id="NaN"),
    pytest.param(b'{"a": [-Infinity]}', "1:8: `Infinity`, which JSON does not have", id="Infinity"),
    pytest.param(b'{"a": undefined}', "1:7: `undefined`, which JSON does not have", id="undefined"),
    pytest.param(b'{"a": 01}', "1:7: a number that is not written as JSON requires", id="leading zero"),
    pytest.param(b'{"a": +1}', "1:7: a number that is not written as JSON requires", id="plus"),
    pytest.param(b'{"a": .5}', "1:7: a number that is not written as JSON requires", id="no digit in front"),
    pytest.param(b'{"a": 5.}', "1:7: a number that is not written as JSON requires", id="no digit behind"),
    pytest.param(b'{"a": 1e}', "1:7: a number that is not written as JSON requires", id="no exponent"),
    pytest.param(b'{"a": 1.2.3}', "1:7: a number that is not written as JSON requires", id="two points"),
    pytest.param(b'{"a": 0x1F}', "1:7: a number that is not written as JSON requires", id="hexadecimal"),
    pytest.param(b'{"a": -}', "1:7: a number that is not written as JSON requires", id="only a sign"),
    pytest.param(b'{"a": "b\nc"}', "1:9: the end of the line inside a string", id="line end in a string"),
    pytest.param(b'{"a": "\xc3\xa9\tc"}', "1:9: a bare control character (U+0009) in a string", id="tab in a string"),
    pytest.param(b'{"a": "\\x41"}', "1:8: a backslash in a string that starts no valid JSON escape", id="escape"),
    pytest.param(b'{"a": "\\u00g1"}', "1:8: a backslash in a string that starts no valid JSON escape", id="hex"),
    pytest.param(b'{"a": "\\', "1:8: a backslash in a string that starts no valid JSON escape", id="half an escape"),
    pytest.param(b'{"a": "b', "1:7: a string that is never closed", id="cut off in a string"),
    pytest.param(b'{"a', "1:2: a string that is never closed", id="cut off in a key"),
    pytest.param(b'{\n"a": [1,\n', "3:1: the end of the text, but the array of line 2 is never closed", id="cut off"),
    pytest.param(
        b'{"a"', "1:5: the end of the text, but the object of line 1 is never closed", id="cut off at the colon"
    ),
    pytest.param(
        b'{"a":', "1:6: the end of the text, but the object of line 1 is never closed", id="cut off at the value"
    ),
    pytest.param(b"{", "1:2: the end of the text, but the object of line 1 is never closed", id="cut off at once"),
    pytest.param(
        b'{"a": {}\n', "2:1: the end of the text, but the object of line 1 is never closed", id="a brace too few"
    ),
    pytest.param(b'{\n"a": [1}', "2:8: a `}`, but the array of line 2 is never closed", id="wrong bracket"),
    pytest.param(b'{"a": [\n}', "2:1: a `}`, but the array of line 1 is never closed", id="wrong bracket at once"),
    pytest.param(b'{"a"]', "1:5: a `]`, but the object of line 1 is never closed", id="wrong bracket behind a key"),
    pytest.param(b'{"a": 1}}', "1:9: text after the end of the document", id="a brace too many"),
    pytest.param(b"{} {}", "1:4: text after the end of the document", id="two documents"),
    pytest.param(b"{}x", "1:3: text after the end of the document", id="a letter behind"),
    pytest.param(b"null null", "1:6: text after the end of the document", id="null twice"),
    pytest.param(b'{"a" 1}', "1:6: a value without the colon in front of it", id="no colon"),
    pytest.param(b'{"a", 1}', "1:5: a `,` where a colon belongs", id="a comma for a colon"),
    pytest.param(b'{"a": 1 "b": 2}', "1:9: a value without the comma in front of it", id="no comma"),
    pytest.param(b'{"a": {}\n"b": 2}', "2:1: a value without the comma in front of it", id="no comma behind an object"),
    pytest.param(b'{"a": [1 2]}', "1:10: a value without the comma in front of it", id="no comma in an array"),
    pytest.param(b'{"a": 1: 2}', "1:8: a `:` where " + BELONGS, id="a colon too many"),
    pytest.param(b"{,}", "1:2: a `,` where a key in double quotes belongs", id="only a comma"),
    pytest.param(b'{"a": 1,, "b": 2}', "1:9: a `,` where a key in double quotes belongs", id="a comma twice"),
    pytest.param(b'{"a": [,]}', "1:8: a `,` where a value belongs", id="only a comma in an array"),
    pytest.param(b'{"a": ,}', "1:7: a `,` where a value belongs", id="a comma for a value"),
    pytest.param(b'{"a": }', "1:7: a `}` where a value belongs", id="no value"),
    pytest.param(b'{1: "a"}', "1:2: a word without quotes where a key in double quotes belongs", id="a number as key"),
    pytest.param(b'{{}: "a"}', "1:2: a `{` where a key in double quotes belongs", id="an object as key"),
    pytest.param(b"}", "1:1: a `}` where a `{` belongs", id="only a bracket"),
    pytest.param(b"text", "1:1: a word without quotes where a `{` belongs", id="text"),
    pytest.param(
        b'{"a": 1}\n=======\n{"a": 2}', "2:1: a merge conflict marker; the conflict is not resolved yet", id="middle"
    ),
    pytest.param(b"{\n<<<<<<< HEAD\n", "2:1: a merge conflict marker; the conflict is not resolved yet", id="conflict"),
    pytest.param(
        b'{"a":\r\n>>>>>>> theirs', "2:1: a merge conflict marker; the conflict is not resolved yet", id="end"
    ),
    pytest.param(b'{"a": 1\n||||||| base', "2:1: a merge conflict marker; the conflict is not resolved yet", id="base"),
    pytest.param(
        b"<<<<<<< HEAD\n{}", "1:1: a merge conflict marker; the conflict is not resolved yet", id="first line"
    ),
    pytest.param(b"# c\n{}", "1:1: a `#`, which starts no comment here", id="hash"),
    pytest.param(b'{"a": /* c', "1:7: a comment that is never closed", id="comment never closed"),
    pytest.param(b'{"a": 1 /', "1:9: a `/` where " + BELONGS, id="half a comment"),
    pytest.param(b"\xff\xfe{\x00}\x00", "1:1: the byte-order mark of UTF-16; only UTF-8 is read", id="UTF-16, little"),
    pytest.param(b"\xfe\xff\x00{", "1:1: the byte-order mark of UTF-16; only UTF-8 is read", id="UTF-16, big"),
    pytest.param(b"\xff\xfe\x00\x00{", "1:1: the byte-order mark of UTF-32; only UTF-8 is read", id="UTF-32, little"),
    pytest.param(b"\x00\x00\xfe\xff", "1:1: the byte-order mark of UTF-32; only UTF-8 is read", id="UTF-32, big"),
    pytest.param(b"{\x00}\x00", "1:2: a NUL byte, as binary files and UTF-16 have them", id="UTF-16 without a mark"),
    pytest.param(b'{"a":\n"\xc3\xa9\xe9"}', "2:3: the byte 0xE9, which is not UTF-8", id="Latin-1"),
    pytest.param(b'{"a": "\xed\xa0\x80"}', "1:8: the byte 0xED, which is not UTF-8", id="a bare surrogate"),
    pytest.param(b'{"a": "\xf0\x9f\xa6', "1:8: the byte 0xF0, which is not UTF-8", id="cut off in a character"),
    pytest.param(
        b'{"a":\xc2\xa01}', "1:6: an invisible or foreign character (U+00A0) where a value belongs", id="no-break space"
    ),
    pytest.param(b'{"a":\x0b1}', "1:6: an invisible or foreign character (U+000B) where a value belongs", id="tab"),
    pytest.param(
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        "1:1: an invisible or foreign character (U+FEFF) where a `{` belongs",
        id="mark twice",
    ),
]


@pytest.mark.parametrize(("data", "message"), REFUSED)
def test_malformed_text_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(data, STRICT)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"// only\n[1,]", "2:1: the whole document is an array, not an object"),
        (b'"text"', "1:1: the whole document is a string, not an object"),
        (b"-1.5", "1:1: the whole document is a number, not an object"),
        (b"\xef\xbb\xbf false", "1:2: the whole document is a boolean, not an object"),
    ],
)
def test_a_root_that_is_no_object_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnexpectedShape) as caught:
        parse(data, RELAXED)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{ // {\n, }", "2:1: a `,` where a key in double quotes belongs"),
        (b'{"a": 1 // {\n"b": 2}', "2:1: a value without the comma in front of it"),
        (b'{"a": [ /* [ */ ,]}', "1:17: a `,` where a value belongs"),
        (b'{"a": 1,,}', "1:9: a `,` where a key in double quotes belongs"),
        (b'{"a": 1 // no end', "1:18: the end of the text, but the object of line 1 is never closed"),
        (b"{ // a\r /* b */ 1}", "2:10: a word without quotes where a key in double quotes belongs"),
        (b"/* * / ** /", "1:1: a comment that is never closed"),
    ],
)
def test_malformed_text_is_refused_with_comments_too(data: bytes, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(data, RELAXED)
    assert str(caught.value) == message


NOT_PROVEN = "; it is not known whether this client accepts that"


@pytest.mark.parametrize(
    ("data", "warnings"),
    [
        (b'{"//": ",]"}', ()),
        (b'{\n"a": 1 // c\n/* d */}', ("line 2 has a comment" + NOT_PROVEN,)),
        (b'{"a": [\n1,\n]}', ("line 2 has a trailing comma" + NOT_PROVEN,)),
        (b'{"a": [1,/* c */]}', ("line 1 has a comment" + NOT_PROVEN, "line 1 has a trailing comma" + NOT_PROVEN)),
        (b"\n// c", ("line 2 has a comment" + NOT_PROVEN,)),
    ],
)
def test_what_may_not_please_the_client_is_said(data: bytes, warnings: tuple[str, ...]) -> None:
    assert parse(data, UNPROVEN).warnings == warnings
    assert parse(data, RELAXED).warnings == ()


@pytest.mark.parametrize(
    ("data", "dialect", "message"),
    [
        (b'{"a": [1,] // c\n}', Dialect(comments=True, trailing_commas=False), "1:9: " + LATE),
        (b'{"a": [1,] // c\n}', Dialect(comments=False, trailing_commas=True), "1:12: " + COMMENT),
    ],
)
def test_a_dialect_may_have_one_without_the_other(data: bytes, dialect: Dialect, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(data, dialect)
    assert str(caught.value) == message


SECRET = "phx_0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "text", ['{{"a": {0}}}', "{0}", "{{{0}: 1}}", '{{"a": "{0}', '{{"a": 1{0}}}', "{{\"a\": '{0}'}}", "{{}}{0}"]
)
def test_no_message_quotes_what_may_be_a_key(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(text.format(SECRET).encode(), STRICT)
    assert "0123" not in str(caught.value)


def test_a_document_does_not_show_its_text() -> None:
    assert SECRET not in repr(parse(f'{{"a": "{SECRET}"}}'.encode(), STRICT))
