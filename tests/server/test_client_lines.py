"""A session's lines and messages, without a process: batches, cancelled requests, ids that are used twice."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from posthog_wizard.net.stdio import Lines, Output
from posthog_wizard.server.client_lines import StdioClientSession
from posthog_wizard.server.dispatcher import Dispatcher
from posthog_wizard.server.service import Service
from tests.support.sdk_judge import session_streams
from tests.support.serving import bench

PING = {"jsonrpc": "2.0", "method": "ping"}


def line(*ids: Any) -> bytes:
    """A batch of pings."""
    return json.dumps([PING | {"id": one} for one in ids]).encode()


def answer(request_id: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "result": {}}


def test_the_answers_of_a_batch_leave_together() -> None:
    written: list[Any] = []
    session = StdioClientSession(written.append, batches=True)
    session.take(line(1, "1"))
    session.give(answer("1"))
    session.give(answer(2))
    session.give(answer(1))
    assert [one["id"] if isinstance(one, dict) else [each["id"] for each in one] for one in written] == [2, ["1", 1]]


def test_a_batch_does_not_wait_for_what_was_cancelled() -> None:
    written: list[Any] = []
    session = StdioClientSession(written.append, batches=True)
    _, second = session.take(line(1, 2))
    session.give(answer(1))
    second.unanswered()
    assert [[each["id"] for each in one] for one in written] == [[1]]
    (alone,) = session.take(line(3))
    alone.unanswered()
    session.give(answer(3))
    assert len(written) == 2


def test_an_id_that_is_used_twice_is_answered_twice() -> None:
    written: list[Any] = []
    session = StdioClientSession(written.append, batches=True)
    session.take(line(1, 1))
    session.take(line(1))
    session.take(json.dumps(PING | {"id": 1}).encode())
    session.give(answer(1))
    session.give(answer(1))
    session.give(answer(1))
    session.give(answer(1))
    assert [len(one) if isinstance(one, list) else 0 for one in written] == [2, 1, 0]


def test_a_batch_is_answered_once_when_its_connection_ends() -> None:
    async def scenario(service: Service) -> tuple[list[Any], list[Any]]:
        written, problems = list[Any](), list[Any]()
        session = StdioClientSession(written.append, batches=True)

        async def send(content: Any) -> None:
            session.give(content)

        asyncio.get_running_loop().set_exception_handler(lambda _loop, problem: problems.append(problem))
        dispatcher = Dispatcher(service, send)
        for message in session.take(line(1, 2)):
            dispatcher.take(message)
        await dispatcher.close()
        await asyncio.sleep(0)
        return [sorted(one["id"] for one in batch) for batch in written], problems

    with bench() as made:
        assert made.use(scenario) == ([[1, 2]], [])


def test_a_new_session_decides_about_batches_anew() -> None:
    session = StdioClientSession(list[Any]().append)
    hello = {"jsonrpc": "2.0", "id": 0, "method": "initialize"}
    session.take(json.dumps(hello | {"params": {"protocolVersion": "2025-03-26"}}).encode())
    assert session.batches
    session.take(json.dumps(hello).encode())
    assert not session.batches


@pytest.mark.parametrize(
    "content", [b"", b'{"jsonrpc":"2.0","method":"ping","id":1}\n', b'{"jsonrpc":"2.0","method":"ping","id":1}']
)
def test_before_the_end_is_waited_for(content: bytes) -> None:
    async def scenario() -> list[str]:
        told: list[str] = []
        (ours, theirs), (heard, said) = os.pipe(), os.pipe()
        os.write(theirs, content)
        os.close(theirs)
        loop = asyncio.get_running_loop()

        async def before_end() -> None:
            told.append("before the end")

        streams = session_streams(Lines(ours, loop), Output(said, lambda: None), before_end)
        async with streams as (incoming, outgoing), incoming, outgoing:
            methods = [message.message.method async for message in incoming]
            told.append("the end")
        os.close(ours)
        os.close(heard)
        os.close(said)
        return [*methods, *told]

    assert asyncio.run(scenario()) == [*(["ping"] if content else []), "before the end", "the end"]
