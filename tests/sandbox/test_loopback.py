"""The sandbox over HTTP: who is answered, and what is too large. As an ASGI application, without a port."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import httpx
import pytest

from posthog_wizard.errors import WizardError
from posthog_wizard.model import NOTHING
from posthog_wizard.sandbox.loopback import LARGEST_BODY, application, listening
from tests.support.sandboxes import MAIN, Caller

PORT = 8010


def asked(
    ask: Caller, method: str, path: str, headers: Mapping[str, str] = NOTHING, content: bytes = b""
) -> httpx.Response:
    """What a program on this machine gets."""
    served = httpx.ASGITransport(cast("Any", application(ask.sandbox.exchange, PORT)))

    async def sent() -> httpx.Response:
        async with httpx.AsyncClient(transport=served, base_url=f"http://127.0.0.1:{PORT}") as client:
            signed = {"Authorization": f"Bearer {MAIN}", **headers}
            return await client.request(method, path, content=content, headers=signed)

    return asyncio.run(sent())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": f"localhost:{PORT}"}, 200),
        ({"Host": f"LocalHost:{PORT}"}, 200),
        ({"Host": f"[::1]:{PORT}"}, 200),
        ({"Origin": f"http://127.0.0.1:{PORT}"}, 200),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": f"rebound.example.com:{PORT}"}, 403),
        ({"Origin": "https://example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Authorization": ""}, 401),
    ],
)
def test_only_programs_that_mean_this_machine_are_answered(ask: Caller, headers: dict[str, str], status: int) -> None:
    assert asked(ask, "GET", "/api/users/@me/", headers).status_code == status


def test_what_is_sent_is_kept(ask: Caller) -> None:
    made = asked(ask, "POST", "/api/projects/1/dashboards/", content='{"name": "Über"}'.encode())
    assert made.status_code == 201
    assert ask.names("dashboards/?search=über") == ["Über"]


def test_pages_lead_back_to_the_port(ask: Caller) -> None:
    page = asked(ask, "GET", "/api/projects/1/insights/?limit=1").json()
    assert page["next"] == f"http://127.0.0.1:{PORT}/api/projects/1/insights/?limit=1&offset=1"


def test_an_escaped_slash_is_no_way_out_of_a_path(ask: Caller) -> None:
    assert asked(ask, "GET", "/api/projects/1%2Fdashboards%2F1/").status_code == 404


def test_a_body_that_is_too_large(ask: Caller) -> None:
    content = b'{"name": "' + b"x" * LARGEST_BODY + b'"}'
    assert asked(ask, "POST", "/api/projects/1/dashboards/", content=content).status_code == 413


def test_a_port_that_is_taken(ask: Caller) -> None:
    with listening(0) as taken, pytest.raises(WizardError, match="it is in use"):
        listening(taken.getsockname()[1])


def test_it_listens_on_loopback_alone() -> None:
    with listening(0) as opened:
        assert opened.getsockname()[0] == "127.0.0.1"
