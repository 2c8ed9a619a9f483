"""JSON that every strict reader takes: what passes, what is mended, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthog_wizard.net.strict_json import DEEPEST, decode, strict

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1", 1),
        (b" \r\n{}\t", {}),
        (b"\xef\xbb\xbf[]", []),
        (b"1e308", 1e308),
        (b"1e-999", 0.0),
        (b"9" * 308, int("9" * 308)),
        (b"1" + b"0" * 308, 10**308),
        (b"-0", 0),
        (b"[" * DEEPEST + b"]" * DEEPEST, json.loads("[" * DEEPEST + "]" * DEEPEST)),
        (b'"' + b"[{" * 1000 + b'"', "[{" * 1000),
        (b"[" + b"[]," * 1000 + b"[]]", [[]] * 1001),
        ('"☃ \U0001f600"'.encode(), "☃ \U0001f600"),
        (b'"\\ud83d\\ude00 \\uD83D\\uDE00"', "\U0001f600 \U0001f600"),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)  # fmt: skip
def test_what_passes_as_it_is(text: bytes, value: object) -> None:
    assert strict(text) == (text.strip().removeprefix(b"\xef\xbb\xbf"), value)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (b'"\\ud83d"', b'"\\ufffd"'),
        (b'"\\uDE00x"', b'"\\ufffdx"'),
        (b'"\\ude00\\ud83d"', b'"\\ufffd\\ufffd"'),
        (b'"\\ud83d\\ud83d\\ude00"', b'"\\ufffd\\ud83d\\ude00"'),
        (b'"\\\\ud83d"', b'"\\\\ud83d"'),
        (b'"\\\\\\ud83d\\n"', b'"\\\\\\ufffd\\n"'),
        (b'{"\\ud83d":"\\u0041"}', b'{"\\ufffd":"\\u0041"}'),
    ],
)
def test_half_a_character_becomes_a_whole_one(text: bytes, mended: bytes) -> None:
    assert strict(text) == (mended, json.loads(mended))


@pytest.mark.parametrize(
    "text",
    [
        b"", b" ", b"{", b"{} {}", b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"-1e999", b"9" * 309, b"9" * 5000, b"1" + b"0" * 308 + b"e9",
        b'"\xff"', b'"\xed\xa0\xbd"', b'"\xc0\xaf"', b'"\x00"', b'"\n"', b"\xef\xbb\xbf\xef\xbb\xbf{}", "{}".encode("utf-16"), "{}".encode("utf-16-le"),
        "{}".encode("utf-32"), b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), b'{"a":' * 128 + b"1" + b"}" * 128, b"[" * 100_000, b"01", b"+1", b"'x'", b"\x0c{}\x0c{",
    ],
)  # fmt: skip
def test_what_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(text)


@given(VALUES)
def test_what_is_json_is_read_as_json(value: object) -> None:
    text = json.dumps(value).encode()
    assert json.dumps(decode(text)) == json.dumps(json.loads(text))
