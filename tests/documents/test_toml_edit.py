"""What an edit makes of a TOML file, as tables: first what must not change."""

import tomllib
from typing import Any

import pytest

from posthog_wizard.documents.document import ABSENT, String
from posthog_wizard.documents.toml import load_toml, parse
from posthog_wizard.errors import UnexpectedShape
from posthog_wizard.model import Item, KeyPath

KEYS = ("m", "x")
ROW = ("m", Item("name", "x"))
ENTRY = {"url": "u", "env": {"A": "1"}}
TABLE = '[m.x]\nurl = "u"\nenv = { A = "1" }'

SPELLINGS = {
    "a table": b'[m.x]\nurl = "u"\nenv = { A = "1" }',
    "a sub-table": b"[m.x]\nurl = 'u' # c\n[m.x.env]\nA = '1'\n",
    "the sub-table first": b"[m.x.env]\nA = '1'\n[o]\n[m.x]\nurl = 'u'\n",
    "inline": b"m = { x = { env = { A = '1' }, url = 'u' } }",
    "inline in a table": b"[m]\nx = { url = 'u', env.A = '1' }",
    "dots": b"m.x.url = 'u'\nm.x.env.A = '1'",
    "dots in a table": b"[m]\nx.url = 'u'\ny = 1\nx . env . A = '1'",
    "dots inline": b"m = { x.url = 'u', x.env = { A = '1' } }",
    "quoted": b'["m" . "\\u0078"]\n"url" = """u"""\n\'env\' = {\'A\'="1"}',
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_an_equal_entry_stays_as_it_is_written(data: bytes) -> None:
    document = parse(data)
    assert document.get(KEYS) == ENTRY
    assert document.put(KEYS, ENTRY) == data
    assert load_toml(document.raw(KEYS) or b"", KEYS) == ENTRY


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_an_entry_is_replaced_whole_and_dropped_whole(data: bytes) -> None:
    others = {key: value for key, value in tomllib.loads(data.decode()).items() if key != "m"}
    assert parse(parse(data).put(KEYS, {"command": "c"})).get(KEYS) == {"command": "c"}
    assert parse(parse(data).put(KEYS, {"command": "c"})).get(("m",)) | {"y": 1} == {"x": {"command": "c"}, "y": 1}
    dropped = tomllib.loads(parse(data).drop(KEYS).decode())
    assert "x" not in dropped.pop("m", {})
    assert dropped == others


# Without and with our entry: put makes the second of the first, drop the first of the second.
PUT = [
    pytest.param(b"", f"{TABLE}\n", id="no text"),
    pytest.param(b"\n", f"\n\n{TABLE}\n", id="a line end"),
    pytest.param(b"a = 1", f"a = 1\n\n{TABLE}", id="no final line end"),
    pytest.param(b"a = 1\n", f"a = 1\n\n{TABLE}\n", id="behind keys"),
    pytest.param(b"# c\n", f"# c\n\n{TABLE}\n", id="behind a comment"),
    pytest.param(b"[m]\n", f"[m]\n\n{TABLE}\n", id="an empty table"),
    pytest.param(b"[m.a]\nb = 1\n\n[o]\n", f"[m.a]\nb = 1\n\n{TABLE}\n\n[o]\n", id="behind its neighbours"),
    pytest.param(b"[m.a.b]\n[m.a]\n[o]\n", f"[m.a.b]\n[m.a]\n\n{TABLE}\n[o]\n", id="behind the last of them"),
    pytest.param(
        b"[m.a]\nb = 1 # c\n# d = 2\n\n# other\n[o]\n",
        f"[m.a]\nb = 1 # c\n# d = 2\n\n{TABLE}\n\n# other\n[o]\n",
        id="comments stay with their table",
    ),
    pytest.param(b"[m.a]\n# other\n[o]\n", f"[m.a]\n\n{TABLE}\n# other\n[o]\n", id="a comment above a header"),
    pytest.param(b"[m]\na = {}\n", f"[m]\na = {{}}\n\n{TABLE}\n", id="beside inline tables"),
    pytest.param(b"m.a = 1\nb = 2\n[o]\n", f"m.a = 1\nb = 2\n\n{TABLE}\n[o]\n", id="beside dots"),
    pytest.param(b"m = {}", 'm = {x = { url = "u", env = { A = "1" } }}', id="an empty inline table"),
    pytest.param(b"m = { a = 1 } # c", 'm = { a = 1, x = { url = "u", env = { A = "1" } } } # c', id="an inline table"),
    pytest.param(b'a = """\n[m.x]\n"""\n', f'a = """\n[m.x]\n"""\n\n{TABLE}\n', id="a table in a string"),
    pytest.param(b"a = [\n# ]\n[1],\n]\n", f"a = [\n# ]\n[1],\n]\n\n{TABLE}\n", id="brackets in brackets"),
    pytest.param(b"a = 1979-05-27 07:32:00\n", f"a = 1979-05-27 07:32:00\n\n{TABLE}\n", id="a date with a space"),
    pytest.param(
        b"\xef\xbb\xbfa = 1\r\n",
        "\ufeffa = 1\r\n\r\n" + TABLE.replace("\n", "\r\n") + "\r\n",
        id="byte-order mark and CRLF",
    ),
]


@pytest.mark.parametrize(("without", "with_it"), PUT)
def test_put_and_drop_are_inverse(without: bytes, with_it: str) -> None:
    assert parse(without).get(KEYS) is ABSENT
    assert parse(without).put(KEYS, ENTRY).decode() == with_it
    assert parse(with_it.encode()).drop(KEYS) == without
    assert parse(without).drop(KEYS) == without


ITEMS = [
    pytest.param(b"", '[[m]]\nname = "x"\n', id="no text"),
    pytest.param(b"m = []\n", 'm = [{ name = "x" }]\n', id="an empty array"),
    pytest.param(b"m = [ {name='a'}, ]\n", "m = [ {name='a'}, { name = \"x\" }, ]\n", id="a trailing comma"),
    pytest.param(
        b"m = [\n  {name='a'}, # c\n  {name='b'} # d\n]",
        "m = [\n  {name='a'}, # c\n  {name='b'}, { name = \"x\" } # d\n]",
        id="an array with comments",
    ),
    pytest.param(
        b"m = [\n  {name='a'},\n  {name='b'}\n]",
        "m = [\n  {name='a'},\n  {name='b'},\n  { name = \"x\" }\n]",
        id="an array on lines",
    ),
    pytest.param(
        b"[[m]]\nname = 'a'\n[m.auth]\n\n[o]\n",
        "[[m]]\nname = 'a'\n[m.auth]\n\n[[m]]\nname = \"x\"\n\n[o]\n",
        id="tables",
    ),
    pytest.param(
        b"[[m]]\n[o]\n[m.auth]\n[p]\n", '[[m]]\n[o]\n[m.auth]\n\n[[m]]\nname = "x"\n[p]\n', id="a sub-table far off"
    ),
]


@pytest.mark.parametrize(("without", "with_it"), ITEMS)
def test_an_item_comes_and_goes(without: bytes, with_it: str) -> None:
    assert parse(without).put(ROW, {"name": "x"}).decode() == with_it
    assert parse(with_it.encode()).drop(ROW) == without
    assert parse(with_it.encode()).get(ROW) == {"name": "x"}


def test_an_item_goes_with_its_sub_tables() -> None:
    data = b"[[m]]\nname = 'x'\n[m.auth]\na = 1\n\n[o]\n[m.auth.more]\n[[m]]\nname = 'b'\n[m.auth]\nb = 2\n"
    assert parse(data).drop(ROW) == b"\n[o]\n[[m]]\nname = 'b'\n[m.auth]\nb = 2\n"
    assert parse(data).put(ROW, {"name": "x"}) == b"[[m]]\nname = \"x\"\n\n[o]\n[[m]]\nname = 'b'\n[m.auth]\nb = 2\n"


REPLACED = [
    pytest.param(b"[m.x] # mine\nurl = 'old' # c\n", f"{TABLE.replace(']', '] # mine', 1)}\n", id="its header stays"),
    pytest.param(
        b"[m . 'x']\n", f"{TABLE.replace('m.x', chr(109) + ' . ' + chr(39) + 'x' + chr(39), 1)}\n", id="as spelled"
    ),
    pytest.param(
        b"[m.x]\na = 1\n# mine\n[m.x.env]\nb = 1\n# next\n[o]\n\n[m.x.more]\n[p]\n",
        f"{TABLE}\n# next\n[o]\n[p]\n",
        id="all its tables",
    ),
    pytest.param(
        b"[m]\na.b = 1\nx.a = 1\nx.b = 2\n", '[m]\na.b = 1\nx = { url = "u", env = { A = "1" } }\n', id="dots"
    ),
    pytest.param(b"m = { x = 1, b = 2 }", 'm = { x = { url = "u", env = { A = "1" } }, b = 2 }', id="inline"),
    pytest.param(
        b"m = { x.a = 1, b = 2 }", 'm = { b = 2, x = { url = "u", env = { A = "1" } } }', id="inline with dots"
    ),
    pytest.param(b"[[m.x]]\n[[m.x]]\n", f"{TABLE}\n", id="an array of tables"),
]


@pytest.mark.parametrize(("before", "after"), REPLACED)
def test_another_entry_is_replaced_in_its_place(before: bytes, after: str) -> None:
    assert parse(before).put(KEYS, ENTRY).decode() == after


FIELDS = [
    pytest.param(b"[m.x]\na = 1\n\n[o]\n", b"[m.x]\na = 1\non = true\n\n[o]\n", id="a table"),
    pytest.param(b"[m.x]\n[m.x.env]\n", b"[m.x]\non = true\n[m.x.env]\n", id="in front of its sub-tables"),
    pytest.param(b"m = {x = {}}\n", b"m = {x = {on = true}}\n", id="inline"),
    pytest.param(b"[m]\nx.a = 1\ny = 1\n", b"[m]\nx.a = 1\nx.on = true\ny = 1\n", id="dots"),
    pytest.param(b"[m.x.env]\n", b"[m.x.env]\n\n[m.x]\non = true\n", id="a table without a header"),
]


@pytest.mark.parametrize(("before", "after"), FIELDS)
def test_a_single_field_comes_and_goes(before: bytes, after: bytes) -> None:
    assert parse(before).put((*KEYS, "on"), True) == after
    assert parse(parse(after).drop((*KEYS, "on"))).get((*KEYS, "on")) is ABSENT


VALUES: list[Any] = [
    *(
        "",
        "a b",
        "é 🦔",
        'say "hi"',
        "C:\\x",
        "\x00\x07\x1b\x7f\x80\u2028",
        "a\nb\r\n\tc",
        "'''",
        '"""',
        "#",
        "true",
        "\ufeff",
    ),
    *(0, -5, 10**18, 1.5, 1e16, 1e-7, True, False, [], {}, [1, [2, {"a b": {"": 1}}]], {"a.b": {"é": ["x"]}}),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_every_value_is_read_back(value: Any) -> None:
    assert tomllib.loads(parse(b"").put(KEYS, {"v": value}).decode()) == {"m": {"x": {"v": value}}}


@pytest.mark.parametrize("name", ["my.server", "a b", "", "é", '"', "x]"])
def test_every_name_is_quoted_where_it_must_be(name: str) -> None:
    after = parse(b"").put(("m", name), {"a": 1})
    assert tomllib.loads(after.decode()) == {"m": {name: {"a": 1}}}
    assert parse(after).drop(("m", name)) == b""


RAW = [
    (b"d = 1979-05-27 07:32:00 # c\n", b"1979-05-27 07:32:00"),
    (b"d = [1979-05-27 07:32:00, 1]", b"[1979-05-27 07:32:00, 1]"),
    (b'd = """a"""""\n', b'"""a"""""'),
    (b"d = '''a'b''\\'''\n", b"'''a'b''\\'''"),
    (b'd = "a\\"]" # ]\n', b'"a\\"]"'),
    (b"d = [ # ]\n[1], {a = ']'},\n]\n", b"[ # ]\n[1], {a = ']'},\n]"),
]


@pytest.mark.parametrize(("data", "raw"), RAW, ids=[repr(row[0]) for row in RAW])
def test_a_value_ends_where_it_ends(data: bytes, raw: bytes) -> None:
    assert parse(data).raw(("d",)) == raw


SLIPS = [
    b"",
    b"a = 2\n[m]\nx = 1\n",
    b"[m]\nx = 1\n",
    b"a = 1\n[m]\nx = 2\n",
    b"a = 1\n[m]\nx = 1\ny = 1\n",
    b"a = 1\n[m",
    b"a = 1\n",
]


@pytest.mark.parametrize("slip", SLIPS, ids=repr)
def test_an_edit_that_would_do_anything_else_is_refused(slip: bytes) -> None:
    document = parse(b"a = 1\n[m]\n")
    assert document._first_right(KEYS, [b"a = 1\nm.x = 1\n"], 1)
    with pytest.raises(UnexpectedShape, match="without changing something else"):
        document._first_right(KEYS, [slip], 1)


def test_items_of_a_list_by_index() -> None:
    assert parse(b"a = [1]\n").append_item(("a",), 2) == b"a = [1, 2]\n"
    assert parse(b"a = [1, 2]\n").drop_item(("a",), 1) == b"a = [1]\n"
    assert parse(b"a = [1]\n").drop_item(("a",), 7) == b"a = [1]\n"
    assert parse(b"").append_item(("a",), "b") == b'a = ["b"]\n'
    assert parse(b"[[a]]\nb = 1\n").append_item(("a",), {"b": 2}) == b"[[a]]\nb = 1\n\n[[a]]\nb = 2\n"


def test_an_item_goes_and_the_comments_beside_it_stay() -> None:
    data = b"m = [\n  {name='x'}, # c\n  {name='b'}, # d\n]\n"
    assert parse(data).drop(ROW) == b"m = [\n   # c\n  {name='b'}, # d\n]\n"
    assert parse(data).drop_item(("m",), 1) == b"m = [\n  {name='x'} # c\n  , # d\n]\n"


def test_strings_are_found_with_their_keys() -> None:
    data = b"a = 'b'\n[m.x]\nargs = ['c', { d = \"\\u0065\" }]\nn = 1\n[[i]]\nk = '''f'''\n"
    assert [(one.keys, data[one.start : one.end], one.text) for one in parse(data).strings(0, len(data))] == [
        (("a",), b"'b'", "b"),
        (("m", "x", "args", "0"), b"'c'", "c"),
        (("m", "x", "args", "1", "d"), b'"\\u0065"', "e"),
        (("i", "0", "k"), b"'''f'''", "f"),
    ]
    assert [*parse(data).strings(5, 8)] == [String(("a",), 4, 7, "b")]


def test_the_text_of_a_value_that_went_can_be_put_back() -> None:
    data = b"a = 1\n\n[m.x] # mine\nurl = 'u' # c\n# d\n[m.x.env]\nA = '1'\n"
    raw = parse(data).raw(KEYS) or b""
    assert parse(parse(data).drop(KEYS)).put_raw(KEYS, raw) == data
    assert parse(b"m = {}").put_raw(KEYS, raw) == b'm = {x = { url = "u", env = { A = "1" } }}'


SHAPES: list[tuple[bytes, KeyPath, str]] = [
    (b"\nm = 'a'\n", KEYS, "2:1: `m` is a string, not a table"),
    (b"[[m]]\n", KEYS, "1:1: `m` is an array, not a table"),
    (b"a = 1\n[m]\n", ROW, "2:1: `m` is a table, not an array"),
    (b"m = {x = 1}\n", (*KEYS, "y"), "1:6: `x` is a number, not a table"),
    (b"[[m]]\nname='x'\n[[m]]\nname='x'\n", ROW, "3:1: a second `x`; it is not certain which of the two applies"),
    (
        b"[m]\na = {}\n",
        ("m", "a\ud800"),
        "1:1: `a\ud800` in a place where it cannot be changed without changing something else",
    ),
]


@pytest.mark.parametrize(("data", "keys", "said"), SHAPES, ids=[row[2] for row in SHAPES])
def test_what_is_not_as_the_keys_say_is_refused(data: bytes, keys: KeyPath, said: str) -> None:
    with pytest.raises(UnexpectedShape) as refusal:
        parse(data).put(keys, {"name": "x"})
    assert str(refusal.value) == said


def test_a_text_that_is_another_value_s_is_not_put() -> None:
    with pytest.raises(UnexpectedShape, match="this text has no `x`"):
        parse(b"").put_raw(KEYS, b"[m.y]\na = 1\n")


def test_a_text_that_does_not_fit_as_it_is_spelled_is_put_by_its_value() -> None:
    raw = b"[m.x]\na = 1\n[m.x.b]\n"
    assert parse(b"m.y = 1\n").put_raw(KEYS, raw) == b"m.y = 1\n\n[m.x]\na = 1\n[m.x.b]\n"
    assert parse(b"[m.x]\nc = 1\n").put_raw(KEYS, raw) == b"[m.x]\na = 1\nb = {}\n"


def test_toml_has_no_null() -> None:
    with pytest.raises(ValueError, match="no null"):
        parse(b"").put(KEYS, {"a": None})
