"""The loopback PostHog itself: it must catch what a client does wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from posthog_wizard import errors
from posthog_wizard.api.client import ApiClient
from posthog_wizard.model import Json
from posthog_wizard.sandbox.api.http_messages import reply
from tests.support.calls import call
from tests.support.posthog import Reply, Route, SandboxKey
from tests.support.posthog_core import FIRST, SECOND, posthog

MADE = Route("POST", "/api/projects/{project_id}/things/", "thing:write", lambda visit: reply(visit.fields, 201),
             fields=frozenset({"name"}))  # fmt: skip
THINGS = "/api/projects/2/things/"
Action = Callable[[ApiClient], Awaitable[Json]]


def leave(action: Action) -> None:
    with posthog(routes=(MADE,)) as server, suppress(errors.ApiError):
        call(server.url, action)


@pytest.mark.parametrize(
    ("action", "surprise"),
    [
        (lambda client: client.get("/api/nothing/"), "GET /api/nothing/: no such endpoint"),
        (lambda client: client.get("/api/users/@me"), "no such endpoint"),
        (lambda client: client.delete(THINGS), "no such endpoint"),
        (lambda client: client.post(THINGS, json={"nmae": 1}), "unknown `nmae`"),
        (lambda client: client.request("POST", THINGS, json={"name": 1}, params={"x": 1}), "unknown `x`"),
    ],
)
def test_what_no_row_knows_fails_the_test(action: Action, surprise: str) -> None:
    with pytest.raises(AssertionError, match=surprise):
        leave(action)


def test_an_answer_that_is_never_asked_for_fails_the_test() -> None:
    server = posthog()
    server.will_answer("GET", "/api/users/@me/", Reply())
    with pytest.raises(AssertionError, match="GET /api/users/@me/"), server:
        pass


def test_what_a_row_knows_is_served() -> None:
    with posthog(routes=(MADE,)) as server:
        assert call(server.url, lambda client: client.post(THINGS, json={"name": "a"})) == {"name": "a"}
        assert server.requests[0].body == {"name": "a"}


@pytest.mark.parametrize(
    ("held", "path", "kind", "sentence"),
    [
        (SandboxKey("phx_other"), "/api/users/@me/", errors.BadKey, "header is invalid"),
        (SandboxKey("phx_test", ()), "/api/users/@me/", errors.MissingScope, "the scope `user:read`"),
        (SandboxKey("phx_test", teams=(1,)), "/api/projects/2/", errors.MissingScope, "requested project: ID 2"),
        (
            SandboxKey("phx_test", teams=(1,)),
            "/api/organizations/",
            errors.MissingScope,
            "only supported on project-based",
        ),
        (
            SandboxKey("phx_test", organizations=(FIRST,)),
            f"/api/organizations/{SECOND}/",
            errors.MissingScope,
            f"requested organization: ID {SECOND}",
        ),
    ],
)
def test_keys_and_their_limits(held: SandboxKey, path: str, kind: type[errors.ApiError], sentence: str) -> None:
    with posthog(held) as server, pytest.raises(kind, match=sentence):
        call(server.url, lambda client: client.get(path))


@pytest.mark.parametrize(
    ("path", "names"),
    [("/api/organizations/", ["Hedgehogs", "Foxes"]), (f"/api/organizations/{FIRST}/projects/", ["Website", "App"])],
)
def test_lists(path: str, names: list[str]) -> None:
    with posthog() as server:
        page = call(server.url, lambda client: client.get(path))
    assert [row["name"] for row in page["results"]] == names
