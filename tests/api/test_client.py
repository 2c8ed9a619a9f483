"""The client against a loopback PostHog: what it sends, what it repeats, what it refuses."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from posthog_wizard import __version__, errors
from posthog_wizard.api.client import ApiClient, filled
from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.model import Json, Secret
from tests.support.calls import QUICK, call
from tests.support.posthog import Reply, bad_key, failure, missing_scope, redirect, throttled, web_page
from tests.support.posthog_core import posthog

ME = "/api/users/@me/"
OK = Reply(body={"fine": True})
Action = Callable[[ApiClient], Awaitable[Json]]


def get(path: str = ME, **options: Any) -> Action:
    return lambda client: client.get(path, **options)


# ------------------------------------------------------------------ what is sent


def test_what_every_request_carries() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, OK)
        assert call(server.url, get()) == {"fine": True}
        sent = server.requests[0].headers
    assert sent["authorization"] == "Bearer phx_test"
    assert sent["user-agent"] == f"posthog-wizard/{__version__}"
    assert sent["accept"] == "application/json"


@pytest.mark.parametrize(
    ("action", "method", "body"),
    [
        (lambda client: client.get(ME), "GET", None),
        (lambda client: client.post(ME, json={"a": 1}), "POST", {"a": 1}),
        (lambda client: client.post(ME), "POST", None),
        (lambda client: client.patch(ME, json={"b": None}), "PATCH", {"b": None}),
        (lambda client: client.delete(ME), "DELETE", None),
        (lambda client: client.request("PUT", ME, json=[1]), "PUT", [1]),
    ],
)
def test_methods(action: Action, method: str, body: Json) -> None:
    with posthog() as server:
        server.will_answer(method, ME, OK)
        assert call(server.url, action) == {"fine": True}
        assert (server.lines, server.requests[0].body) == ([f"{method} {ME}"], body)


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (None, ()),
        ({}, ()),
        ({"a": 1, "b": None, "c": "x y", "d": True}, (("a", "1"), ("c", "x y"), ("d", "true"))),
        ({"a": ["1", 2], "b": ()}, (("a", "1"), ("a", "2"))),
        ([("a", 1), ("a", 2)], (("a", "1"), ("a", "2"))),
        ({"a": {"b": 1}}, (("a", "{'b': 1}"),)),
    ],
)
def test_parameters(params: Any, query: tuple[tuple[str, str], ...]) -> None:
    with posthog() as server:
        server.will_answer("GET", ME, OK)
        call(server.url, get(params=params))
        assert server.requests[0].query == query


def test_a_base_with_a_path() -> None:
    with posthog() as server:
        server.will_answer("GET", f"/posthog{ME}", OK)
        call(f"{server.url}/posthog/", get())
        assert server.lines == [f"GET /posthog{ME}"]


def test_connections_are_used_again() -> None:
    async def twice(client: ApiClient) -> Json:
        await client.get(ME)
        return await client.get(ME)

    with posthog() as server:
        call(server.url, twice)
        ports = {request.port for request in server.requests}
    assert len(ports) == 1


def test_no_cookies() -> None:
    async def twice(client: ApiClient) -> Json:
        await client.get(ME)
        return await client.get(ME)

    with posthog() as server:
        server.will_answer("GET", ME, Reply(body=1, headers=(("Set-Cookie", "sessionid=1; Path=/"),)))
        call(server.url, twice)
        assert [request.headers.get("cookie") for request in server.requests] == [None, None]


def test_many_at_once() -> None:
    async def crowd(client: ApiClient) -> list[Json]:
        return await asyncio.gather(*(client.get(ME) for _ in range(60)))

    with posthog() as server:
        answers = call(server.url, crowd)
    assert len(answers) == 60
    assert all(answer["email"] == "max@example.com" for answer in answers)


# ------------------------------------------------------------------ what is repeated


@pytest.mark.parametrize(
    "trouble",
    [
        throttled(0),
        failure(500),
        failure(502),
        failure(503, Retry_After="0"),
        failure(504),
        web_page(502),
        Reply(hang_up=True),
        Reply(body={"x": "y" * 100}, cut=20),
    ],
)
@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", get()), ("POST", lambda client: client.request("POST", ME, json={"q": 1}, repeatable=True))],
)
def test_repeated(method: str, action: Action, trouble: Reply) -> None:
    with posthog() as server:
        server.will_answer(method, ME, trouble, trouble, OK)
        assert call(server.url, action) == {"fine": True}
        assert server.lines == [f"{method} {ME}"] * 3


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("POST", lambda client: client.post(ME, json={})),
        ("PATCH", lambda client: client.patch(ME, json={})),
        ("DELETE", lambda client: client.delete(ME)),
        ("PUT", lambda client: client.request("PUT", ME, json={})),
    ],
)
@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (throttled(0), errors.RateLimited),
        (failure(503), errors.ServerFault),
        (Reply(hang_up=True), errors.Unreachable),
        (Reply(body="x" * 100, cut=20), errors.BadReply),
    ],
)
def test_writes_are_never_repeated(method: str, action: Action, trouble: Reply, kind: type[errors.ApiError]) -> None:
    with posthog() as server:
        server.will_answer(method, ME, trouble)
        with pytest.raises(kind):
            call(server.url, action)
        assert server.lines == [f"{method} {ME}"]


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (bad_key(), errors.BadKey),
        (missing_scope("user:read"), errors.MissingScope),
        (failure(501), errors.ServerFault),
        (web_page(200), errors.BadReply),
        (throttled(3600), errors.RateLimited),
        (failure(503, Retry_After="3600"), errors.ServerFault),
    ],
)
def test_what_will_not_pass_is_not_repeated(trouble: Reply, kind: type[errors.ApiError]) -> None:
    with posthog() as server:
        server.will_answer("GET", ME, trouble)
        with pytest.raises(kind):
            call(server.url, get())
        assert server.lines == [f"GET {ME}"]


@pytest.mark.parametrize(
    ("trouble", "hint"),
    [
        (failure(502), "check whether it was done before you try again"),
        (Reply(hang_up=True), "check whether it was done before you try again"),
        (Reply(body="x" * 100, cut=20), "check whether it was done before you try again"),
        (Reply(delay=0.3), "check whether it was done before you try again"),
        (throttled(9), "try again in 9 seconds"),
    ],
)
def test_a_write_that_may_have_been_done(trouble: Reply, hint: str) -> None:
    with posthog() as server:
        server.will_answer("POST", ME, trouble)
        with pytest.raises(errors.ApiError) as caught:
            call(server.url, lambda client: client.post(ME), read_timeout=0.1)
    assert caught.value.hint == hint


def test_a_write_that_was_never_sent() -> None:
    with pytest.raises(errors.Unreachable) as caught:
        call("http://127.0.0.1:1", lambda client: client.post(ME))
    assert caught.value.hint == "check the address and the port, and that the server is running"


def test_repeating_ends() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, failure(503), times=QUICK.attempts)
        with pytest.raises(errors.ServerFault):
            call(server.url, get())


def test_the_wait_that_posthog_asks_for_is_kept() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, throttled(1), OK)
        before = time.monotonic()
        call(server.url, get())
        assert 1.0 <= time.monotonic() - before < 10  # its own longest wait is 0.02


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, throttled(20))
        before = time.monotonic()
        with pytest.raises(errors.RateLimited) as caught:
            call(server.url, get(), patience=RetryPolicy(budget=10))
        assert time.monotonic() - before < 10
    assert caught.value.retry_after == 20.0
    assert caught.value.hint == "try again in 20 seconds"


# ------------------------------------------------------------------ time and size


def test_silence() -> None:
    with posthog() as server:
        server.will_answer("POST", ME, Reply(delay=0.5))
        with pytest.raises(errors.Unreachable, match="it did not answer in time"):
            call(server.url, lambda client: client.request("POST", ME, read_timeout=0.1))


def test_silence_in_the_middle_of_an_answer() -> None:
    with posthog() as server:
        server.will_answer("POST", ME, Reply(body={"a": "b"}, cut=2, stall=0.5))
        with pytest.raises(errors.Unreachable, match="it did not answer in time"):
            call(server.url, lambda client: client.post(ME), read_timeout=0.1)


@pytest.mark.parametrize("action", [get(), lambda client: client.post(ME)])
def test_everything_together_has_an_end(action: Action) -> None:
    with posthog() as server:
        server.always = Reply(body="x" * 100, drip=0.05)
        before = time.monotonic()
        with pytest.raises(errors.Unreachable, match=r"did not answer in 0\.3 seconds$"):
            call(server.url, action, read_timeout=0.2, patience=RetryPolicy(budget=0.3))
        assert time.monotonic() - before < 4  # the whole body takes five


def test_a_query_may_take_longer_than_the_budget() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, Reply(body=1, delay=0.3))
        assert call(server.url, get(read_timeout=5), patience=RetryPolicy(budget=0.1)) == 1


def test_too_large() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, Reply(body="x" * 3_000_000))
        with pytest.raises(errors.BadReply, match=r"^the answer of `/api/users/@me/` is larger than 1 MB$"):
            call(server.url, get(), largest_reply=1024**2)


def packed(body: bytes, times: int) -> Reply:
    """An answer that was compressed so often."""
    for _ in range(times):
        body = gzip.compress(body)
    return Reply(body=body, headers=(("Content-Encoding", ", ".join(["gzip"] * times)),))


def test_an_answer_that_is_packed() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, packed(b"5", 1))
        assert call(server.url, get()) == 5


def test_an_answer_that_is_packed_twice_is_not_unpacked() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, packed(b"0" * 2_000_000, 2))
        with pytest.raises(errors.BadReply, match="instead of JSON"):  # not: larger than 1 MB
            call(server.url, get(), largest_reply=1024**2)


def test_cancelling_closes_the_connection() -> None:
    async def impatient(client: ApiClient) -> None:
        await asyncio.wait_for(client.post(ME), 0.2)

    with posthog() as server:
        server.will_answer("POST", ME, Reply(stall=5, cut=1, body="xx"))
        with pytest.raises(TimeoutError):
            call(server.url, impatient)
        assert server.hung_up_on.wait(2)


# ------------------------------------------------------------------ where the key goes


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_read_follows_within_the_origin(status: int) -> None:
    with posthog() as server:
        server.will_answer("GET", "/api/users/@me", redirect(ME, status)).will_answer("GET", ME, OK)
        assert call(server.url, get("/api/users/@me")) == {"fine": True}
        assert server.requests[1].headers["authorization"] == "Bearer phx_test"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_follows_to_another_origin(method: str, status: int) -> None:
    with posthog() as server, posthog() as other:
        server.will_answer(method, ME, redirect(f"{other.url}{ME}?token=secret", status))
        with pytest.raises(errors.BadReply, match="on another host, which is not followed") as caught:
            call(server.url, lambda client: client.request(method, ME, repeatable=True))
        assert (len(server.requests), other.requests) == (1, [])
    assert f"`{other.url}{ME}`" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("target", ["https://127.0.0.1:{port}/", "http://localhost:{port}/", "//127.0.0.2:{port}/"])
def test_another_scheme_or_name_is_another_origin(target: str) -> None:
    with posthog() as server:
        server.will_answer("GET", ME, redirect(target.format(port=server.port)))
        with pytest.raises(errors.BadReply, match="on another host"):
            call(server.url, get())


def test_a_write_follows_nowhere() -> None:
    with posthog() as server:
        server.will_answer("POST", "/api/users/@me", redirect(ME, 308))
        with pytest.raises(errors.BadReply, match=r"redirects to `\S+`, which is not followed"):
            call(server.url, lambda client: client.post("/api/users/@me"))


def test_a_circle_of_redirects() -> None:
    with posthog() as server:
        server.will_answer("GET", ME, redirect(ME), times=6)
        with pytest.raises(errors.BadReply, match="redirects in a circle"):
            call(server.url, get())


@pytest.mark.parametrize("location", ["http://[", "https://exa mple/\x00", "http://127.0.0.1:99999/"])
def test_a_broken_redirect(location: str) -> None:
    with posthog() as server:
        server.will_answer("GET", ME, redirect(location))
        with pytest.raises(errors.ApiError):
            call(server.url, get(), patience=RetryPolicy(attempts=1))


@pytest.mark.parametrize("params", [{"search": "xphx_a/b="}, {"phx_a/b=": 1}, [("a", ["phx_a/b="])]])
def test_the_key_is_never_part_of_an_address(params: Any) -> None:
    with posthog() as server:
        with pytest.raises(errors.CredentialError, match="the key must not be part of an address"):
            call(server.url, get(params=params), key="phx_a/b=")
        assert server.requests == []


@pytest.mark.parametrize(
    "path",
    ["", "api/x", "/login", "//evil.example/api/", "https://evil.example/api/", "/api/../x", "/api/./x", "/api/a?b=c",
     "/api/a#b", "/api/a b", "/api/a\\b", "/api/a\nb"],
)  # fmt: skip
def test_a_wrong_path_is_a_bug(path: str) -> None:
    with posthog() as server, pytest.raises(ValueError, match="not a path of the API"):
        call(server.url, get(path))


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (lambda client: client.post(ME, json={"name": "\ud800"}), "surrogates not allowed"),
        (lambda client: client.post(ME, json={"value": float("nan")}), "not JSON compliant"),
        (lambda client: client.get(ME, params={"search": "\ud800"}), "surrogates not allowed"),
        (lambda client: client.get(f"/api/{'x' * 70_000}"), "URL too long"),
    ],
)
def test_what_cannot_be_sent(action: Action, reason: str) -> None:
    with posthog() as server:
        with pytest.raises(errors.WrongUsage, match=reason):
            call(server.url, action)
        assert server.requests == []


def test_a_host_that_no_name_server_could_know() -> None:
    with pytest.raises(errors.WrongUsage, match="is not an address"):
        ApiClient(f"https://{'ä' * 70}.example", Secret("phx_test"))


def test_plain_http_to_the_network_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(errors.WrongUsage, match="plain http"):
        ApiClient("http://posthog.lan", Secret("phx_test"))


def test_no_log_names_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with posthog() as server:
        server.will_answer("GET", ME, failure(503), OK)
        call(server.url, get(), key="phx_Ab3dEf6hIj9k")
    assert ME in caplog.text
    assert "Ab3dEf6hIj9k" not in caplog.text


# ------------------------------------------------------------------ paths from identifiers


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (5, "/api/projects/5/"),
        ("@current", "/api/projects/@current/"),
        ("a/../../users", "/api/projects/a%2F..%2F..%2Fusers/"),
        ("a b?c#d", "/api/projects/a%20b%3Fc%23d/"),
        ("{x}", "/api/projects/%7Bx%7D/"),
    ],
)
def test_filled(value: int | str, path: str) -> None:
    assert filled("/api/projects/{project_id}/", project_id=value) == path


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_not_an_identifier(value: str) -> None:
    with pytest.raises(errors.WrongUsage, match="`project_id` is empty or no identifier"):
        filled("/api/projects/{project_id}/", project_id=value)
