"""The seam: what every format can do, and which texts each refuses, with line, column and what was found."""

import re
from pathlib import Path

import pytest

import posthog_wizard
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.documents.text import position
from posthog_wizard.errors import Malformed
from posthog_wizard.model import RELAXED, FormatName, Item

KEYS = ("servers", "posthog")
ENTRY = {"url": "u", "headers": {"A": "b"}}


@pytest.mark.parametrize("name", FORMATS)
def test_an_entry_comes_and_goes_in_every_format(name: FormatName) -> None:
    form = FORMATS[name]
    empty = form.parse(None, RELAXED)
    assert empty.data == b""
    assert empty.dialect is RELAXED
    assert empty.warnings == ()
    document = form.parse(empty.put(KEYS, ENTRY), RELAXED)
    assert document.get(()) == {"servers": {"posthog": ENTRY}}
    assert form.load(document.raw(KEYS) or b"", KEYS) == ENTRY
    assert document.put(KEYS, {**ENTRY}) == document.data
    assert [string.text for string in document.strings(0, len(document.data))] == ["u", "b"]
    emptied = form.parse(document.drop(KEYS), RELAXED)
    assert emptied.raw(KEYS) is None
    assert emptied.put_raw(KEYS, document.raw(KEYS) or b"")
    assert position(document.data, 0) == (1, 1)
    listed = form.parse(document.append_item(("list",), "a"), RELAXED)
    assert listed.get(("list",)) == ["a"]
    assert form.parse(listed.drop_item(("list",), 0), RELAXED).get(("list",)) == []


@pytest.mark.parametrize("name", ["toml", "yaml"])
def test_an_item_with_a_name_comes_and_goes(name: FormatName) -> None:
    keys = ("servers", Item("name", "posthog"))
    parse = FORMATS[name].parse
    document = parse(parse(None, RELAXED).put(keys, {"name": "posthog", "url": "u"}), RELAXED)
    assert document.get(("servers",)) == [{"name": "posthog", "url": "u"}]
    assert parse(document.drop(keys), RELAXED).raw(keys) is None


CONFLICT = "a merge conflict marker; the conflict is not resolved yet"
TOML = [
    (b"a = 1\na = 2\n", "2:6: a key that is defined twice"),
    (b"'a' = 1\n\"a\" = 2\n", "2:8: a key that is defined twice"),
    (b"a.b = 1\na.b = 2\n", "2:8: a key that is defined twice"),
    (b"[a]\n[a]\n", "2:3: a table that is defined twice"),
    (b"[[a]]\n[a]\n", "2:3: a table that is defined twice"),
    (b"[a]\nb = 1\n[a.b]\n", "3:5: a key that is defined twice"),
    (b"a = {b = 1}\n[a.c]\n", "2:5: a table that is defined twice"),
    (b"a = [1]\n[[a]]\n", "2:4: an addition to an inline table or array, which cannot be added to"),
    (b"a = {b = 1, b = 2}\n", "1:18: a key that is defined twice"),
    (b"a = \n", "1:5: something that is not a TOML value"),
    (b"a = \x01\n", "1:5: something that is not a TOML value"),
    (b"a = 'x\n", "2:1: a string that is never closed"),
    (b'a = "\\q"\n', "1:8: a backslash in a string that starts no valid TOML escape"),
    (b"a = [1, 2\n", "2:1: an array that is never closed"),
    (b"a = {b = 1\n", "1:11: an inline table that is not closed on its line"),
    (b"a\n", "1:2: a key without `=` and a value"),
    (b"= 1\n", "1:1: a line that is neither a key with its value nor a table"),
    (b"[a\n", "1:3: a table's name that is not closed"),
    (b"a = 1 b = 2\n", "1:7: text after the end of a value"),
    (b"a = 1\rb = 2\n", "1:6: text after the end of a value"),
    (b"\xef\xbb\xbf# \xc3\xa9\r\n'\xc3\xa9' = \xc3\xa9\n", "2:7: something that is not a TOML value"),
    (b"x = \xff\n", "1:5: the byte 0xFF, which is not UTF-8"),
    (b"\xff\xfea\x00", "1:1: the byte-order mark of UTF-16; only UTF-8 is read"),
    (b"a = 1\n<<<<<<< HEAD\na = 2\n", f"2:1: {CONFLICT}"),
    (b"a = " + b"[" * 2000, "1:1: values that are nested too deeply to be read"),
    (b"a = " + b"9" * 5000, "1:1: a number with more digits than can be read"),
]
YAML = [
    (b"a: 1\nb: 2\na: 3\n", "3:1: a key that is defined twice"),
    (b"x: {a: 1, 'a': 2}\n", "1:11: a key that is defined twice"),
    (b"a:\n\tb: 1\n", "2:1: a tab where YAML has spaces"),
    (b"a: 1\n---\nb: 2\n", "2:1: a second document in one file"),
    (b"a: *b\n", "1:4: an alias without its anchor in front of it"),
    (b"a: *b\nc: &b 1\n", "1:4: an alias without its anchor in front of it"),
    (b"a: b: c\n", "1:5: a colon where no key is allowed, or a line that is indented wrongly"),
    (b"a: 1\n  b: 2\n", "2:4: a colon where no key is allowed, or a line that is indented wrongly"),
    (b"a:\n  b: 1\n c: 2\n", "3:2: a line that is indented differently from its neighbours"),
    (b"\xc3\xa9: 'x\n", "1:4: a string that is never closed"),
    (b'a: "\\q"\n', "1:6: a backslash in a string that starts no valid YAML escape"),
    (b"a: [1, 2\n", "1:4: a bracket that is never closed"),
    (b"a: @x\n", "1:4: a character that cannot start a value"),
    (b"a: 1\nb\n", "3:1: a line that is not a key with its value"),
    (b"\xef\xbb\xbfa: \x07\n", "1:4: a control character, which YAML does not allow"),
    (b"a: \x80\n", "1:4: the byte 0x80, which is not UTF-8"),
    (b"<<<<<<< HEAD\na: 1\n=======\n", f"1:1: {CONFLICT}"),
]
REFUSED = [("toml", *row) for row in TOML] + [("yaml", *row) for row in YAML]


@pytest.mark.parametrize(("name", "data", "said"), REFUSED, ids=[f"{row[0]} {row[1][:40]!r}" for row in REFUSED])
def test_a_text_that_is_refused_says_where_and_why(name: FormatName, data: bytes, said: str) -> None:
    with pytest.raises(Malformed) as refusal:
        FORMATS[name].parse(data, RELAXED)
    assert str(refusal.value) == said
    assert refusal.value.hint


@pytest.mark.parametrize("name", FORMATS)
def test_a_value_s_text_that_is_none_is_refused(name: FormatName) -> None:
    document = FORMATS[name].parse(None, RELAXED)
    with pytest.raises(Malformed):
        document.put_raw(KEYS, b"{")


@pytest.mark.parametrize("name", FORMATS)
def test_a_number_is_no_boolean(name: FormatName) -> None:
    parse = FORMATS[name].parse
    number = parse(parse(None, RELAXED).put(KEYS, {"on": 1}), RELAXED)
    assert parse(number.put(KEYS, {"on": True}), RELAXED).get(KEYS)["on"] is True


def test_a_format_is_named_within_documents_alone() -> None:
    """Everybody else takes it from `FORMATS`, by the row of the client's place."""
    root = Path(posthog_wizard.__file__).parent
    named = re.compile(r"documents(?: import |\.)(?:jsonc|toml|yaml)|\bjsonc\.")
    outside = (path for path in root.rglob("*.py") if path.parent.name != "documents")
    assert [str(path.relative_to(root)) for path in outside if named.search(path.read_text(encoding="utf-8"))] == []
