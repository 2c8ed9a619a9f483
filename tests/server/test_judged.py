"""The SDK as the judge of our server: its own server answers the same, and its types take every message."""

from __future__ import annotations

from typing import Any

import pytest
from mcp_types import methods
from mcp_types.jsonrpc import JSONRPCError, JSONRPCResponse
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS

from posthog_wizard.net.mcp_eras import ABILITIES_FIELD, CLIENT_FIELD, HANDSHAKE_VERSIONS, VERSION_FIELD
from posthog_wizard.server.run import serve_lines
from posthog_wizard.server.service import Service
from tests.support.dialogues import Said, Serve, answers, by_the_sdk, connected
from tests.support.mcp_process import ENVELOPE, INFO, MODERN
from tests.support.serving import bench

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": INFO}
LIST = "dashboards-get-all"
COMPLETION = {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "framework", "value": "dj"}}
SHEET = "posthog://wizard/hogql-cheatsheet"
ASKED: tuple[Said, ...] = (
    ("tools/list", {}),
    ("tools/list", {"cursor": "x"}),
    ("tools/list", {"cursor": 3}),
    ("tools/call", {"name": LIST, "arguments": {"limit": 1}}),
    ("tools/call", {"name": LIST, "arguments": {"limit": 0}}),
    ("tools/call", {"name": LIST, "arguments": None}),
    ("tools/call", {"name": LIST, "arguments": []}),
    ("tools/call", {"name": 1}),
    ("tools/call", {}),
    ("tools/call", {"name": "nobody"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "launch-flag-safely", "arguments": {"flag": "a"}}),
    ("prompts/get", {"name": "launch-flag-safely", "arguments": {"flag": 1}}),
    ("prompts/get", {"name": "launch-flag-safely"}),
    ("prompts/get", {"name": "nobody"}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": SHEET}),
    ("resources/read", {"uri": "posthog://wizard/context"}),
    ("resources/read", {"uri": "posthog://frameworks/django"}),
    ("resources/read", {"uri": "nowhere"}),
    ("resources/read", {"uri": 1}),
    ("completion/complete", COMPLETION),
    ("completion/complete", {**COMPLETION, "ref": {"type": "ref/resource", "uri": "a"}, "context": {"arguments": {}}}),
    ("completion/complete", {**COMPLETION, "ref": {"type": "ref/nothing"}}),
    ("completion/complete", {**COMPLETION, "argument": {"name": "framework"}}),
    ("completion/complete", {**COMPLETION, "context": {"arguments": {"a": 1}}}),
    ("logging/setLevel", {"level": "info"}),
    ("resources/subscribe", {"uri": SHEET}),
    ("no/such", {}),
)
LEGACY: tuple[Said, ...] = (
    ("initialize", HELLO),
    ("ping", None),
    ("ping", {"_meta": {"progressToken": []}}),
    ("ping", {"_meta": 1}),
    ("tools/list", None),
    *ASKED,
    ("server/discover", {}),
    ("tools/list", {"_meta": ENVELOPE}),
    ("initialize", {**HELLO, "protocolVersion": "1999-01-01"}),
    ("initialize", {"protocolVersion": "2025-11-25"}),
)
LATER: tuple[Said, ...] = (
    ("server/discover", {"_meta": ENVELOPE}),
    *((method, {**(params or {}), "_meta": ENVELOPE}) for method, params in ASKED),
    ("ping", {"_meta": ENVELOPE}),
    ("initialize", HELLO),
    ("tools/list", None),
    ("tools/list", {"_meta": 1}),
    ("tools/list", {"_meta": {VERSION_FIELD: MODERN}}),
    ("tools/list", {"_meta": {VERSION_FIELD: 3, ABILITIES_FIELD: {}}}),
    ("tools/list", {"_meta": {VERSION_FIELD: "2027-01-01", ABILITIES_FIELD: {}}}),
    ("tools/list", {"_meta": {VERSION_FIELD: MODERN, ABILITIES_FIELD: 3}}),
    ("tools/list", {"_meta": {**ENVELOPE, CLIENT_FIELD: {"name": "n"}}}),
)
EARLY: tuple[Said, ...] = (("ping", None), ("tools/list", None), ("tools/call", {}), ("no/such", None))
DIALOGUES = {"legacy": ("2025-11-25", LEGACY), "later": (MODERN, LATER), "early": ("2025-11-25", EARLY)}
every_dialogue = pytest.mark.parametrize("name", DIALOGUES)


@every_dialogue
def test_the_sdk_s_server_answers_the_same(name: str) -> None:
    requests = DIALOGUES[name][1]
    with bench() as made:
        ours, theirs = answers(made, serve_lines, requests), answers(made, by_the_sdk, requests)
    assert len(ours) == len(requests)
    assert [*zip(requests, ours, strict=True)] == [*zip(requests, theirs, strict=True)]


def judged(version: str, method: str, answer: Any) -> bool:
    """Whether the SDK's types take an answer; an exception says why not."""
    if "error" in answer:
        return JSONRPCError.model_validate(answer).id is not None
    JSONRPCResponse.model_validate(answer)
    sieved = methods.serialize_server_result(method, version, answer["result"])
    return bool(sieved == answer["result"])


@every_dialogue
def test_the_sdk_s_types_take_every_answer(name: str) -> None:
    version, requests = DIALOGUES[name]
    with bench() as made:
        found = answers(made, serve_lines, requests)
    told = [judged(version, method, answer) for (method, _), answer in zip(requests, found, strict=True)]
    assert told == [True] * len(requests)


def test_the_revisions_are_those_of_the_sdk() -> None:
    assert (*HANDSHAKE_VERSIONS, MODERN) == KNOWN_PROTOCOL_VERSIONS


@pytest.mark.parametrize("serve", [serve_lines, by_the_sdk])
def test_a_handshake_cannot_be_cancelled(serve: Serve) -> None:
    async def talk(service: Service) -> list[Any]:
        async with connected(service, serve) as wire:
            wire.say(id=0, method="initialize", params=HELLO)
            wire.say(method="notifications/cancelled", params={"requestId": 0})
            wire.say(id=1, method="ping")
            return [(await wire.hear())["id"] for _ in range(2)]

    with bench() as made:
        assert made.use(talk) == [0, 1]
