"""Nobody's events under another's name: many clients at one server, over every transport, by every kind of server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer

from posthog_wizard.analytics import Identity, instrument
from tests.support.fleet import (
    SERVERS,
    TRANSPORTS,
    HttpClient,
    app_of,
    hello,
    low_level_server,
    number_of,
    person,
    visited,
    wanted,
    whose,
)
from tests.support.watched import Keeping

CLIENTS = 50
OVER_HTTP = [name for name in TRANSPORTS if name.startswith("HTTP")]


def said(request: Any, extra: Any) -> Any:
    """Who it is."""
    number = number_of(request, extra)
    return None if number is None else person(number)


async def said_later(request: Any, extra: Any) -> Any:
    """The same, after a while; for clients of higher numbers sooner."""
    number = number_of(request, extra)
    await asyncio.sleep(0 if number is None else 0.0005 * (CLIENTS - number))
    return None if number is None else person(number)


class Reuse:
    """Says it in the same two dicts each time, as authors do who keep one for all."""

    def __init__(self) -> None:
        self.properties: dict[str, Any] = {}
        self.groups: dict[str, str] = {}

    def __call__(self, request: Any, extra: Any) -> Any:
        """Who it is."""
        who = said(request, extra)
        self.properties.update(who.properties if who else {})
        self.groups.update(who.groups if who else {})
        return who and Identity(who.distinct_id, self.properties, self.groups)


def events_of(server: str, transport: str, clients: int, identify: Any) -> Any:
    """The events of so many visits, but those that say nothing of a request."""
    fleet = asyncio.run(visited(SERVERS[server](), TRANSPORTS[transport], clients, identify=identify))
    return [event for event in fleet.kept.events if event.event != "$identify"]


@pytest.mark.unfollowed  # a thousand requests of kinds that `test_wire.py` and its neighbours show, too
@pytest.mark.parametrize(
    ("server", "transport", "clients", "identify"),
    [
        *(("MCPServer", name, CLIENTS, said) for name in OVER_HTTP),
        *(("FastMCP", name, 8, said) for name in OVER_HTTP),
        *(("low-level Server", name, 8, said) for name in OVER_HTTP),
        ("MCPServer", "HTTP without sessions", CLIENTS, said_later),
        ("MCPServer", "HTTP with sessions", 8, said_later),
        ("MCPServer", "HTTP, 2026-07-28, with conversations", 8, said_later),
        ("MCPServer", "HTTP without sessions", 8, Reuse()),
        ("MCPServer", "HTTP with sessions", 8, Reuse()),
    ],
)
def test_every_event_is_its_own_client_s(server: str, transport: str, clients: int, identify: Any) -> None:
    events = events_of(server, transport, clients, identify)
    assert len(events) >= clients * 6
    assert [whose(event) for event in events] == [wanted(event, event.properties["number"]) for event in events]


@pytest.mark.unfollowed
@pytest.mark.parametrize("identify", [said, said_later])
@pytest.mark.parametrize("transport", ["pipes", "pipes, 2026-07-28"])
@pytest.mark.parametrize("server", SERVERS)
def test_so_is_every_call_of_clients_in_one_process(server: str, transport: str, identify: Any) -> None:
    """They name themselves in their calls alone: on a pipe of its own a client stays known, and no other one is."""
    calls = [event for event in events_of(server, transport, 8, identify) if event.properties.get("number") is not None]
    assert len(calls) == 8 * 4
    assert [whose(event) for event in calls] == [wanted(event, event.properties["number"]) for event in calls]


NAMES = {"ann": "ann", "bob": "bob"}


def by_header(_: Any, extra: Any) -> Identity | None:
    """The user that a header names; fails for a stranger."""
    user = (extra["headers"] or {}).get("x-user")
    return Identity(NAMES[user], {"name": user}) if user else None


async def by_header_later(request: Any, extra: Any) -> Identity | None:
    """The same, after a while."""
    await asyncio.sleep(0.001)
    return by_header(request, extra)


async def through_a_gateway(users: list[str], identify: Any) -> list[Any]:
    """A gateway calls for one user after the other in its one session: whose calls are they?"""
    server, kept = low_level_server().server, Keeping()
    handle = instrument(server, kept, identify=identify)
    async with app_of(server, stateless=False) as app:
        gateway = HttpClient(app, TRANSPORTS["HTTP with sessions"], {})
        await gateway.send("initialize", hello())
        for user in users:
            gateway.headers["X-User"] = user
            await gateway.send("tools/call", {"name": "tell", "arguments": {"number": 1}})
        await handle.flush(10)
    return [whose(event)[0] for event in kept.events if event.event == "$mcp_tool_call"]


@pytest.mark.parametrize("identify", [by_header, by_header_later])
@pytest.mark.parametrize(
    ("users", "whom"),
    [
        (["ann", "", "ann"], ["ann", "ann", "ann"]),
        (["", "ann", ""], [None, "ann", "ann"]),
        (["ann", "bob", ""], ["ann", "bob", None]),
        (["ann", "bob", "ann", ""], ["ann", "bob", "ann", None]),
        (["ann", "?", ""], ["ann", None, "ann"]),
    ],
)
def test_a_session_of_two_persons_says_of_nobody_who_it_is(users: list[str], whom: list[Any], identify: Any) -> None:
    assert asyncio.run(through_a_gateway(users, identify)) == whom


async def worked(transport: str) -> list[Any]:
    """A task that the first caller started works for the second one; gives whose its events are."""
    server: MCPServer[Any] = MCPServer("worker")
    kept, jobs, workers = Keeping(), asyncio.Queue[str](), list[asyncio.Task[None]]()
    handle = instrument(server, kept, identify=lambda *_: ANN if not jobs.qsize() else BOB)

    async def work() -> None:
        while True:
            await handle.capture("done", {"job": await jobs.get()})
            jobs.task_done()

    async def submit(job: str) -> str:
        workers.extend([] if workers else [asyncio.create_task(hold())])
        await jobs.put(job)
        return job

    async def hold() -> None:
        await over.wait()
        await work()

    over = asyncio.Event()
    server.add_tool(submit, structured_output=False)
    async with app_of(server, stateless=TRANSPORTS[transport].stateless) as app:
        for job in ("ann's", "bob's"):
            client = HttpClient(app, TRANSPORTS[transport], {})
            await client.send("initialize", hello())
            await client.send("tools/call", {"name": "submit", "arguments": {"job": job}})
        over.set()
        await jobs.join()
        await handle.flush(10)
    workers[0].cancel()
    assert [whose(event)[0] for event in kept.events if event.event == "$mcp_tool_call"] == ["ann", "bob"]
    return [whose(event)[0] for event in kept.events if event.event == "done"]


ANN, BOB = Identity("ann"), Identity("bob")


@pytest.mark.parametrize("transport", ["HTTP with sessions", "HTTP without sessions", "HTTP, 2026-07-28"])
def test_what_a_task_tells_after_its_call_is_not_the_caller_s(transport: str) -> None:
    assert asyncio.run(worked(transport)) == [None, None]
