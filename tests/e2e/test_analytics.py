"""The same conversation with PostHog's own @posthog/mcp and with our analytics: the same events, properties and types.

What differs is listed with its reason; a row that no longer holds fails too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.conversation import hold
from tests.support.mcp_process import Program
from tests.support.npm import npm_package
from tests.support.sink import Sink

pytestmark = pytest.mark.e2e
NODE = Path(__file__).parents[1] / "support" / "node" / "analytics_server.mjs"
PACKAGES = ("@posthog/mcp", "0.16.3", "@modelcontextprotocol/sdk@1.32.2", "posthog-node@5.70.0")
EVERY = "every event"
Types = dict[str, str]
Difference = tuple[str, str, str | None, str | None]  # event, path, its type in TypeScript's, its type in ours

PROMPTS = ["$mcp_prompts_list", "$mcp_prompt_get"]
"""The reference page has them, the package for Node only their names: it never sends them."""

REASONS: dict[tuple[str, str], str] = {
    (EVERY, "$mcp_interface"): "PostHog's SDK for Python and the contract across SDKs have it, Node's not yet",
    (EVERY, "$mcp_input_keys"): "the same; of tool calls and their exceptions",
    (EVERY, "$os"): "the posthog SDK for Python adds it to whatever it sends",
    (EVERY, "$os_distro"): "the same",
    (EVERY, "$os_version"): "the same",
    (EVERY, "$python_runtime"): "the same",
    (EVERY, "$python_version"): "the same",
    (EVERY, "$mcp_parameters.request.id"): "the contract across SDKs sends method and params only",
    (EVERY, "$mcp_parameters.request.jsonrpc"): "the same",
    ("$identify", "$mcp_duration_ms"): "nothing was waited for",
    ("$identify", "$mcp_resource_name"): "in Node the words `Unknown`, a quirk",
    ("$identify", "$mcp_parameters."): "in Node the raw request and the SDK's inner objects, a leak",
    ("$identify", "$mcp_protocol_version"): "known from the handshake that asks who it is",
    ("$mcp_initialize", "$mcp_resource_name"): "in Node the words `Unknown Tool Name`, a quirk",
    ("$mcp_initialize", "$mcp_response.capabilities."): "the MCP SDKs declare other capabilities",
    ("$mcp_tools_list", "$mcp_response.tools"): "the contract across SDKs leaves the tools out: their names are told",
    ("$mcp_tool_call", "$mcp_response.isError"): "the MCP SDK for Python always says it",
    ("$mcp_missing_capability", "$mcp_parameters."): "the contract across SDKs sends the intent only",
    ("$mcp_missing_capability", "$mcp_response."): "the same; the answer is always the same text",
    ("$mcp_resource_read", "$mcp_response.contents"): "the reference page has it; the body is redacted",
    ("$exception", "$exception_source"): "the contract across SDKs has it, Node's not yet",
    ("$exception", "$exception_list[].module"): "Python's exceptions have a module",
    ("$exception", "$exception_list[].stacktrace.frames[].module"): "Python's frames have a module",
    ("$exception", "$exception_list[].stacktrace."): "a failed tool's and an unknown tool's frames are known in Python",
}


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], list[Any]]:
    """The events of both, in the order in which they came."""
    theirs = ("node", str(NODE))
    ours = (sys.executable, "-m", "tests.support.analytics_server")
    home, modules = tmp_path_factory.mktemp("home"), str(npm_package(*PACKAGES))
    return events_of(home, theirs, MODULES=modules), events_of(home, ours)


def events_of(home: Path, command: tuple[str, ...], **environment: str) -> list[Any]:
    """What a server sends while the conversation is held with it."""
    with Sink() as sink:
        with Program(home=home, key=None, command=command, environment={"SINK": sink.url, **environment}) as program:
            hold(program)
        return sink.events


def types(value: Any, path: str = "") -> Types:
    """The type of every leaf, by its path."""
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    if not isinstance(value, dict | list) or not value:
        return {path: kinds.get(type(value), "empty")}
    inner = value.items() if isinstance(value, dict) else [("[]", item) for item in value]
    found: Types = {}
    for key, item in inner:
        found |= types(item, f"{path}.{key}".lstrip(".").replace(".[]", "[]"))
    return found


def differences(theirs: list[Any], ours: list[Any]) -> Iterator[Difference]:
    """Every path that only one of them has, or that has another type."""
    for one, other in zip(theirs, [event for event in ours if event["event"] not in PROMPTS], strict=True):
        left, right = types(one["properties"]), types(other["properties"])
        for path in left.keys() | right.keys():
            if left.get(path) != right.get(path):
                yield one["event"], path, left.get(path), right.get(path)


def reason(difference: Difference) -> tuple[str, str] | None:
    """The row that explains a difference."""
    event, path, *_ = difference
    rows = [row for row in REASONS if row[0] in {EVERY, event} and path.startswith(row[1])]
    return max(rows, key=lambda row: (row[0] == event, len(row[1])), default=None)


def test_the_events_come_in_the_same_order(heard: tuple[list[Any], list[Any]]) -> None:
    theirs, ours = ([event["event"] for event in events] for events in heard)
    assert [name for name in ours if name not in PROMPTS] == theirs
    assert [name for name in ours if name in PROMPTS] == PROMPTS


def test_every_difference_has_a_reason_and_every_reason_a_difference(heard: tuple[list[Any], list[Any]]) -> None:
    found = {difference: reason(difference) for difference in differences(*heard)}
    assert {difference for difference, why in found.items() if why is None} == set()
    assert set(REASONS) - set(found.values()) == set()


def test_the_events_have_the_same_envelope(heard: tuple[list[Any], list[Any]]) -> None:
    theirs, ours = ({frozenset(types(event | {"properties": 0}).items()) for event in events} for events in heard)
    assert theirs == ours


VALUES = ("$mcp_intent", "$mcp_intent_source", "$mcp_is_error", "$mcp_listed_tool_names", "$mcp_llm_model",
          "$mcp_llm_model_source", "$mcp_source", "$mcp_server_name", "$mcp_server_version", "$mcp_client_name",
          "$mcp_client_version", "$mcp_protocol_version", "$mcp_tool_name", "$mcp_tool_description", "$groups", "$set",
          "$process_person_profile", "$exception_level", "$geoip_disable", "$is_server", "rows")  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_the_same_was_said(heard: tuple[list[Any], list[Any]], name: str) -> None:
    theirs, ours = heard
    known = [event for event in ours if event["event"] not in [*PROMPTS, "$identify"]]
    assert [event["properties"].get(name) for event in known] == [
        event["properties"].get(name) for event in theirs if event["event"] != "$identify"
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_all_events_are_of_one_session_and_one_person(heard: tuple[list[Any], list[Any]], side: int) -> None:
    assert {event["distinct_id"] for event in heard[side]} == {"user-1"}
    assert len({event["properties"]["$session_id"] for event in heard[side]}) == 1
