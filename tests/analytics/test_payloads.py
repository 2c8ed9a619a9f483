"""What is redacted and cut before anything is sent: a row a rule."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_wizard.analytics.options import Options
from posthog_wizard.analytics.payloads import MAX_PAYLOAD_BYTES, json_bytes, payloads
from tests.support.watched import NOON

GONE = "[redacted]"
BINARY = "[binary data redacted - not supported by PostHog MCP analytics]"
TOKEN = "phc_" + "a1B2" * 6
LONG = 10_240


def sent(**fields: Any) -> dict[str, Any]:
    """The properties of a tool call with these fields."""
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "session_id": "ses_1", **fields}
    properties: dict[str, Any] = payloads(event, Options())[0]["properties"]
    return properties


def answer(*content: Any, **more: Any) -> Any:
    """What is left of a tool's result."""
    return sent(response={"content": list(content), **more})["$mcp_response"]


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    "key",
    ["authorization", "Authorization", "cookie", "set-cookie", "x-api-key", "apikey", "api_key", "api-key", "api_token",
     "access_token", "refresh-token", "token", "PASSWORD", "secret", "client_secret", "clientsecret", "private_key"],
)  # fmt: skip
def test_the_values_of_these_keys_are_gone(key: str) -> None:
    assert sent(parameters={"deep": [{key: "hello"}]})["$mcp_parameters"] == {"deep": [{key: GONE}]}


@pytest.mark.parametrize("key", ["tokens", "my_token", "passwords", "author", "cookie_banner", "key"])
def test_the_values_of_those_keys_stay(key: str) -> None:
    assert sent(parameters={key: "hello"})["$mcp_parameters"] == {key: "hello"}


# ------------------------------------------------------------------ texts


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hello", "hello"),
        (f"use {TOKEN} here", f"use {GONE} here"),
        ("phc_short", "phc_short"),
        ("A" * LONG, BINARY),
        ("A" * (LONG - 1), "A" * (LONG - 1)),
        ("-_" * (LONG // 2), BINARY),
        ("data:image/png;base64," + "A" * LONG, BINARY),
        ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA"),
        ("a b" * 11_000, ("a b" * 11_000)[: 32_768 - 3] + "..."),
        ("https://ann:pw@example.com/a", "https://%5Bredacted%5D@example.com/a"),
        ("https://example.com/?token=x&page=2", "https://example.com/?token=%5Bredacted%5D&page=2"),
        ("https://example.com/?X-Amz-Signature=x", "https://example.com/?X-Amz-Signature=%5Bredacted%5D"),
        ("https://example.com/?code=x", "https://example.com/?code=%5Bredacted%5D"),
        ("https://example.com/?country_code=x", "https://example.com/?country_code=x"),
        ("https://example.com/#access_token=x", "https://example.com/#access_token=%5Bredacted%5D"),
        ("https://example.com/?page=2", "https://example.com/?page=2"),
        ("https://example.com/" + "a/" * 4_200, GONE),
        ("https://example.com/?" + "a=1&" * 129, GONE),
        (
            "https://a.example/?url=https%3A%2F%2Fb.example%2F%3Ftoken%3Dx",
            "https://a.example/?url=https%3A%2F%2Fb.example%2F%3Ftoken%3D%255Bredacted%255D",
        ),
        ('{"password": "hunter2"}', '{"password": "[redacted]"}'),
        ("key AKIAIOSFODNN7EXAMPLE", f"key {GONE}"),
        ("write to ann@example.com", "write to ann@example.com"),
    ],
)
def test_a_text_in_arguments(text: str, left: str) -> None:
    assert sent(parameters={"text": text})["$mcp_parameters"]["text"] == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("for ann@example.com", f"for {GONE}"),
        ("at 192.168.1.20", f"at {GONE}"),
        ("at 2001:db8::8a2e:1", f"at {GONE}"),
        ("card 4111 1111 1111 1111", f"card {GONE}"),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
        ("ssn 123-45-6789", f"ssn {GONE}"),
        ("id 123456789", "id 123456789"),
        ("call (415) 555-0142", f"call {GONE}"),
        ("call +44 20 7946 0958", f"call {GONE}"),
        ("on 2024-01-15 12:30", "on 2024-01-15 12:30"),
        ("call 415 555 0142", f"call {GONE}"),
        (f"with {TOKEN}", f"with {GONE}"),
        ("see https://example.com/?sig=x", "see https://example.com/?sig=%5Bredacted%5D"),
        ("w " * 1_100, ("w " * 1_100)[: 2_048 - 3] + "..."),
    ],
)
def test_an_intent_loses_what_is_personal_too(text: str, left: str) -> None:
    assert sent(user_intent=text)["$mcp_intent"] == left


@pytest.mark.parametrize(
    ("block", "left"),
    [
        ({"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}),
        ({"type": "image", "data": "AAAA"}, "image content"),
        ({"type": "audio", "data": "AAAA"}, "audio content"),
        ({"type": "resource", "resource": {"uri": "a:b", "blob": "AAAA"}}, "binary resource content"),
        ({"type": "resource", "resource": {"uri": "a:b", "text": "hi"}}, None),
        ({"type": "resource_link", "uri": "a:b", "name": "b"}, None),
        ({"type": "video"}, 'unsupported content type "video"'),
        ("not an object", None),
    ],
)
def test_a_block_of_an_answer(block: Any, left: Any) -> None:
    mark = {"type": "text", "text": f"[{left} redacted - not supported by PostHog MCP analytics]"}
    wanted = mark if isinstance(left, str) else left or block
    assert answer(block)["content"] == [wanted]


def test_structured_content_is_redacted_as_well() -> None:
    assert answer(structuredContent={"secret": "x", "n": 1})["structuredContent"] == {"secret": GONE, "n": 1}


# ------------------------------------------------------------------ names of arguments

SCHEMA = {"type": "object", "properties": {"city": {}, "day": {}}}


def rain(tool: str) -> dict[str, list[str]]:
    """The other names that the tool's arguments have."""
    return {"city": ["town"], "day": ["date"]} if tool == "rain" else {}


@pytest.mark.parametrize(
    ("arguments", "schema", "options", "names"),
    [
        ({"city": "Oslo"}, SCHEMA, {}, {"$mcp_input_keys": ["city"]}),
        ({"day": 1, "city": "Oslo"}, SCHEMA, {}, {"$mcp_input_keys": ["city", "day"]}),
        ({"city": "Oslo", "ann@example.com": 1}, SCHEMA, {}, {"$mcp_input_keys": ["city", "[redacted]"]}),
        ({"city": "Oslo"}, None, {}, {"$mcp_input_keys": ["[redacted]"]}),
        ({}, SCHEMA, {}, {"$mcp_input_keys": []}),
        ({"a": 1, "city": 1}, SCHEMA, {"should_record_input_key": lambda name, _: name == "a"},
         {"$mcp_input_keys": ["a", "[redacted]"]}),
        ({"town": "Oslo"}, SCHEMA, {"resolve_input_aliases": rain},
         {"$mcp_input_keys": ["town"], "$mcp_input_aliases_used": ["town:city"]}),
    ],
)  # fmt: skip
def test_the_names_of_arguments(arguments: Any, schema: Any, options: Any, names: dict[str, Any]) -> None:
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "resource_name": "rain", "inputs": (arguments, schema)}
    properties = payloads(event, Options(**options))[0]["properties"]
    assert {name: value for name, value in properties.items() if name.startswith("$mcp_input")} == names


# ------------------------------------------------------------------ size


@pytest.mark.parametrize(
    ("field", "name", "most"),
    [
        ("resource_name", "$mcp_tool_name", 256),
        ("server_name", "$mcp_server_name", 256),
        ("server_version", "$mcp_server_version", 256),
        ("client_name", "$mcp_client_name", 256),
        ("client_version", "$mcp_client_version", 256),
        ("client_user_agent", "$mcp_client_user_agent", 256),
        ("vendor_client", "$mcp_vendor_client", 256),
        ("llm_model", "$mcp_llm_model", 256),
        ("user_intent", "$mcp_intent", 2_048),
    ],
)
def test_a_long_field_is_cut(field: str, name: str, most: int) -> None:
    assert sent(**{field: "x " * most})[name] == ("x " * most)[: most - 3] + "..."


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (list(range(101)), [*range(100), "[MaxProperties ~]"]),
        ({str(n): n for n in range(101)}, {str(n): n for n in range(100)} | {"...": "[MaxProperties ~]"}),
        (float("nan"), "[NaN]"),
        (float("inf"), "[Infinity]"),
        (float("-inf"), "[-Infinity]"),
        (NOON, "2026-03-04T12:00:00+00:00"),
        (None, None),
        (True, True),
    ],
)
def test_a_value_that_is_too_much(value: Any, left: Any) -> None:
    assert sent(parameters={"value": value})["$mcp_parameters"] == {"value": left}


def test_a_value_that_is_too_deep() -> None:
    deep: Any = "x"
    for _ in range(12):
        deep = {"d": deep}
    assert str(sent(parameters=deep)["$mcp_parameters"]) == "{'d': " * 10 + "'[Object]'" + "}" * 10


@pytest.mark.parametrize(
    "fields",
    [
        {"response": {"content": [{"type": "text", "text": "ä b " * 8_000}] * 4}},
        {"parameters": {"rows": ["x y " * 8_000] * 9}},
        {
            "response": {"rows": [{"n": "x y " * 40, "m": {"o": ["x y"] * 50}}] * 100},
            "parameters": {"a": "b c " * 9_000},
        },
    ],
)
def test_an_event_is_never_too_large(fields: dict[str, Any]) -> None:
    assert json_bytes(sent(**fields)) <= MAX_PAYLOAD_BYTES


def test_of_many_long_texts_the_beginnings_are_kept_and_arguments_before_answers() -> None:
    text = {"type": "text", "text": "w " * 16_000}
    properties = sent(response={"content": [text] * 4}, parameters={"query": "q " * 4_000})
    assert [len(block["text"]) for block in properties["$mcp_response"]["content"]] == [8_192] * 4
    assert properties["$mcp_parameters"]["query"] == "q " * 4_000


# ------------------------------------------------------------------ persons


@pytest.mark.parametrize(
    ("fields", "distinct_id", "wanted"),
    [
        ({}, "ses_1", {"$process_person_profile": False}),
        ({"session_id": None}, "anonymous", {"$process_person_profile": False}),
        ({"identify_actor_given_id": "ann"}, "ann", {}),
        (
            {"identify_actor_given_id": "ann", "identify_actor_data": {"name": "Ann"}, "groups": {"company": "acme"}},
            "ann",
            {"$set": {"name": "Ann"}, "$groups": {"company": "acme"}},
        ),
    ],
)
def test_who_it_was(fields: dict[str, Any], distinct_id: str, wanted: dict[str, Any]) -> None:
    event = {"event_type": "mcp:tools/call", "timestamp": NOON, "session_id": "ses_1", **fields}
    payload = payloads(event, Options())[0]
    person = {"$process_person_profile", "$set", "$groups"}
    assert payload["distinct_id"] == distinct_id
    assert {name: value for name, value in payload["properties"].items() if name in person} == wanted
