"""How processes end and divide: nothing that happened is lost, and nothing is told twice or of another process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp.client import Client

from posthog_wizard.analytics import instrument
from posthog_wizard.analytics.event_queue import EventQueue
from posthog_wizard.analytics.options import Options
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.sessions import Sessions
from tests.support.fleet import ACCEPT, hello
from tests.support.mcp_process import ENVELOPE, INFO, Program
from tests.support.sink import SOON, Sink
from tests.support.watched import NOON, FakeTime, Keeping, low_level

EVENT = {"event_type": "posthog:custom", "event_name": "e", "timestamp": NOON, "session_id": "ses_1"}
SERVER = (sys.executable, "-m", "tests.support.ending_server")
CALLED = ["$mcp_initialize", "$mcp_tool_call"]


@pytest.mark.parametrize(
    ("arguments", "number", "code", "sent"),
    [
        ((), signal.SIGTERM, -signal.SIGTERM, CALLED),
        ((), signal.SIGHUP, -signal.SIGHUP, CALLED),
        (("own",), signal.SIGTERM, 7, []),
    ],
)
def test_a_signal_sends_what_waits_unless_the_server_has_a_handler_of_its_own(
    arguments: tuple[str, ...], number: signal.Signals, code: int, sent: list[str], tmp_path: Path
) -> None:
    with (
        Sink() as sink,
        Program(home=tmp_path, key=None, command=(*SERVER, *arguments), environment={"SINK": sink.url}) as program,
    ):
        program.initialize()
        program.call(1, "process")
        program.process.send_signal(number)
        ended, seconds = program.ended(20)
        assert (ended, sink.names) == (code, sent)
        assert seconds < SOON


@pytest.mark.unfollowed  # the lines of the test before, with a sink that hangs
def test_sigterm_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    with (
        Sink(hangs=True) as sink,
        Program(home=tmp_path, key=None, command=SERVER, environment={"SINK": sink.url}) as program,
    ):
        program.initialize()
        program.call(1, "process")
        program.process.send_signal(signal.SIGTERM)
        ended, seconds = program.ended(20)
        assert ended == -signal.SIGTERM
        assert seconds < SOON


def test_requests_of_the_2026_07_28_revision_are_of_their_process_s_session(tmp_path: Path) -> None:
    with (
        Sink() as sink,
        Program(home=tmp_path, key=None, command=SERVER, environment={"SINK": sink.url}) as program,
    ):
        program.request(1, "tools/list", _meta=ENVELOPE)
        program.request(2, "tools/call", name="process", arguments={}, _meta=ENVELOPE)
        program.stdin.close()
        program.ended(20)
    assert sink.names == ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call"]
    assert len({event["properties"]["$session_id"] for event in sink.events}) == 1
    assert {event["properties"]["$mcp_protocol_version"] for event in sink.events} == {"2026-07-28"}
    assert {event["properties"]["$mcp_client_name"] for event in sink.events} == {INFO["name"]}


def test_only_a_main_thread_has_a_handler_and_only_where_there_is_none() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    made = list[EventQueue]()
    thread = threading.Thread(target=lambda: made.append(queue()))
    thread.start()
    thread.join()
    elsewhere = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    made.append(queue())
    ignored = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, before)
    assert (elsewhere, ignored) == (signal.SIG_DFL, signal.SIG_IGN)


def queue(kept: Keeping | None = None) -> EventQueue:
    """A queue of events."""
    return EventQueue(kept or Keeping(), Options(), list[str]().append)


def in_child(answer: Any) -> str:
    """What a function says in a forked child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(answer()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        return said.read().decode()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_sends_its_own_events_and_none_of_its_parent_s() -> None:
    kept, held = Keeping(), threading.Event()

    def hold(payload: dict[str, Any]) -> dict[str, Any]:
        held.wait(10)
        return payload

    sending = EventQueue(kept, Options(before_send=hold), list[str]().append)
    sending.put(dict(EVENT))
    sending.put(dict(EVENT))

    def child_s() -> Any:
        held.set()
        sending.put(dict(EVENT))
        return sending.drained(10), len(kept.events)

    assert in_child(child_s) == "(True, 1)"
    held.set()
    assert sending.drained(10)
    assert len(kept.events) == 2


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_ends_does_not_wait_for_its_parent_s_events() -> None:
    held = threading.Event()
    sending = EventQueue(Keeping(), Options(before_send=lambda _: held.wait(10)), list[str]().append)
    sending.put(dict(EVENT))
    assert in_child(lambda: sending.drained(5)) == "True"
    held.set()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_has_sessions_of_its_own() -> None:
    sessions, pipe = Sessions(FakeTime().clock()), type("Pipe", (), {})()
    parent_s = sessions.of(McpRequest("tools/list", channel=pipe)).identifier
    assert parent_s == sessions.process.identifier
    child_s = in_child(lambda: sessions.process.identifier)
    assert child_s.startswith("ses_")
    assert child_s != parent_s


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_server_s_end_sends_what_waits_and_breaks_nothing(backend: str) -> None:
    server, kept = low_level({"name": "t"}, str), Keeping()
    handle = instrument(server, kept)

    async def talk() -> None:
        async with Client(server) as client:
            await client.call_tool("t", {})

    anyio.run(talk, backend=backend)
    assert kept.flushed == 1
    asyncio.run(handle.flush(10))  # a busy machine loads the SDK for longer than an end may take
    assert kept.names[:2] == CALLED


def test_a_flush_waits_for_nothing_of_another_loop() -> None:
    server, kept, told = low_level({"name": "t"}, str), Keeping(), list[str]()
    handle = instrument(server, kept, identify=never, logger=told.append)

    async def talk() -> None:
        async with Client(server) as client:
            await client.call_tool("t", {})

    loop = asyncio.new_event_loop()
    loop.run_until_complete(talk())
    began = time.monotonic()
    asyncio.run(handle.flush(10))
    assert time.monotonic() - began < 4
    loop.run_until_complete(asyncio.sleep(0))
    handle_tasks = asyncio.all_tasks(loop)
    assert [task.cancel() for task in handle_tasks] == [True] * len(handle_tasks)
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()


async def never(*_: object) -> None:
    """Not within a test."""
    await asyncio.sleep(600)


# ------------------------------------------------------------------ uvicorn


def ask(client: httpx.Client, url: str, user: str) -> str:
    """Which process answers a call of a user."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "process", "arguments": {}}}
    answer = client.post(url, json=body, headers={**ACCEPT, "X-User": user, "Connection": "close"})
    return answer.text.partition('"text":"')[2].partition('"')[0]


def up(client: httpx.Client, url: str) -> bool:
    """Wait until a server answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            hi = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello()}
            return (
                client.post(url, json=hi, headers={**ACCEPT, "X-User": "u", "Connection": "close"}).status_code == 200
            )
        except httpx.HTTPError:
            time.sleep(0.1)
    return False


@pytest.mark.unfollowed  # what a worker does the servers over stdio show, too
@pytest.mark.parametrize("workers", [1, 4])
def test_uvicorn_s_workers_lose_no_event_when_they_are_told_to_end(workers: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/mcp"
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.support.ending_server:app", "--port", str(port),
               "--workers", str(workers), "--log-level", "error", "--ws", "none"]  # fmt: skip
    with (
        Sink() as sink,
        httpx.Client(trust_env=False, verify=False) as client,
    ):  # authorities take longer than all calls
        serving = subprocess.Popen(command, env={**os.environ, "SINK": sink.url})
        assert up(client, url)
        answers = [ask(client, url, f"user-{number}") for number in range(24)]
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)
        calls = sink.named("$mcp_tool_call")
        assert sorted(event["distinct_id"] for event in calls) == sorted(f"user-{number}" for number in range(24))
        assert {event["properties"]["$mcp_response"]["content"][0]["text"] for event in calls} == set(answers)
        assert len({event["properties"]["$session_id"] for event in calls}) == 24
