"""Nobody's events under another's name: many clients at one server, over every transport, by every kind of server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.fleet import SERVERS, TRANSPORTS, number_of, person, visited, wanted, whose

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


def events_of(server: str, transport: str, clients: int, identify: Any) -> Any:
    """The events of so many visits, but those that say nothing of a request."""
    fleet = asyncio.run(visited(SERVERS[server](), TRANSPORTS[transport], clients, identify=identify))
    return [event for event in fleet.kept.events if event.event != "$identify"]


@pytest.mark.parametrize(
    ("server", "transport", "clients", "identify"),
    [
        *(("MCPServer", name, CLIENTS, said) for name in OVER_HTTP),
        *(("FastMCP", name, 8, said) for name in OVER_HTTP),
        *(("low-level Server", name, 8, said) for name in OVER_HTTP),
        ("MCPServer", "HTTP without sessions", CLIENTS, said_later),
        ("MCPServer", "HTTP with sessions", 8, said_later),
        ("MCPServer", "HTTP, 2026-07-28, with conversations", 8, said_later),
    ],
)
def test_every_event_is_its_own_client_s(server: str, transport: str, clients: int, identify: Any) -> None:
    events = events_of(server, transport, clients, identify)
    assert len(events) >= clients * 6
    assert [whose(event) for event in events] == [wanted(event, event.properties["number"]) for event in events]


@pytest.mark.parametrize("identify", [said, said_later])
@pytest.mark.parametrize("transport", ["pipes", "pipes, 2026-07-28"])
@pytest.mark.parametrize("server", SERVERS)
def test_so_is_every_call_of_clients_in_one_process(server: str, transport: str, identify: Any) -> None:
    """They name themselves in their calls alone: on a pipe of its own a client stays known, and no other one is."""
    calls = [event for event in events_of(server, transport, 8, identify) if event.properties.get("number") is not None]
    assert len(calls) == 8 * 4
    assert [whose(event) for event in calls] == [wanted(event, event.properties["number"]) for event in calls]
