"""JSON5 is edited in place: our entry comes and goes, and every other byte stays."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import ConfigError
from posthog_wizard.model import JSON5, RELAXED

KEYS = ("mcp", "servers", "posthog")
ENTRY = {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer k"}}
FILES: dict[str, tuple[bytes, Any]] = {
    "names": (b"{mcp: {servers: {docs: {url: 'u'}}}}", {"mcp": {"servers": {"docs": {"url": "u"}}}}),
    "single quotes": (b"{'mcp': {'servers': {'do\\'cs': 'a\"b'}}}\n", {"mcp": {"servers": {"do'cs": 'a"b'}}}),
    "numbers": (
        b"{a: 0x1F, b: +1.5, c: .5, d: 5., e: -0xA, f: 1e3, mcp: {servers: {}}}",
        {"a": 31, "b": 1.5, "c": 0.5, "d": 5.0, "e": -10, "f": 1000.0, "mcp": {"servers": {}}},
    ),
    "numbers beyond those of JavaScript": (
        b"{a: +1e999, b: -0x" + b"f" * 5000 + b", mcp: {servers: {}}}",
        {"a": None, "b": None, "mcp": {"servers": {}}},
    ),
    "no numbers": (b"{a: [NaN, -Infinity, +Infinity], mcp: {servers: {}}}", {"a": [None] * 3, "mcp": {"servers": {}}}),
    "escapes": (b"{a: '\\x41\\u00e9\\v\\q\\\nz', mcp: {servers: {}}}", {"a": "A\xe9\vqz", "mcp": {"servers": {}}}),
    "names that look like values": (
        b"{true: 1, null: 2, Infinity: 3, mcp: {servers: {}}}",
        {"true": 1, "null": 2, "Infinity": 3, "mcp": {"servers": {}}},
    ),
    "comments": (
        b"// it's mine\n{\n  /* mcp: { */ mcp: { // here\n    servers: {\n      plausible: {url: 'u'}, // first\n    },\n  },\n}\n",
        {"mcp": {"servers": {"plausible": {"url": "u"}}}},
    ),
    "a comment before the colon": (b"{mcp /* : */ : {servers: {}}}", {"mcp": {"servers": {}}}),
    "letters of others": ("{größe: '∑', mcp: {servers: {}}}".encode(), {"größe": "∑", "mcp": {"servers": {}}}),
    "a mark": (b"\xef\xbb\xbf{mcp: {servers: {}}}", {"mcp": {"servers": {}}}),
    "CRLF": (b"{\r\n  mcp: {\r\n    servers: {\r\n      a: {},\r\n    },\r\n  },\r\n}\r\n", {"mcp": {"servers": {"a": {}}}}),
    "plain JSON": (b'{"mcp": {"servers": {"a": {}}}}', {"mcp": {"servers": {"a": {}}}}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), FILES.values(), ids=FILES)
def test_our_entry_comes_and_goes(text: bytes, says: Any) -> None:
    parse = FORMATS["json"].parse
    read = parse(text, JSON5)
    assert read.get(()) == says
    put = read.put(KEYS, ENTRY)
    written = parse(put, JSON5)
    assert written.get(KEYS) == ENTRY
    assert written.put(KEYS, ENTRY) == put
    assert written.drop(KEYS) == text
    assert [put[one.start + 1 : one.end - 1] for one in written.strings(0, len(put)) if one.keys[-1] == "url"][-1:] == [
        b"https://mcp.posthog.com/mcp"
    ]


@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_an_entry_in_their_words_is_replaced_and_dropped(where: str) -> None:
    ours, others = b"posthog: {url: 'old'}", [b"plausible: {url: 'u'}", b"post: {}"]
    members = {"first": [ours, *others], "middle": [others[0], ours, others[1]], "last": [*others, ours]}[where]
    read = FORMATS["json"].parse(b"{mcp: {servers: {" + b", ".join(members) + b"}}}", JSON5)
    assert read.drop(KEYS) == b"{mcp: {servers: {" + b", ".join(others) + b"}}}"
    put = read.put(KEYS, ENTRY)
    assert all(other in put for other in others)
    assert FORMATS["json"].parse(put, JSON5).get(KEYS) == ENTRY


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (b"{\n  a: 'x',\n  mcp: @\n}", 3, 8),
        (b"{\n  'a': 'x' b: 1}", 2, 12),
        (b"{a: 'x\ny'}", 1, 5),
        (b"{a: 01}", 1, 5),
        (b"{mcp: 3, b: 'x'}", 1, 7),
        (b"{a: {b: 1}", 1, 11),
    ],
)
def test_what_is_no_json5_is_told_where_it_stands(text: bytes, line: int, column: int) -> None:
    with pytest.raises(ConfigError) as error:
        FORMATS["json"].parse(text, JSON5).put(KEYS, ENTRY)
    assert (error.value.line, error.value.column) == (line, column)


@pytest.mark.parametrize("text", [b"{a: 1}", b"{'a': 1}", b'{"a": 0x1}'])
def test_others_refuse_it(text: bytes) -> None:
    with pytest.raises(ConfigError):
        FORMATS["json"].parse(text, RELAXED)
