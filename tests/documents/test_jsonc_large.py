"""Large and deep documents: the long patterns must say what the single tokens say."""

import json
from random import Random
from typing import Any

import pytest

from posthog_wizard.documents.bulk_patterns import BLOCK, LARGE
from posthog_wizard.documents.document import ABSENT
from posthog_wizard.documents.jsonc import parse
from posthog_wizard.documents.scan import Scan
from posthog_wizard.documents.text import demand_utf8
from posthog_wizard.errors import Malformed, UnexpectedShape
from posthog_wizard.model import RELAXED, STRICT, UNPROVEN, Dialect
from tests.support.jsonc_documents import generate
from tests.support.jsonc_reader import Reading

pytestmark = pytest.mark.unfollowed
DIALECTS = {"strict": STRICT, "relaxed": RELAXED, "unproven": UNPROVEN, "no late commas": Dialect(True, False)}
DEPTH = 100_000
DAMAGE = (
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"0",
    b"\\",
    b" ",
    b".",
    b"e",
    b"-",
    b"/",
    b"//",
    b"/*",
    b"*/",
    b"\n",
    b"x",
)


def damaged(seed: int) -> bytes:
    """A generated document with a few bytes changed, taken out or put in."""
    random = Random(seed)
    data = generate(seed % 500).data
    for _ in range(random.choice((0, 1, 1, 2))):
        at = random.randrange(len(data))
        data = data[:at] + random.choice((b"", *DAMAGE)) + data[at + random.choice((0, 1, 1, 2)) :]
    return data


def verdict(data: bytes, dialect: Dialect, large: int) -> str:
    """What a reading finds; the long patterns are used from `large` bytes on."""
    try:
        scan = Scan(data, demand_utf8(data), dialect, large=large).run()
    except Malformed as error:
        return f"Malformed {error}"
    return f"{scan.root} {scan.comment} {scan.trailing_comma}" if dialect is UNPROVEN else str(scan.root)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("batch", range(5))
def test_long_patterns_say_what_single_tokens_say(batch: int, dialect: Dialect) -> None:
    texts = [damaged(seed) for seed in range(batch * 100, batch * 100 + 100)]
    small = [verdict(text, dialect, 1 << 40) for text in texts]
    assert [verdict(text, dialect, 0) for text in texts] == small
    assert sum(text.startswith("Malformed") for text in small) > 10


def test_the_longest_patterns_say_the_same() -> None:
    texts = [damaged(seed) + b" " * (1 << 21) for seed in range(600, 640)]
    small = [verdict(text, UNPROVEN, 1 << 40) for text in texts]
    assert [verdict(text, UNPROVEN, 0) for text in texts] == small
    assert [verdict(text, RELAXED, 0) == verdict(text, RELAXED, 1 << 40) for text in texts] == [True] * 40


def loads(data: bytes) -> bool:
    """Whether Python's own parser takes it, told to be strict."""
    try:
        json.loads(data.removeprefix(b"\xef\xbb\xbf").decode(), parse_constant=int)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("large", [0, 1 << 40], ids=["long patterns", "single tokens"])
@pytest.mark.parametrize("batch", range(5))
def test_strict_is_what_json_loads_accepts(batch: int, large: int) -> None:
    texts = [damaged(seed) for seed in range(batch * 100, batch * 100 + 100)]
    told = [not verdict(text, STRICT, large).startswith("Malformed") for text in texts]
    assert told == [loads(text) for text in texts]
    assert 10 < sum(told) < 90


def members(count: int, between: str) -> list[str]:
    """Many members, some of them deep."""
    deep = '{"a":[{"b":[{"c":[{"d":["}"]}]}]}]}'
    return [f'{between}"key{number}":{deep if number % 150 == 149 else number}' for number in range(count)]


@pytest.mark.parametrize(
    "between", ["", "\n\t", "/* , */", "\r\n  // {\r\n  "], ids=["minified", "lines", "blocks", "comments"]
)
@pytest.mark.parametrize(
    ("place", "behind"),
    [
        (0, 9_999),
        (1, 9_999),
        (BLOCK - 1, 9_999),
        (BLOCK, 9_999),
        (20_000, 9_999),
        (20_000, 0),
        *((400 * BLOCK + n, 0) for n in (0, 1, 2)),
    ],
)
def test_an_entry_among_many_is_found_and_dropped(place: int, behind: int, between: str) -> None:
    rows = members(place + 1 + behind, between)
    rows[place] = between + '"p\\u006fsthog":1'
    before = ("{" + ",".join(rows) + "}").encode()
    document = parse(before, RELAXED)
    assert document.raw(("posthog",)) == b"1"
    after = parse(document.drop(("posthog",)), RELAXED)
    assert len(before) - len(after.data) <= len(between) + len(',"p\\u006fsthog":1')
    assert after.get(("posthog",)) is ABSENT
    left: Any = after.get(())
    assert len(left) == place + behind


@pytest.mark.parametrize("between", ["", "\n\t", "/* , */"], ids=["minified", "lines", "blocks"])
def test_an_entry_is_put_behind_many(between: str) -> None:
    before = ("{" + ",".join(members(30_000, between)) + "}").encode()
    after = parse(before, RELAXED).put(("posthog",), 1)
    assert after.startswith(before[:-1])
    assert after[len(before) - 1 :].replace(b" ", b"") in (b',"posthog":1}', b',\n\t"posthog":1}')
    assert parse(after, RELAXED).drop(("posthog",)) == before


def test_a_second_member_among_many_is_found() -> None:
    data = ('{"posthog":1,' + ",".join(members(30_000, "")) + ',"posthog":2}').encode()
    with pytest.raises(UnexpectedShape, match=r"a second `posthog`"):
        parse(data, STRICT).get(("posthog",))


def test_an_item_is_put_behind_many_and_taken_out() -> None:
    before = b'{"i": [' + b"1, " * 100_000 + b"2]}"
    after = parse(before, STRICT).append_item(("i",), 3)
    assert after == before[:-2] + b", 3]}"
    assert parse(after, STRICT).drop_item(("i",), 100_001) == before
    assert parse(after, STRICT).drop_item(("i",), 50_000) == after.replace(b"1, ", b"", 1)


@pytest.mark.parametrize(
    "item",
    ['"no, {0}"', '{{"a": "no {0}", "b": [{0}]}}', "[[[[[[{0}]]]]]]", "{0} /* , */"],
    ids=["text", "object", "deep", "comment"],
)
def test_strings_far_behind_know_their_keys(item: str) -> None:
    many = ", ".join(item.format(number) for number in range(20_000))
    data = f'{{"list": [{many}, "here", {{"x": ["there"]}}], "y": "end"}}'.encode()
    found = list(parse(data, RELAXED).strings(len(data) - len('"here", {"x": ["there"]}], "y": "end"}'), len(data)))
    assert [string[::3] for string in found] == [
        (("list", "20000"), "here"),
        (("list", "20001", "x", "0"), "there"),
        (("y",), "end"),
    ]


DEEP = {
    "arrays": (b"[" * DEPTH, b"]" * DEPTH),
    "objects": (b'{"a":' * DEPTH + b"1", b"}" * DEPTH),
    "both, with lines": (b'[\n{"a" :' * (DEPTH // 2) + b"1", b"}\n]" * (DEPTH // 2)),
    "neighbours": (b'{"b": [1, {}], "a":' * (DEPTH // 5) + b"1", b', "c": [{}]}' * (DEPTH // 5)),
    "comments": (b'{"a": // {\n' * (DEPTH // 2) + b"1", b"/* } */}" * (DEPTH // 2)),
}


@pytest.mark.parametrize(("opening", "closing"), DEEP.values(), ids=DEEP)
def test_depth_needs_no_stack(opening: bytes, closing: bytes) -> None:
    data = b'{"deep": ' + opening + closing + b', "m": {}}'
    document = parse(data, RELAXED)
    after = parse(document.put(("m", "x"), 1), RELAXED)
    assert after.data == data[:-2] + b'"x": 1}}'
    assert after.drop(("m", "x")) == data
    assert document.put(("deep",), document.get(("deep",))) == data
    assert document.drop(("deep",)) == b'{"m": {}}'
    assert [string.keys for string in after.strings(len(data) - 9, len(data))] == []


@pytest.mark.parametrize(("opening", "closing"), DEEP.values(), ids=DEEP)
def test_a_bracket_that_is_missing_far_inside_is_missed(opening: bytes, closing: bytes) -> None:
    with pytest.raises(Malformed, match="never closed"):
        parse(b'{"deep": ' + opening + closing[:-1], RELAXED)


def nested(depth: int) -> Any:
    """A value of that depth."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_deep_value_is_put() -> None:
    after = parse(b'{"a":0}', STRICT).put(("x",), nested(DEPTH))
    assert after == b'{"a":0,"x":' + b"[" * DEPTH + b"1" + b"]" * DEPTH + b"}"
    assert parse(after, STRICT).put(("x",), nested(DEPTH)) == after


def test_a_file_of_megabytes_is_checked_to_its_end() -> None:
    text = '{"é": "' + "é" * 1_500_000 + '"}'
    assert parse(text.encode(), STRICT).raw(("é",)) == text[6:-1].encode()
    with pytest.raises(Malformed, match="1:1500008: the byte 0xE9"):
        parse(text.encode()[:-2] + b"\xe9", STRICT)


def test_generated_documents_read_the_same_when_large() -> None:
    data = b"[" + b",".join(generate(seed).data.removeprefix(b"\xef\xbb\xbf") for seed in range(600)) + b"]"
    document = parse(b'{"all":\n' + data + b"}", RELAXED)
    assert len(document.data) > LARGE
    everything: Any = document.get(("all",))
    assert len(everything) == 600
    assert [string.text for string in document.strings(0, len(data) + 9)] == [one.text for one in Reading(data).strings]
