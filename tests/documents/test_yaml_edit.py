"""What an edit makes of a YAML file, as tables: first what must not change."""

from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML

from posthog_wizard.documents.document import ABSENT, String
from posthog_wizard.documents.yaml import load_yaml, parse
from posthog_wizard.errors import UnexpectedShape
from posthog_wizard.model import Item, KeyPath

KEYS = ("m", "x")
ROW = ("m", Item("name", "x"))
ENTRY = {"uri": "u", "envs": {"A": "1"}}
LINES = 'x:\n    uri: u\n    envs:\n      A: "1"'
INLINE = '{uri: u, envs: {A: "1"}}'

SPELLINGS = {
    "lines": b"m:\n  x:\n    uri: u\n    envs:\n      A: '1'\n",
    "other indentation": b"m:\n x:\n      envs: # c\n           A: '1'\n\n      uri: u",
    "brackets": b"m: {x: {uri: u, envs: {A: '1'}}}",
    "JSON": b'{"m": {"x": {"uri": "u", "envs": {"A": "1"}}}}',
    "escaped": b'"m":\n  "\\u0078" : \n    "uri": "\\x75"\n    envs: {"A": !!str 1}\n',
    "an alias inside": b"e: &e {A: '1'}\nm:\n  x:\n    uri: u\n    envs: *e\n",
    "a merge key inside": b"d: &d {uri: v, envs: {A: '1'}}\nm:\n  x:\n    <<: *d\n    uri: u\n",
    "several merged": b"d: [&d {uri: u}, &e {uri: v, envs: {A: '1'}}]\nm:\n  x:\n    <<: [*d, *e]\n",
    "block scalars": b"m:\n  x:\n    uri: >-\n      u\n    envs:\n      A: |-\n        1\n",
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_an_equal_entry_stays_as_it_is_written(data: bytes) -> None:
    document = parse(data)
    assert document.get(KEYS) == ENTRY
    assert document.put(KEYS, ENTRY) == data
    assert load_yaml(document.raw(KEYS) or b"") == ENTRY


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_an_entry_is_replaced_whole_and_dropped_whole(data: bytes) -> None:
    before = yaml.safe_load(data)
    assert yaml.safe_load(parse(data).put(KEYS, {"cmd": "c"})) == before | {"m": {"x": {"cmd": "c"}}}
    assert yaml.safe_load(parse(data).drop(KEYS)) == before | {"m": {}}


# Without and with our entry: put makes the second of the first, drop the first of the second.
PUT = [
    pytest.param(b"m:\n  a: 1\n", f"m:\n  a: 1\n  {LINES}\n", id="behind another"),
    pytest.param(b"m:\n  a: 1", f"m:\n  a: 1\n  {LINES}", id="no final line end"),
    pytest.param(b"m:\n  a:\n    b: 1\n\nz: 1\n", f"m:\n  a:\n    b: 1\n  {LINES}\n\nz: 1\n", id="an empty line below"),
    pytest.param(
        b"m:\n  a: 1 # c\n    # d\n\n  # e\n# f\nz: 1\n",
        f"m:\n  a: 1 # c\n    # d\n\n  # e\n  {LINES}\n# f\nz: 1\n",
        id="comments that are indented like it",
    ),
    pytest.param(b"m:\n  a: |\n    t\n\n# c\n", f"m:\n  a: |\n    t\n  {LINES}\n\n# c\n", id="behind a block scalar"),
    pytest.param(
        b"m:\n  a: |+\n    t\n\nz: 1\n", f"m:\n  a: |+\n    t\n\n  {LINES}\nz: 1\n", id="whose blank lines count"
    ),
    pytest.param(b"m:\n  a:\n  - 1\n", f"m:\n  a:\n  - 1\n  {LINES}\n", id="behind items"),
    pytest.param(b"m:\n  a:\n\nz: 1", f"m:\n  a:\n  {LINES}\n\nz: 1", id="behind nothing"),
    pytest.param(b"d: &d 1\nm:\n  a: *d\n", f"d: &d 1\nm:\n  a: *d\n  {LINES}\n", id="behind an alias"),
    pytest.param(b"m: &m !!map\n  a: 1\n", f"m: &m !!map\n  a: 1\n  {LINES}\n", id="an anchor that nobody uses"),
    pytest.param(b"m:\n  a: {}\n...\n# c\n", f"m:\n  a: {{}}\n  {LINES}\n...\n# c\n", id="the end of the document"),
    pytest.param(
        b"m:\r\n    a: 1\r\n",
        'm:\r\n    a: 1\r\n    x:\r\n        uri: u\r\n        envs:\r\n            A: "1"\r\n',
        id="CRLF, four columns",
    ),
    pytest.param(b"\xef\xbb\xbfm:\n  a: 1", f"\ufeffm:\n  a: 1\n  {LINES}", id="a byte-order mark"),
    pytest.param(b"m:\n  a: {b: 1}\n", f"m:\n  a: {{b: 1}}\n  x: {INLINE}\n", id="in brackets like its neighbour"),
    pytest.param(b"m:\n", f"m: \n  {LINES}\n", id="no value"),
    pytest.param(b"m: # c\n# d\nz: 1", f"m: # c \n  {LINES}\n# d\nz: 1", id="no value but a comment"),
    pytest.param(b"m:  \n", f"m:   \n  {LINES}\n", id="no value but spaces"),
    pytest.param(b"m:", f"m: \n  {LINES}", id="no value at the end"),
    pytest.param(b"m: {}\n", f"m: {{x: {INLINE}}}\n", id="empty brackets"),
    pytest.param(b"m: { # c\n}", f"m: {{x: {INLINE} # c\n}}", id="brackets with a comment"),
    pytest.param(b"m: {a: 1} # c", f"m: {{a: 1, x: {INLINE}}} # c", id="brackets"),
    pytest.param(b"m: {a: 1,}", f"m: {{a: 1, x: {INLINE},}}", id="a trailing comma"),
    pytest.param(
        b"m: {\n  a: 1, # c\n  b: 2 # d\n}", f"m: {{\n  a: 1, # c\n  b: 2, x: {INLINE} # d\n}}", id="comments inside"
    ),
    pytest.param(b'{"m": {\n "a": 1,\n "b": 2\n}}', f'{{"m": {{\n "a": 1,\n "b": 2,\n x: {INLINE}\n}}}}', id="JSON"),
]


@pytest.mark.parametrize(("without", "with_it"), PUT)
def test_put_and_drop_are_inverse(without: bytes, with_it: str) -> None:
    assert parse(without).get(KEYS) is ABSENT
    assert parse(without).put(KEYS, ENTRY).decode() == with_it
    assert parse(with_it.encode()).drop(KEYS) == without
    assert parse(without).drop(KEYS) == without


CREATED = [
    pytest.param(b"", "m:\n  x: 1\n", "m: {}\n", id="no text"),
    pytest.param(b"\xef\xbb\xbf", "\ufeffm:\n  x: 1\n", "\ufeffm: {}\n", id="a byte-order mark"),
    pytest.param(b"# c", "# c\nm:\n  x: 1\n", "# c\nm: {}\n", id="a comment"),
    pytest.param(b"---\n# c\n", "---\n# c\nm:\n  x: 1\n", "---\n# c\nm: {}\n", id="a document without a value"),
    pytest.param(b"null # c\n", "{m: {x: 1}} # c\n", "{m: {}} # c\n", id="null"),
    pytest.param(b"{}\n", "{m: {x: 1}}\n", "{m: {}}\n", id="empty brackets"),
    pytest.param(b"a: 1\n# c\n", "a: 1\n# c\nm:\n  x: 1\n", "a: 1\n# c\nm: {}\n", id="behind all others"),
    pytest.param(b"a: 1", "a: 1\nm:\n  x: 1", "a: 1\nm: {}", id="no final line end"),
    pytest.param(b"a: {b: 1}\n", "a: {b: 1}\nm:\n  x: 1\n", "a: {b: 1}\nm: {}\n", id="behind brackets"),
    pytest.param(b"m: ~ # c\n", "m: {x: 1} # c\n", "m: {} # c\n", id="a container that is null"),
]


@pytest.mark.parametrize(("before", "after", "back"), CREATED)
def test_a_container_that_put_made_stays_empty(before: bytes, after: str, back: str) -> None:
    assert parse(before).put(KEYS, 1).decode() == after
    assert parse(after.encode()).drop(KEYS).decode() == back


ITEMS = [
    pytest.param(b"m:\n  - name: a\n    b: 1\n", "m:\n  - name: a\n    b: 1\n  - name: x\n    c: 1\n", id="items"),
    pytest.param(b"m:\n- name: a\nz: 1", "m:\n- name: a\n- name: x\n  c: 1\nz: 1", id="flush with their key"),
    pytest.param(b"m:\n-   name: a\n# c\n", "m:\n-   name: a\n# c\n-   name: x\n    c: 1\n", id="a wide dash"),
    pytest.param(
        b"m: &m\n  # c\n  -\n    name: a\n",
        "m: &m\n  # c\n  -\n    name: a\n  - name: x\n    c: 1\n",
        id="a dash alone",
    ),
    pytest.param(b"m:\n  - {name: a}\n", "m:\n  - {name: a}\n  - {name: x, c: 1}\n", id="items in brackets"),
    pytest.param(b"m:\n", "m: \n  - name: x\n    c: 1\n", id="no value"),
    pytest.param(b"m: []\n", "m: [{name: x, c: 1}]\n", id="empty brackets"),
    pytest.param(b"m: [{name: a}]\n", "m: [{name: a}, {name: x, c: 1}]\n", id="brackets"),
]


@pytest.mark.parametrize(("without", "with_it"), ITEMS)
def test_an_item_comes_and_goes(without: bytes, with_it: str) -> None:
    assert parse(without).put(ROW, {"name": "x", "c": 1}).decode() == with_it
    assert parse(with_it.encode()).drop(ROW) == without
    assert parse(with_it.encode()).get(ROW) == {"name": "x", "c": 1}


REPLACED = [
    pytest.param(
        b"m:\n  x: # c\n    # d\n    a: 1 # e\n    # f\n  b: 2\n",
        "m:\n  x: # c\n    # d\n    {} # e\n    # f\n  b: 2\n",
        id="lines",
    ),
    pytest.param(b"m:\n  x: {a: 1} # c\n", "m:\n  x: {} # c\n", id="brackets"),
    pytest.param(b"m:\n  x:\n  b: 1", "m:\n  x: {}\n  b: 1", id="no value"),
    pytest.param(b"m:\n  x:\n  - a\n  - b\nz: 1", "m:\n  x: {}\nz: 1", id="items flush with their key"),
    pytest.param(b"m:\n  x: |\n    a\n\n    b\n\nz: 1", "m:\n  x: {}\n\nz: 1", id="a block scalar"),
    pytest.param(b"m:\n  x: [&a 1, *a]\nz: 1", "m:\n  x: {}\nz: 1", id="an alias of its own"),
    pytest.param(b"m:\n  x: &a\n    b: 1\nz: 1", "m:\n  x: {}\nz: 1", id="an anchor that nobody uses"),
]


@pytest.mark.parametrize(("before", "after"), REPLACED)
def test_another_entry_is_replaced_in_its_place(before: bytes, after: str) -> None:
    assert parse(before).put(KEYS, {}).decode() == after


VALUES: list[Any] = [
    *(
        "yes",
        "NO",
        "on",
        "Off",
        "y",
        "N",
        "true",
        "False",
        "null",
        "Null",
        "~",
        "",
        "1",
        "1_000",
        "0x1F",
        "0o14",
        "014",
        "1e3",
    ),
    *(
        "1.5",
        ".5",
        ".inf",
        "-.INF",
        ".nan",
        "2020-01-01",
        "12:30:45",
        "1:2",
        "=",
        "<<",
        "-",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a:",
    ),
    *(
        "#",
        "a #b",
        "a#b",
        " a",
        "a ",
        "\t",
        "a\nb",
        "a\r\n\n",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a",
        '"a"',
        "{a",
        "[a",
        "}",
        "]",
    ),
    *(
        ",",
        "|",
        ">",
        "---",
        "...",
        "é 🦔",
        "\x00\x07\x1b\x7f\x80\x85\xa0\u2028\ufeff\ufffe",
        "Bearer phx_a",
        "https://a/b",
        "C:\\x",
    ),
    *(
        0,
        -5,
        10**18,
        1.5,
        1e16,
        1e-7,
        True,
        False,
        None,
        [],
        {},
        [1, [2, {"a b": {"": [{}]}}]],
        {"no": {"1": ["on"]}},
        [[], [[]]],
    ),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("before", [b"", b"m: {}"], ids=["lines", "brackets"])
def test_every_value_says_the_same_to_both_versions_of_yaml(before: bytes, value: Any) -> None:
    after = parse(before).put(KEYS, {"v": value})
    assert yaml.safe_load(after) == {"m": {"x": {"v": value}}}
    assert YAML(typ="safe", pure=True).load(after.decode()) == {"m": {"x": {"v": value}}}


@pytest.mark.parametrize("name", ["my.server", "a b", "", "no", "1", "é", '"', "- x", "<<", "a: b"])
def test_every_name_is_quoted_where_it_must_be(name: str) -> None:
    after = parse(b"m:\n  a: 1\n").put(("m", name), {"b": 1})
    assert yaml.safe_load(after) == {"m": {"a": 1, name: {"b": 1}}}
    assert parse(after).drop(("m", name)) == b"m:\n  a: 1\n"


NUMBERS = [
    ("v: 0x1F", 31),
    ("v: 0o14", 12),
    ("v: 1_000", 1000),
    ("v: -.inf", float("-inf")),
    ("v: 1e3", 1000.0),
    ("v: !!int x", "x"),
    ("v: 2020-01-01", "2020-01-01"),
    ("v: yes", "yes"),
    ("%YAML 1.1\n---\nv: yes", True),
    ("v: !secret x", "x"),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS, ids=[row[0] for row in NUMBERS])
def test_scalars_are_read_as_yaml_has_them(text: str, value: Any) -> None:
    assert parse(text.encode()).get(("v",)) == value


SLIPS = [
    b"",
    b"a: 2\nm: {x: 1}",
    b"m: {x: 1}",
    b"a: 1\nm: {x: 2}",
    b"a: 1\nm: {x: 1, y: 1}",
    b"a: 1\nm: {x",
    b"a: 1\nm: {}",
    b"a: '1'\nm: {x: 1}",
    b"a: &a 1\nm: {x: 1}",
]


@pytest.mark.parametrize("slip", SLIPS, ids=repr)
def test_an_edit_that_would_do_anything_else_is_refused(slip: bytes) -> None:
    document = parse(b"a: 1\nm:\n")
    assert document._first_right(KEYS, [b"a: 1\nm:\n  x: 1\n"], 1)
    with pytest.raises(UnexpectedShape, match="without changing something else"):
        document._first_right(KEYS, [slip], 1)


UNENDED = [
    (b"m:\n  a: |\n    t", b"m:\n  x: 1\n  a: |\n    t"),
    (b"# c\nz: >\n  t", b"# c\nm:\n  x: 1\nz: >\n  t"),
]


@pytest.mark.parametrize(("without", "with_it"), UNENDED, ids=[repr(row[0]) for row in UNENDED])
def test_a_text_that_counts_its_last_line_end_stays_last(without: bytes, with_it: bytes) -> None:
    assert parse(without).put(KEYS, 1) == with_it
    assert yaml.safe_load(parse(with_it).drop(KEYS)).items() >= yaml.safe_load(without).items()


def test_a_text_that_counts_its_last_line_end_keeps_it() -> None:
    assert parse(b"m:\n  a: |\n    t\n  x: 1").drop(KEYS) == b"m:\n  a: |\n    t\n"


def test_items_of_a_list_by_index() -> None:
    assert parse(b"a: [1]\n").append_item(("a",), 2) == b"a: [1, 2]\n"
    assert parse(b"a:\n- 1\n- 2\n").drop_item(("a",), 0) == b"a:\n- 2\n"
    assert parse(b"a:\n- 1\n").drop_item(("a",), 0) == b"a: []\n"
    assert parse(b"a: [1]\n").drop_item(("a",), 7) == b"a: [1]\n"
    assert parse(b"z: &a 1\nm:\n- x\n- *a\n").drop_item(("m",), 0) == b"z: &a 1\nm:\n- *a\n"  # an alias takes its place
    assert parse(b"").append_item(("a",), "b") == b"a:\n  - b\n"


def test_strings_are_found_with_their_keys() -> None:
    data = b"a: 'b'\nm:\n  args: [c, {d: \"\\u0065\"}]\n  n: 1\n  k: |\n    f\n- x\n"[:-4]
    assert [(one.keys, data[one.start : one.end], one.text) for one in parse(data).strings(0, len(data))] == [
        (("a",), b"'b'", "b"),
        (("m", "args", "0"), b"c", "c"),
        (("m", "args", "1", "d"), b'"\\u0065"', "e"),
        (("m", "k"), b"|\n    f", "f\n"),
    ]
    assert [*parse(data).strings(4, 5)] == [String(("a",), 3, 6, "b")]
    assert [*parse(b"").strings(0, 9)] == []


BACK: list[tuple[bytes, KeyPath]] = [
    (b"m:\n  a: 1\n  x:\n    uri: u # c\n    # d\n\n    t: |\n      a\n\n      b\n", KEYS),
    (b"m:\r\n  a: 1\r\n  x:\r\n    uri: 'u'\r\n", KEYS),
    (b"m:\n- name: b\n- name: x # c\n  # d\n  t: >\n    a\n", ROW),
    (b"m:\n  a: 1\n  x:\n    t: [a,\n      b] # c", KEYS),
]


@pytest.mark.parametrize(("data", "keys"), BACK, ids=range(len(BACK)))
def test_the_text_of_a_value_that_went_can_be_put_back(data: bytes, keys: KeyPath) -> None:
    raw = parse(data).raw(keys) or b""
    assert load_yaml(raw) == parse(data).get(keys)
    assert parse(parse(data).drop(keys)).put_raw(keys, raw).replace(b" # c", b"") == data.replace(b" # c", b"")


OF_ITS_VALUE = [
    (b"e: &e 1\nm: {x: {a: *e}}", b"{a: 1}"),
    (b"m:\n  x: &e\n    a: 1\n", b"     &e\n    a: 1\n"),
    (b"m:\n  x: |\n    a\n", b'"a\\n"'),
    (b"m:\n  x:\n", b"null"),
    (b"m:\n  x: 'a' # c\n", b"'a'"),
]


@pytest.mark.parametrize(("data", "raw"), OF_ITS_VALUE, ids=[repr(row[0]) for row in OF_ITS_VALUE])
def test_a_value_s_text_stands_alone(data: bytes, raw: bytes) -> None:
    assert parse(data).raw(KEYS) == raw
    assert load_yaml(raw) == parse(data).get(KEYS)
    assert yaml.safe_load(parse(b"m: {a: b}").put_raw(KEYS, raw))["m"] == {"a": "b", "x": parse(data).get(KEYS)}


CHANGES = "in a place where it cannot be changed without changing something else"
BOMB = b"a: &a [1, 1, 1, 1]\n" + b"".join(
    b"%c: &%c [*%c, *%c, *%c, *%c]\n" % (n, n, *(n - 1,) * 4) for n in b"bcdefghi"
)
SHAPES: list[tuple[bytes, KeyPath, str]] = [
    (b"- a\n", KEYS, "1:1: the whole document is a list, not a mapping"),
    (b"text\n", KEYS, "1:1: the whole document is a single value, not a mapping"),
    (b"a: 1\nm: [1]\n", KEYS, "2:4: `m` is a list, not a mapping"),
    (b"m: ''\n", KEYS, "1:4: `m` is a single value, not a mapping"),
    (b"m: !include e.yaml\n", KEYS, "1:4: `m` is a single value, not a mapping"),
    (b"m:\n  a: 1\n", ROW, "2:3: `m` is a mapping, not a list"),
    (b"a: &a {}\nm: *a\n", KEYS, "2:4: `m` is an alias, not a mapping"),
    (b"a: &a {}\nm:\n  x: *a\n", KEYS, "3:6: `x` is an alias, which is not ours to change"),
    (b"a: &a {x: 1}\nm:\n  <<: *a\n", KEYS, "3:3: a merge key, which may or may not bring `x`"),
    (b"m: &m\n  x: 1\na: *m\n", KEYS, f"2:3: `x` {CHANGES}"),
    (b"m:\n  x: &x 1\na: *x\n", KEYS, f"2:3: `x` {CHANGES}"),
    (b"m:\n  x: {a: &x 1}\na: *x\n", KEYS, f"2:3: `x` {CHANGES}"),
    (b"b: &x 1\nm:\n  x: &x 2\na: *x\n", KEYS, f"3:3: `x` {CHANGES}"),
    (b"m:\n  ? x\n  :\n", KEYS, "2:5: a key that is written with `?`, which is left as it is"),
    (b"m:\n  x: &x [*x]\n", KEYS, "2:10: an alias within its own anchor"),
    (b"m:\n  x: " + b"[" * 500 + b"]" * 500, KEYS, "2:6: values that are nested too deeply to be read"),
    (BOMB + b"m: {x: *i}\n", ROW, "10:4: `m` is a mapping, not a list"),
    (BOMB + b"m: {x: {a: *i}}\n", KEYS, "10:8: aliases of aliases, too many to be read"),
    (BOMB + b"m: [{a: *i}]\n", ROW, "10:5: aliases of aliases, too many to be read"),
    (b"m: [{name: x}, {name: x}]\n", ROW, "1:16: a second `x`; it is not certain which of the two applies"),
]


@pytest.mark.parametrize(("data", "keys", "said"), SHAPES, ids=[repr(row[0])[:60] for row in SHAPES])
def test_what_cannot_be_changed_alone_is_refused(data: bytes, keys: KeyPath, said: str) -> None:
    with pytest.raises(UnexpectedShape) as refusal:
        parse(data).put(keys, {"name": "x"})
    assert str(refusal.value) == said


def test_aliases_of_aliases_elsewhere_are_none_of_our_business() -> None:
    assert parse(BOMB).put(KEYS, 1) == BOMB + b"m:\n  x: 1\n"
