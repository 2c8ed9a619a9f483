"""Analytics are never in the way: they raise nothing, hold nothing up, and are silent where nobody asked for them."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from mcp.client import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import TextContent
from posthog import Posthog

from posthog_wizard.analytics import Analytics, Feedback, instrument
from posthog_wizard.analytics.event_queue import MOST_WAITING, EventQueue
from posthog_wizard.analytics.instrument import do_not_track
from posthog_wizard.analytics.middleware import AnalyticsMiddleware, as_dict
from posthog_wizard.analytics.options import Identity, OptionArguments, Options
from posthog_wizard.analytics.recorder import Recorder
from posthog_wizard.analytics.requests import McpRequest
from posthog_wizard.analytics.virtual_tools import VirtualTools
from tests.support.analytics_server import demo
from tests.support.mcp_process import Program
from tests.support.sink import SOON, Sink
from tests.support.watched import NOON, FakeTime, Keeping, called, watched

ADD = called("add", a=1, b=2)
EVENT = {"event_type": "posthog:custom", "event_name": "e", "timestamp": NOON, "session_id": "ses_1"}


# ------------------------------------------------------------------ silence


def test_without_a_client_the_server_is_the_same_and_nothing_is_kept() -> None:
    server, _ = demo()
    handle = instrument(server, None, report_missing=True)

    async def talk() -> list[str]:
        async with Client(server) as client:
            await handle.capture("mine")
            await handle.flush()
            return [tool.name for tool in (await client.list_tools()).tools]

    assert asyncio.run(talk())[-1] == "get_more_tools"


@pytest.mark.parametrize(
    ("environment", "wished"),
    [
        ({}, False),
        ({"DO_NOT_TRACK": ""}, False),
        ({"DO_NOT_TRACK": "0"}, False),
        ({"DO_NOT_TRACK": "false"}, False),
        ({"DO_NOT_TRACK": "1"}, True),
        ({"DO_NOT_TRACK": "true"}, True),
        ({"DO_NOT_TRACK": "yes"}, True),
    ],
)
def test_a_wish_not_to_be_tracked(environment: dict[str, str], wished: bool) -> None:
    assert do_not_track(environment) is wished


@pytest.mark.parametrize(("desired", "told"), [("1", False), ("0", True)])
def test_it_wins(desired: str, told: bool) -> None:
    server, kept = demo()[0], Keeping()
    handle = instrument(server, kept, environment={"DO_NOT_TRACK": desired})

    async def talk() -> None:
        async with Client(server) as client:
            await client.call_tool("add", {"a": 1, "b": 2})
        await handle.flush()  # events are made in a thread

    asyncio.run(talk())
    assert (bool(kept.events), "$mcp_tool_call" in kept.names) == (told, told)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with Sink() as sink:
        client = Posthog("phc_test", host=sink.url)
        watched(demo()[0], ADD, client=cast("Any", client))
        client.shutdown()
        assert sink.names == ["$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call"]
        assert sink.keys[0] == "phc_test"
        assert {event["properties"]["$lib"] for event in sink.events} == {"posthog-python-mcp"}
    assert capfd.readouterr().out == ""


# ------------------------------------------------------------------ setting up


def test_a_second_time_gives_the_first_handle() -> None:
    server, kept = demo()[0], Keeping()
    first = instrument(server, kept)
    assert instrument(server, kept) is first


def test_the_server_within_is_the_same_server() -> None:
    server, kept = MCPServer("outer"), Keeping()
    first = instrument(server, kept)
    assert instrument(server._lowlevel_server, kept) is first


class FastMcp2:
    """Its own list of middleware is of FastMCP's objects, and the server within is of `mcp` 1, which has no such list."""

    middleware: tuple[()] = ()
    _mcp_server = object()


@pytest.mark.parametrize("server", [object(), FastMcp2()])
def test_what_cannot_be_watched_is_left_alone_and_the_log_says_what_can(server: object) -> None:
    told: list[str] = []
    assert isinstance(instrument(server, Keeping(), logger=told.append), Analytics)
    needed = "it takes a server of `mcp` 2.3 or later, or of FastMCP 4 or later"
    assert told == [f"this server is not watched: TypeError: {needed}"]


def test_a_wrong_option_is_the_author_s_mistake() -> None:
    with pytest.raises(TypeError):
        instrument(demo()[0], None, **cast("OptionArguments", {"reportMissing": True}))


@pytest.mark.parametrize("extra", [{"summary": {}}, {"context": {}}, {"type": {}}])
def test_feedback_that_collides_is_the_author_s_mistake(extra: Any) -> None:
    with pytest.raises(ValueError, match="collides"):
        instrument(demo()[0], None, collect_feedback=Feedback(extra_properties=extra))


@pytest.mark.parametrize("build", ["", "b" * 257])
def test_a_build_that_cannot_be_told_is_the_author_s_mistake(build: str) -> None:
    with pytest.raises(ValueError, match="server_build"):
        instrument(demo()[0], server_build=build)


def test_a_build_is_told_with_every_event() -> None:
    got = watched(demo()[0], ADD, server_build="4f2c1").client
    assert {event.properties["$mcp_server_build"] for event in got.events} == {"4f2c1"}


def test_the_keyword_arguments_are_the_options() -> None:
    assert set(OptionArguments.__annotations__) == set(Options.__dataclass_fields__)


def test_an_event_needs_a_name() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        asyncio.run(Analytics().capture(""))


# ------------------------------------------------------------------ trouble within


@pytest.mark.parametrize(
    "options",
    [
        {"identify": lambda *_: 1 / 0},
        {"event_properties": lambda *_: 1 / 0},
        {"before_send": lambda _: 1 / 0},
        {"before_send": lambda _: {"event": "without the rest"}},
        {"logger": lambda _: 1 / 0, "before_send": lambda _: 1 / 0},
        {"event_properties": lambda *_: {"cannot be JSON": object()}},
        {"identify": lambda *_: Identity(cast("Any", None))},
    ],
)
def test_trouble_in_a_callback_changes_nothing(options: Any) -> None:
    assert watched(demo()[0], ADD, **options).got.content[0].text == "3"


def test_trouble_with_the_client_is_told_to_the_log() -> None:
    got = watched(demo()[0], ADD, client=Keeping(OSError("no network")))
    assert got.got.content[0].text == "3"
    assert got.told == ["an event was dropped: OSError: no network"] * 3


def test_without_a_logger_the_log_has_it(caplog: pytest.LogCaptureFixture) -> None:
    watched(demo()[0], ADD, client=Keeping(OSError("no network")), logger=None)
    assert caplog.record_tuples[-1] == (
        "posthog_wizard.analytics", logging.WARNING, "an event was dropped: OSError: no network",
    )  # fmt: skip


def observer(told: list[str], **broken: Any) -> AnalyticsMiddleware:
    """A middleware whose recorder lacks something that it needs."""
    recorder = Recorder(Options(), list[Any]().append, told.append, FakeTime().clock())
    vars(recorder).update(broken)
    return AnalyticsMiddleware(recorder, VirtualTools({}, told.append), Analytics())


@pytest.mark.parametrize("broken", [{"identify": None}, {"sessions": None}, {"ended": None}, {"tools": None}])
def test_a_mistake_of_ours_changes_nothing(broken: Any) -> None:
    told: list[str] = []

    async def proceed(_: Any) -> dict[str, Any]:
        return {"tools": [{"name": "t"}]}

    got = asyncio.run(observer(told, **broken).around(McpRequest("tools/list"), proceed))
    assert got["tools"][0]["name"] == "t"
    assert len(told) >= 1


def test_a_flush_waits_for_callbacks_but_not_for_ever() -> None:
    async def never() -> None:
        await asyncio.sleep(60)

    async def talk(server: MCPServer, handle: Analytics) -> float:
        async with Client(server) as client:
            await client.call_tool("add", {"a": 1, "b": 2})
            start = time.monotonic()
            await handle.flush(0.2)
            return time.monotonic() - start

    server, kept = demo()[0], Keeping()
    handle = instrument(server, kept, event_properties=lambda *_: never())
    assert 0.1 <= asyncio.run(talk(server, handle)) < 1
    assert kept.events == []


@pytest.mark.parametrize("result", [None, {"tools": [1]}, {"tools": {}}, {}])
def test_a_result_that_is_no_protocol_s_passes_as_it_is(result: Any) -> None:
    async def proceed(_: Any) -> Any:
        return result

    assert asyncio.run(observer([]).around(McpRequest("tools/list"), proceed)) == result


def test_a_request_that_cannot_be_read_is_answered_all_the_same() -> None:
    @dataclass
    class Odd:
        request_id: int | None = 1

    async def answer(_: Any) -> dict[str, Any]:
        return {"ok": True}

    told: list[str] = []
    watching: Any = observer(told)
    assert asyncio.run(watching(Odd(), answer)) == {"ok": True}
    assert told == ["a request was not read: AttributeError: 'Odd' object has no attribute 'params'"]
    assert asyncio.run(watching(Odd(None), answer)) == {"ok": True}


@pytest.mark.parametrize(
    ("result", "wanted"),
    [(None, {}), ({"a": 1}, {"a": 1}), (TextContent(type="text", text="t"), {"type": "text", "text": "t"})],
)
def test_a_result_is_taken_as_it_goes_over_the_wire(result: Any, wanted: dict[str, Any]) -> None:
    assert as_dict(result) == wanted


def test_a_custom_event_belongs_to_the_call_that_it_is_told_in() -> None:
    server, handles = demo()
    kept = Keeping()
    handles.append(instrument(server, kept, identify=Identity("ann")))

    async def talk() -> None:
        async with Client(server) as client:
            await client.call_tool("tells", {})
            await handles[0].capture("after")
        await handles[0].flush()

    asyncio.run(talk())
    assert kept.properties("report_exported") | {"$session_id": ""} == {
        "$mcp_interface": "mcp", "$mcp_source": "posthog_mcp_analytics", "$session_id": "", "$mcp_duration_ms": 0,
        "$mcp_server_name": "demo", "$mcp_server_version": "1.2.3", "$mcp_client_name": "mcp",
        "$mcp_client_version": "0.1.0", "$mcp_protocol_version": "2026-07-28", "rows": 3,
    }  # fmt: skip
    assert {event.distinct_id for event in kept.events} == {"ann"}
    assert len({event.properties["$session_id"] for event in kept.events}) == 1


# ------------------------------------------------------------------ limits of what is kept


def test_when_too_many_events_wait_the_rest_is_dropped_and_the_log_says_so_once() -> None:
    told, held, kept = list[str](), threading.Event(), Keeping()

    def hold(payload: dict[str, Any]) -> dict[str, Any]:
        held.wait(10)
        return payload

    sending = EventQueue(kept, Options(before_send=hold), told.append)
    for _ in range(MOST_WAITING + 20):
        sending.put(dict(EVENT))
    held.set()
    assert sending.drained(10)
    assert len(kept.events) in {MOST_WAITING, MOST_WAITING + 1}
    assert told == [f"more than {MOST_WAITING} events wait to be sent; the rest is dropped"]


def test_waiting_has_an_end() -> None:
    held = threading.Event()
    sending = EventQueue(Keeping(), Options(before_send=lambda _: held.wait(10)), list[str]().append)
    sending.put(dict(EVENT))
    start = time.monotonic()
    sending.flushed(0.2)
    assert time.monotonic() - start < 5
    held.set()


def test_a_client_that_cannot_flush_is_told_to_the_log() -> None:
    class Stuck(Keeping):
        def flush(self, timeout_seconds: float | None = 10) -> None:
            raise OSError

    told: list[str] = []
    EventQueue(Stuck(), Options(), told.append).flushed(0.1)
    assert told == ["analytics were not flushed: OSError"]


def test_an_asynchronous_last_word_is_heard_after_the_server_has_ended() -> None:
    async def later(payload: dict[str, Any]) -> dict[str, Any]:
        return payload | {"distinct_id": "ann"}

    kept = Keeping()
    sending = EventQueue(kept, Options(before_send=later), list[str]().append)
    sending.put(dict(EVENT))
    assert sending.drained(10)
    assert kept.events[0].distinct_id == "ann"


# ------------------------------------------------------------------ the process


def served(home: Path, sink: str) -> float:
    """Call two tools of a server in a process of its own; gives the seconds that it took to end."""
    command = (sys.executable, "-m", "tests.support.analytics_server")
    with Program(home=home, key=None, command=command, environment={"SINK": sink}) as program:
        program.initialize()
        program.call(1, "add", a=1, b=2)
        program.call(2, "throws")
        program.stdin.close()
        code, seconds = program.ended(20)
        assert (code, program.last_words()[0]) == (0, "")
        return seconds


@pytest.mark.unfollowed  # `test_endings.py` shows the lines of such a server
@pytest.mark.parametrize("sink", ["works", "hangs", "dead"])
def test_a_process_ends_in_time_and_its_stdout_is_the_protocol_s(sink: str, tmp_path: Path) -> None:
    with Sink() as works, Sink(hangs=True) as hangs, Sink() as dead:
        dead.close()
        urls = {"works": works.url, "hangs": hangs.url, "dead": dead.url}
        assert served(tmp_path, urls[sink]) < SOON
        assert works.names[:2] == {"works": ["$identify", "$mcp_initialize"]}.get(sink, [])
