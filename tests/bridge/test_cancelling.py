"""Cancelling, in both eras: told or hung up as the revision wants it, and then over."""

from __future__ import annotations

import asyncio

import pytest

from posthog_wizard.model import Json
from tests.support.bridged import bridged, call, eventually, request, settings
from tests.support.scripted import Script, Step, accepted, event, hung, refuse, scripted, stream


def cancel(identifier: Json) -> Json:
    """What a client says that no longer wants an answer."""
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": identifier}}


PRIMED = event("", id="e1")
ENDS: dict[str, Script] = {
    "ends without an answer": {"tools/call": [stream(PRIMED, 0.2)], "GET": [refuse(405), stream()]},
    "ends, and its events stay silent": {"tools/call": [stream(PRIMED, 0.2)], "GET": [refuse(405), stream(PRIMED)]},
    "ended already": {"tools/call": [stream(PRIMED)], "GET": [refuse(405), stream()]},
    "keeps it open": {"tools/call": [stream(PRIMED, ending="hang")], "GET": [refuse(405)]},
    "says nothing": {"tools/call": [hung], "GET": [refuse(405)]},
    "answers all the same": {"tools/call": [stream(0.3, ...)], "GET": [refuse(405)]},
}


@pytest.mark.parametrize("script", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("told", [accepted, refuse(400), hung])
def test_a_cancelled_request_is_over(script: Script, told: Step) -> None:
    async def scenario() -> None:
        async with (
            scripted({**script, "notifications/cancelled": [told]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            client.say(call(1))
            await eventually(lambda: bool(server.of("tools/call")))
            await asyncio.sleep(0.02)
            client.say(cancel(1))
            await eventually(lambda: bool(server.of("notifications/cancelled")))
            assert (await client.ask(request(2, "ping")))[0]["result"] == {}
            asked = len(server.of("GET"))
            await asyncio.sleep(0.6)
            assert len(server.of("GET")) <= asked + 1
            assert [each["id"] for each in client.heard] == [0, 2]

    asyncio.run(scenario())


def test_no_connection_stays_open_for_a_cancelled_call() -> None:
    async def scenario() -> None:
        async with (
            scripted({"tools/call": [stream(PRIMED, ending="hang")]}) as server,
            bridged(settings(server.url)) as client,
        ):
            await client.begin()
            client.say(*(call(number) for number in range(1, 11)))
            await eventually(lambda: len(server.of("tools/call")) == 10)
            client.say(*(cancel(number) for number in range(1, 11)))
            await eventually(lambda: server.hung_up == 10)
            assert len(server.of("notifications/cancelled")) == 10

    asyncio.run(scenario())


def test_the_others_of_a_batch_are_still_answered() -> None:
    async def scenario() -> None:
        late = [event({"jsonrpc": "2.0", "id": each, "result": {}}) for each in "ab"]
        async with scripted({"batch": [stream(0.3, *late)]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            client.say([request("a", "ping"), request("b", "ping")])
            await eventually(lambda: bool(server.of("batch")))
            client.say(cancel("a"))
            assert [each["id"] for each in await client.hear()] == ["b"]

    asyncio.run(scenario())


@pytest.mark.parametrize("identifier", ["1", 2, None, {}])
def test_what_is_not_under_way_cannot_be_cancelled(identifier: Json) -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [stream(0.2, ...)]}) as server, bridged(settings(server.url)) as client:
            await client.begin()
            client.say(call(1), cancel(identifier))
            assert [each["id"] for each in await client.hear()] == [1]

    asyncio.run(scenario())
