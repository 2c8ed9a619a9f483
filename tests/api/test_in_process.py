"""The API's client in front of a function instead of a network."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping

import pytest

from posthog_wizard.api.client import ApiClient
from posthog_wizard.api.hosts import SANDBOX_BASE, region_of
from posthog_wizard.api.in_process import InProcessTransport
from posthog_wizard.errors import NotFound
from posthog_wizard.model import Json, Secret

Told = tuple[int, Mapping[str, str], bytes]


def echo(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Told:
    heard = {"method": method, "url": url, "key": headers["authorization"], "body": body.decode()}
    return 200, {"Content-Type": "application/json"}, json.dumps(heard).encode()


def nothing(_method: str, _url: str, _headers: Mapping[str, str], _body: bytes) -> Told:
    return 404, {}, b'{"code": "not_found", "detail": "Not found."}'


def test_a_request_is_heard_and_answered() -> None:
    async def ask() -> Json:
        async with ApiClient(SANDBOX_BASE, Secret("phx_x"), transport=InProcessTransport(echo)) as client:
            return await client.request("POST", "/api/x/", json={"a": 1}, params={"b": "ü"})

    assert asyncio.run(ask()) == {
        "method": "POST",
        "url": "https://sandbox.invalid/api/x/?b=%C3%BC",
        "key": "Bearer phx_x",
        "body": '{"a":1}',
    }


def test_a_refusal_is_the_clients_error() -> None:
    async def ask() -> Json:
        async with ApiClient(SANDBOX_BASE, Secret("phx_x"), transport=InProcessTransport(nothing)) as client:
            return await client.get("/api/x/")

    with pytest.raises(NotFound):
        asyncio.run(ask())


def test_answers_are_made_beside_each_other() -> None:
    """Each answer waits for the other one, which would be forever if they were made one by one."""
    together = threading.Barrier(2)

    def wait(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Told:
        together.wait(10)
        return echo(method, url, headers, body)

    async def ask() -> list[Json]:
        async with (
            InProcessTransport(wait) as embedded,
            ApiClient(SANDBOX_BASE, Secret("phx_x"), transport=embedded) as client,
        ):
            return list(await asyncio.gather(client.get("/api/1/"), client.get("/api/2/")))

    assert len(asyncio.run(ask())) == 2


@pytest.mark.parametrize(("base", "region"), [(SANDBOX_BASE, "sandbox"), ("http://127.0.0.1:1", "self-hosted")])
def test_the_sandboxes_region(base: str, region: str) -> None:
    assert region_of(base) == region
