"""The bridge before servers that people really run: many requests, a message, a cancel, and a restart in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from posthog_wizard.bridge.run_settings import Waits
from tests.support.bridged import bridged, request, settings
from tests.support.served import KINDS, Served

pytestmark = pytest.mark.e2e
PATIENT = Waits(farewell=1, first_pause=0.1)


@pytest.mark.parametrize("name", KINDS)
def test_a_conversation(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]

    async def scenario(server: Served) -> None:
        async with bridged(settings(server.url, waits=PATIENT)) as client:
            await client.begin()
            answers = await client.ask(*(request(number, "tools/list") for number in range(1, 31)))
            assert [bool(each["result"]["tools"]) for each in answers] == [True] * 30
            told = request("m", "tools/call", name=kind.tool, arguments={**kind.arguments}, _meta={"progressToken": 7})
            await client.ask(*[told] * (kind.tool is not None))
            await asyncio.sleep(0.3)
            await client.ask(request("after", "ping"))
            messages = [each["method"] for each in client.heard if "method" in each]
            assert bool(messages) is (kind.tool is not None)
            client.say(request("c", "tools/call", name=kind.tool or "steps", arguments={**kind.arguments}))
            client.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "c"}})
            assert (await client.ask(request("d", "ping")))[0]["result"] == {}
            await asyncio.to_thread(server.again)
            [listed] = await client.ask(request("e", "tools/list"))
            assert listed["result"]["tools"]
            answers = await client.ask(*(request(number, "tools/list") for number in range(31, 61)))
            assert [bool(each["result"]["tools"]) for each in answers] == [True] * 30
        ids = [each["id"] for each in client.heard if "method" not in each]
        assert sorted(map(str, ids)) == sorted(set(map(str, ids)))

    with Served(kind, tmp_path) as server:
        asyncio.run(scenario(server))
