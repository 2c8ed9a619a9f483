"""Headers that mirror a message, beside what the SDK makes of the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.inbound import (
    decode_header_value,
    encode_header_value,
    find_invalid_x_mcp_header,
    mcp_param_headers,
    x_mcp_header_map,
)

from posthog_wizard import __version__
from posthog_wizard.bridge.http.headers import (
    HeaderPlaces,
    Misplaced,
    argument_headers,
    common_headers,
    field,
    learn_places,
    places,
    session_headers,
)
from posthog_wizard.model import Json, Secret

MARK = {"type": "string", "x-mcp-header": "Region"}

SCHEMAS: dict[str, Json] = {
    "none": {"type": "object", "properties": {"a": {"type": "string"}}},
    "one": {"properties": {"a": MARK}},
    "deep": {"properties": {"a": {"properties": {"b": {"properties": {"c": MARK}}}}}},
    "several": {"properties": {"a": MARK, "b": {"type": "integer", "x-mcp-header": "N"}, "c": {"type": "boolean", "x-mcp-header": "B"}}},
    "at the root": {"x-mcp-header": "Region", "type": "string"},
    "in items": {"properties": {"a": {"items": MARK}}},
    "in anyOf": {"properties": {"a": {"anyOf": [MARK]}}},
    "in a condition": {"if": {"properties": {"a": MARK}}},
    "in definitions": {"$defs": {"x": MARK}, "properties": {}},
    "in a pattern": {"properties": {"a": {"patternProperties": {".*": MARK}}}},
    "in prefixItems": {"properties": {"a": {"prefixItems": [{}, MARK]}}},
    "in additionalProperties": {"additionalProperties": MARK},
    "in a default": {"properties": {"a": {"type": "string", "default": {"x-mcp-header": "No"}, "enum": [{"x-mcp-header": 1}]}}},
    "twice": {"properties": {"a": MARK, "b": {"type": "string", "x-mcp-header": "REGION"}}},
    "no name": {"properties": {"a": {"type": "string", "x-mcp-header": ""}}},
    "no token": {"properties": {"a": {"type": "string", "x-mcp-header": "a b"}}},
    "a line end": {"properties": {"a": {"type": "string", "x-mcp-header": "a\n"}}},
    "no text": {"properties": {"a": {"type": "string", "x-mcp-header": 5}}},
    "a number": {"properties": {"a": {"type": "number", "x-mcp-header": "N"}}},
    "no type": {"properties": {"a": {"x-mcp-header": "N"}}},
    "two types": {"properties": {"a": {"type": ["string", "null"], "x-mcp-header": "N"}}},
    "an object": {"properties": {"a": {"type": "object", "x-mcp-header": "N"}}},
    "odd shapes": {"properties": {"a": 5, "b": None}, "allOf": {}, "$defs": [], "items": True},
    "no properties": {"properties": [MARK]},
}  # fmt: skip
ARGUMENTS: list[Json] = [
    {"a": "eu", "b": 7, "c": True},
    {"a": None, "b": -1, "c": False},
    {"a": {"b": {"c": "deep"}}},
    {"a": ["x"], "b": 1.5, "c": "ü"},
    {},
]


def refused(schema: Json) -> bool:
    """Whether we take the schema for one that the specification forbids."""
    try:
        places(schema)
    except Misplaced:
        return True
    return False


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_the_same_schemas_are_refused_as_by_the_sdk(schema: Json) -> None:
    assert refused(schema) == (find_invalid_x_mcp_header(schema) is not None)


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("name", ["none", "one", "deep", "several", "in a default", "odd shapes", "no properties"])
def test_the_same_headers_are_sent_as_by_the_sdk(name: str, arguments: Json) -> None:
    schema = SCHEMAS[name]
    ours = {name.decode(): value.decode() for name, value in argument_headers(places(schema), arguments)}
    assert ours == mcp_param_headers(x_mcp_header_map(schema), arguments)


@pytest.mark.parametrize("arguments", [None, [], "text", 5])
def test_arguments_of_another_kind_have_no_headers(arguments: Json) -> None:
    assert argument_headers(places(SCHEMAS["one"]), arguments) == []


@pytest.mark.parametrize(
    "value", ["", "eu", " eu", "eu\t", "a\nb", "ü", "☃", "=?base64?eA==?=", "=?base64?", "x=?base64?eA==?="]
)
def test_a_value_travels_as_the_sdk_sends_it(value: str) -> None:
    assert field("X", value) == (b"X", encode_header_value(value).encode())


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_value_arrives(value: str) -> None:
    _, sent = field("X", value)
    assert decode_header_value(sent.decode("ascii")) == value
    assert b"\r" not in sent
    assert b"\n" not in sent


@pytest.mark.parametrize(
    ("result", "first_page", "known", "left_out"),
    [
        ({"tools": [{"name": "b", "inputSchema": SCHEMAS["one"]}]}, True, {"b"}, 0),
        ({"tools": [{"name": "b", "inputSchema": SCHEMAS["one"]}]}, False, {"a", "b"}, 0),
        ({"tools": [{"name": "a", "inputSchema": SCHEMAS["no name"]}]}, False, set(), 1),
        ({"tools": [{"name": "b"}, {}, 5]}, True, {"b", ""}, 0),
        ({"tools": []}, True, set(), 0),
        ({"tools": "none"}, True, {"a"}, 0),
        (None, True, {"a"}, 0),
    ],
)
def test_what_is_remembered_of_a_list(result: Json, first_page: bool, known: set[str], left_out: int) -> None:
    places_by_tool: dict[str, HeaderPlaces] = {"a": {("x",): "X"}}
    assert len(learn_places(places_by_tool, result, first_page=first_page)) == left_out
    assert set(places_by_tool) == known


def test_what_every_request_carries() -> None:
    agent = f"posthog-wizard/{__version__} (mcp bridge)".encode()
    assert common_headers(None) == [(b"User-Agent", agent), (b"Accept-Encoding", b"identity")]
    assert common_headers(Secret("phx_x"))[2:] == [(b"Authorization", b"Bearer phx_x")]


@pytest.mark.parametrize(
    ("session", "version", "headers"),
    [
        (None, None, []),
        (b"s", None, [(b"Mcp-Session-Id", b"s")]),
        (None, "2025-06-18", [(b"MCP-Protocol-Version", b"2025-06-18")]),
        (b"s", "2025-06-18", [(b"Mcp-Session-Id", b"s"), (b"MCP-Protocol-Version", b"2025-06-18")]),
    ],
)
def test_what_a_session_adds(session: bytes | None, version: str | None, headers: list[tuple[bytes, bytes]]) -> None:
    assert session_headers(session, version) == headers
