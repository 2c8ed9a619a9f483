"""Asking the person behind a client, in both eras, by our server and by the SDK's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from posthog_wizard.errors import WizardError
from posthog_wizard.net.mcp_eras import ABILITIES_FIELD
from posthog_wizard.net.stdio import Lines, Output
from posthog_wizard.server.dispatcher import Dispatcher, Proceed
from posthog_wizard.server.run import serve_lines
from posthog_wizard.server.service import Service, ToolResult
from posthog_wizard.tools.call import Confirm, ProgressReport, no_progress, nobody_confirms
from tests.support.dialogues import Serve, Wire, by_the_sdk, connected
from tests.support.mcp_process import ENVELOPE, INFO
from tests.support.serving import bench

QUESTION = "Delete everything?"
FORM = {"message": QUESTION, "requestedSchema": {"type": "object", "properties": {}}}
CALL = {"name": "dashboard-delete", "arguments": {"dashboard_id": 1}}
NO = "Error: the person said no, and nothing was changed"
NOBODY = "Error: a person must confirm this, and this client cannot ask one"
every_server = pytest.mark.parametrize("serve", [serve_lines, by_the_sdk], ids=["ours", "the SDK's"])


@dataclass(frozen=True)
class Asking(Service):
    """A service whose tools ask first."""

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        report: ProgressReport = no_progress,
        confirm: Confirm = nobody_confirms,
    ) -> ToolResult:
        """Whether the person agreed."""
        try:
            await confirm(QUESTION)
        except WizardError as error:
            return self.refusal(error)
        return ToolResult("deleted")


def told(serve: Serve, talk: Callable[[Wire], Awaitable[Any]]) -> str:
    """The first line of the text with which a conversation ends."""

    async def conversation(service: Service) -> Any:
        async with connected(Asking(service.workspace), serve) as wire:
            return await talk(wire)

    with bench() as made:
        found = made.use(conversation)
    return str(found["result"]["content"][0]["text"]).split("\n")[0]


@every_server
@pytest.mark.parametrize(
    ("abilities", "reply", "words"),
    [
        ({"elicitation": {}}, {"result": {"action": "accept", "content": {}}}, "deleted"),
        ({"elicitation": {"form": {}}}, {"result": {"action": "accept"}}, "deleted"),
        ({"elicitation": {}}, {"result": {"action": "decline"}}, NO),
        ({"elicitation": {}}, {"result": {"action": "cancel"}}, NO),
        (
            {"elicitation": {}},
            {"error": {"code": -1, "message": "no"}},
            "Error: the client could not ask the person: no",
        ),
    ],
)
def test_with_a_session_the_client_is_asked(serve: Serve, abilities: Any, reply: Any, words: str) -> None:
    async def talk(wire: Wire) -> Any:
        await wire.ask(
            0, "initialize", {"protocolVersion": "2025-11-25", "capabilities": abilities, "clientInfo": INFO}
        )
        asked = await wire.ask(1, "tools/call", CALL)
        assert (asked["method"], {**asked["params"], "mode": "form"}) == (
            "elicitation/create",
            {**FORM, "mode": "form"},
        )
        wire.say(id=asked["id"], **reply)
        return await wire.hear()

    assert told(serve, talk) == words


@every_server
@pytest.mark.parametrize("abilities", [{}, {"elicitation": {"url": {}}}])
def test_who_cannot_be_asked(serve: Serve, abilities: Any) -> None:
    async def talk(wire: Wire) -> Any:
        await wire.ask(
            0, "initialize", {"protocolVersion": "2025-11-25", "capabilities": abilities, "clientInfo": INFO}
        )
        return await wire.ask(1, "tools/call", CALL)

    async def later(wire: Wire) -> Any:
        return await wire.ask(1, "tools/call", {**CALL, "_meta": {**ENVELOPE, ABILITIES_FIELD: abilities}})

    assert [told(serve, talk), told(serve, later)] == [NOBODY, NOBODY]


@every_server
@pytest.mark.parametrize(
    ("answer", "words"), [({"action": "accept", "content": {}}, "deleted"), ({"action": "decline"}, NO)]
)
def test_without_a_session_the_call_comes_again(serve: Serve, answer: Any, words: str) -> None:
    params = {**CALL, "_meta": {**ENVELOPE, ABILITIES_FIELD: {"elicitation": {}}}}

    async def talk(wire: Wire) -> Any:
        needed = (await wire.ask(1, "tools/call", params))["result"]
        assert needed["resultType"] == "input_required"
        assert needed["inputRequests"]["confirm"] == {
            "method": "elicitation/create",
            "params": {"mode": "form", **FORM},
        }
        forged = {"inputResponses": {"confirm": {"action": "accept"}}, "requestState": "0" * 64}
        again = await wire.ask(2, "tools/call", {**params, **forged})
        assert again["result"]["resultType"] == "input_required"
        given = {"inputResponses": {"confirm": answer}, "requestState": needed["requestState"]}
        return await wire.ask(3, "tools/call", {**params, **given})

    assert told(serve, talk) == words


@every_server
@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answer_is_for_one_time(serve: Serve, answer: str) -> None:
    params = {**CALL, "_meta": {**ENVELOPE, ABILITIES_FIELD: {"elicitation": {}}}}

    async def talk(wire: Wire) -> Any:
        needed = (await wire.ask(1, "tools/call", params))["result"]
        given = {"inputResponses": {"confirm": {"action": answer}}, "requestState": needed["requestState"]}
        await wire.ask(2, "tools/call", {**params, **given})
        replayed = {**given, "inputResponses": {"confirm": {"action": "accept"}}}
        again = (await wire.ask(3, "tools/call", {**params, **replayed}))["result"]
        assert again["resultType"] == "input_required"
        return await wire.ask(4, "tools/call", {**params, **given, "requestState": again["requestState"]})

    assert told(serve, talk) == {"accept": "deleted", "decline": NO}[answer]


async def asked_by(wire: Wire, number: int | str) -> Any:
    """The question about a call with that id, in a session that has just begun."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": INFO}
    await wire.ask(0, "initialize", hello)
    wire.say(id=number, method="tools/call", params=CALL)
    return await wire.hear()


@every_server
def test_a_question_is_taken_back_with_its_call(serve: Serve) -> None:
    async def talk(service: Service) -> tuple[Any, Any]:
        async with connected(Asking(service.workspace), serve) as wire:
            asked = await asked_by(wire, 1)
            wire.say(method="notifications/cancelled", params={"requestId": 1})
            return asked, await wire.hear()

    with bench() as made:
        asked, heard = made.use(talk)
    assert (heard["method"], heard["params"]["requestId"]) == ("notifications/cancelled", asked["id"])


@every_server
@pytest.mark.parametrize(
    ("number", "params"),
    [("None", {}), ("None", {"requestId": None}), ("True", {"requestId": True}), ("[]", {"requestId": []})],
)
def test_what_names_no_request_cancels_none(serve: Serve, number: str, params: Any) -> None:
    async def talk(wire: Wire) -> Any:
        asked = await asked_by(wire, number)
        wire.say(method="notifications/cancelled", params=params)
        wire.say(id=asked["id"], result={"action": "accept"})
        return await wire.hear()

    assert told(serve, talk) == "deleted"


def test_who_watches_learns_how_a_call_ends_before_the_server_does() -> None:
    """A signal cancels the server, after which events are sent and the process is over."""
    ended = list[str]()

    async def watch(_client: Dispatcher, content: dict[str, Any], proceed: Proceed) -> dict[str, Any]:
        try:
            return await proceed(content)
        finally:
            ended.append(content["method"])

    async def conversation(service: Service) -> None:
        async def serve(service: Service, lines: Lines, output: Output) -> None:
            serving.append(asyncio.current_task())
            with suppress(asyncio.CancelledError):
                await serve_lines(service, lines, output, watch)
            ended.append("the server")

        serving = list[Any]()
        async with connected(Asking(service.workspace), serve) as wire:
            hello = {"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": INFO}
            await wire.ask(0, "initialize", hello)
            await wire.ask(1, "tools/call", CALL)
            serving[0].cancel()

    with bench() as made:
        made.use(conversation)
    assert ended == ["initialize", "tools/call", "the server"]
