"""The table of faults: what goes wrong, what the client receives, how often the server was asked, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from posthog_wizard.bridge.errors.http_errors import HttpErrorResponse, error_of_response, redirect_refused
from posthog_wizard.model import Json
from tests.support.bridged import KEY, SHORT, bridged, call, request, settings
from tests.support.scripted import (
    Step,
    begun,
    document,
    dropped,
    hung,
    page,
    redirect,
    refuse,
    result,
    scripted,
    stream,
)

UNSURE = "may or may not have happened"
DOCTOR = "posthog-wizard mcp doctor"
LIST, CALL = request(1, "tools/list"), call(1)
BUSY = 1.0  # seconds that a machine with other work may take more
PATIENT = SHORT._replace(patience=5)


def rpc_error(code: int, message: str, identifier: Json = None) -> Json:
    """A JSON-RPC error as a server sends it."""
    return {"jsonrpc": "2.0", "id": identifier, "error": {"code": code, "message": message}}


@dataclass(frozen=True)
class Fault:
    """What the server does to one message, and the sentence that the client gets; `fine`: it notices nothing."""

    message: Json
    steps: tuple[Step, ...]
    words: tuple[str, ...]
    asked: int = 1  # how often the server saw the message
    within: float = 0.9  # seconds
    code: Json = -32000
    kind: str | None = None  # of our errors
    changes: Mapping[str, Any] = field(default_factory=dict)  # to the settings


FAULTS: dict[str, Fault] = {
    "401": Fault(CALL, (refuse(401),), ("rejected the key from the environment variable `POSTHOG_AUTH_HEADER`", DOCTOR), kind="bad_key"),
    "401 that echoes the key": Fault(CALL, (refuse(401, f"bad token {KEY}".encode()),), ("rejected the key",), kind="bad_key"),
    "401 in JSON that echoes the key": Fault(CALL, (document({"detail": f"no such key: {KEY}"}, 401),), ("no such key: phx_…mnop",), kind="bad_key"),
    "403": Fault(CALL, (document({"detail": "API key missing required scope 'insight:write'"}, 403),), ("missing required scope 'insight:write'", "scopes", DOCTOR), kind="missing_scope"),
    "404 without a session": Fault(CALL, (refuse(404),), ("has no MCP server at `http://127.0.0.1:", "--url"), kind="not_found"),
    "405": Fault(CALL, (refuse(405),), ("has no MCP server at",), kind="not_found"),
    "400": Fault(CALL, (document({"error": "Missing sessionId"}, 400),), ("did not accept the message", "Missing sessionId"), kind="rejected"),
    "400 with a JSON-RPC error": Fault(CALL, (document(rpc_error(-32602, "bad parameter", 1), 400),), ("bad parameter",), code=-32602),
    "400 with a JSON-RPC error without an id": Fault(CALL, (document(rpc_error(-32022, "Unsupported protocol version"), 400),), ("Unsupported protocol version",), code=-32022),
    "404 with a JSON-RPC error": Fault(LIST, (document(rpc_error(-32601, "Method not found"), 404),), ("Method not found",), code=-32601),
    "408, a call": Fault(CALL, (refuse(408), result()), (), asked=2),
    "501, a list": Fault(LIST, (refuse(501),), ("did not accept the message",), kind="rejected"),
    "502 with a page of a megabyte": Fault(LIST, (page("Bad gateway" + " " * 1_000_000, 502), result()), (), asked=2),
    "413": Fault(CALL, (refuse(413),), ("too large",), kind="rejected"),
    "429 without a time, a call": Fault(CALL, (refuse(429), result()), (), asked=2),
    "429 with a short time, a call": Fault(CALL, (refuse(429, Retry_After="1"), result()), (), asked=2, within=1.4),
    "429 with a long time": Fault(CALL, (refuse(429, Retry_After="3600"),), ("limits how often", "in 3600 seconds"), kind="rate_limited"),
    "429 for ever": Fault(LIST, (refuse(429),), ("limits how often",), asked=5, kind="rate_limited"),
    "503 with a short time, a list": Fault(LIST, (refuse(503, Retry_After="1"), result()), (), asked=2, within=1.4),
    "503 with a short time, a call": Fault(CALL, (refuse(503, Retry_After="1"), result()), (UNSURE, "in 1 seconds"), kind="server_fault"),
    "500, a list": Fault(LIST, (refuse(500), refuse(502), result()), (), asked=3),
    "500 for ever, a list": Fault(LIST, (refuse(500),), ("failed (status 500)",), asked=5, kind="server_fault"),
    "500, a call": Fault(CALL, (refuse(500), result()), (UNSURE, "status 500"), kind="server_fault"),
    "500 with a JSON-RPC error, a call": Fault(CALL, (document(rpc_error(-32603, "boom", 1), 500),), ("boom",), code=-32603),
    "502 with a web page": Fault(CALL, (page("Bad gateway", 502),), ("status 502", "a web page titled `Bad gateway`", UNSURE), kind="server_fault"),
    "a captive portal": Fault(CALL, (page("Hotel Wi-Fi sign-in"),), ("a web page titled `Hotel Wi-Fi sign-in` instead of JSON-RPC", "sign-in page"), kind="bad_reply"),
    "a captive portal's page without its type": Fault(CALL, (refuse(200, b"<html><body>Welcome", "application/json"),), ("a web page",), kind="bad_reply"),
    "a firewall's page": Fault(CALL, (page("Just a moment...", 403),), ("answered with a web page titled `Just a moment...` instead of JSON-RPC (status 403)", "sign-in page"), kind="bad_reply"),
    "a network that wants a sign-in": Fault(CALL, (page("Hotel", 511), result()), ("a web page titled `Hotel`", "sign-in page"), kind="bad_reply"),
    "a proxy that wants a password": Fault(CALL, (refuse(407),), ("the proxy before", "HTTP_PROXY"), kind="rejected"),
    "text": Fault(CALL, (refuse(200, b"hello"),), ("answered with text/plain instead of JSON-RPC",), kind="bad_reply"),
    "JSON that is no message": Fault(CALL, (document([1, 2]),), ("answered with other or broken JSON instead of JSON-RPC (status 200). Run",), kind="bad_reply"),
    "JSON that is cut off": Fault(CALL, (refuse(200, b'{"jsonrpc": "2.0", "id"', "application/json"),), ("answered with other or broken JSON instead of JSON-RPC (status 200). Run",), kind="bad_reply"),
    "an empty body": Fault(CALL, (refuse(200, b"", "application/json"),), ("answered with nothing instead of JSON-RPC (status 200). Run",), kind="bad_reply"),
    "202 for a request": Fault(CALL, (refuse(202),), ("promised no answer",), kind="bad_reply"),
    "closed without a word, a list": Fault(LIST, (dropped, result()), (), asked=2),
    "closed without a word, a call": Fault(CALL, (dropped, result()), ("broke off", UNSURE), kind="unreachable"),
    "a stream without the answer, a list": Fault(LIST, (stream(), result()), (), asked=2),
    "a stream without the answer, a call": Fault(CALL, (stream(), result()), ("ended the stream without the answer", UNSURE), kind="bad_reply"),
    "a stream that is cut, a call": Fault(CALL, (stream(ending="cut"), result()), (UNSURE,), kind="unreachable"),
    "a stream that is reset, a list": Fault(LIST, (stream(ending="reset"), result()), (), asked=2),
    "no answer in time": Fault(CALL, (hung,), ("within 1 seconds", UNSURE), within=1.6, kind="api", changes={"waits": SHORT._replace(silence=1)}),
    "no answer to what is no call": Fault(LIST, (hung,), ("within 1 seconds",), within=1.6, kind="api"),
    "a body that stops": Fault(LIST, (begun(b'{"jsonrpc": "2.0"'),), ("within 1 seconds",), within=1.6, kind="api"),
    "a body without an end": Fault(CALL, (begun(*[b" " * 10_000] * 11),), ("more than 100,000 bytes", UNSURE), kind="bad_reply", changes={"largest": 100_000}),
    "an event without an end": Fault(CALL, (stream(*[b"data: " + b"x" * 10_000] * 11),), ("more than 100,000 bytes", UNSURE), kind="bad_reply", changes={"largest": 100_000}),
    "a redirect within the origin": Fault(CALL, (redirect("/other?x=1"), result()), (), asked=2),
    "a redirect by its whole address": Fault(CALL, (redirect("{origin}/other"), result()), (), asked=2),
    "redirects without end": Fault(CALL, (redirect("/mcp"),), ("redirects to",), asked=4, kind="bad_reply"),
    "a redirect to another host": Fault(CALL, (redirect("https://evil.example/mcp?secret=1"),), ("redirects to `https://evil.example/mcp`, which is not followed",), kind="bad_reply"),
    "a redirect to another port": Fault(CALL, (redirect("http://127.0.0.1:1/mcp"),), ("redirects to `http://127.0.0.1:1/mcp`",), kind="bad_reply"),
    "a redirect to another scheme": Fault(CALL, (redirect("https://127.0.0.1/mcp"),), ("not followed",), kind="bad_reply"),
    "a redirect that turns a POST into a GET": Fault(CALL, (redirect("/other", 302),), ("redirects to `/other`",), kind="bad_reply"),
    "a redirect to a sign-in": Fault(CALL, (redirect("/login?next=/mcp", 303),), ("redirects to `/login`", "sign-in page"), kind="bad_reply"),
    "a redirect to nowhere": Fault(CALL, (refuse(307),), ("redirects to `nowhere`",), kind="bad_reply"),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAULTS.values(), ids=FAULTS.keys())
def test_fault(failure: Fault) -> None:
    async def scenario() -> None:
        kind = failure.message["method"]
        async with (
            scripted({kind: failure.steps}) as server,
            bridged(settings(server.url, **failure.changes)) as client,
        ):
            began = asyncio.get_running_loop().time()
            [heard] = await client.ask(failure.message)
            elapsed = asyncio.get_running_loop().time() - began
            [after] = await client.ask(request("after", "ping"))
        error = heard.get("error", {"code": None, "message": ""})
        assert [word for word in failure.words if word not in error["message"]] == []
        assert (heard["id"], after["id"], len(server.of(kind))) == (1, "after", failure.asked)
        assert (error["code"], error.get("data", {}).get("code")) == (
            failure.code if failure.words else None,
            failure.kind,
        )
        assert elapsed < failure.within + BUSY
        assert KEY not in str(client.heard)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ("/mcp/", "Pass `https://mcp.example/mcp/` as --url"),
        ("http://mcp.example/mcp/", "Pass `https://mcp.example/mcp/` as --url"),
        ("http://mcp.example:8080/mcp/", "Pass `https://mcp.example/mcp/` as --url"),
        ("http://mcp.example:8080/mcp", "Run `posthog-wizard mcp doctor`."),
        ("http://other.example:8080/mcp/", "Pass `https://other.example:8080/mcp/` as --url"),
        ("https://other.example/mcp?token=1", "Pass `https://other.example/mcp` as --url"),
        ("", "Run `posthog-wizard mcp doctor`."),
        ("http://[::1", "Run `posthog-wizard mcp doctor`."),
        ("/mcp?again", "Run `posthog-wizard mcp doctor`."),
    ],
)
def test_the_address_that_a_redirect_advises_can_be_passed(location: str, hint: str) -> None:
    answer = HttpErrorResponse("https://mcp.example/mcp", 301, {}, b"")
    advised = redirect_refused(answer, location).error.hint or ""
    assert advised.startswith(hint)


def test_a_bug_in_the_bridge_is_an_error_and_no_end() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url, largest="no number")) as client:
            [heard] = await client.ask(CALL)
            assert heard["error"]["code"] == -32603
            assert "Please report it" in heard["error"]["message"]
            [again] = await client.ask(request(2, "ping"))
            assert again["id"] == 2

    asyncio.run(scenario())


def test_a_foreign_answer_is_left_out_and_settles_nothing() -> None:
    async def scenario() -> None:
        foreign = {"jsonrpc": "2.0", "id": 99, "result": {}}
        async with scripted({"tools/call": [stream(foreign)]}) as server, bridged(settings(server.url)) as client:
            client.say(CALL)
            [heard] = await client.hear()
            assert (heard["id"], "error" in heard) == (1, True)

    asyncio.run(scenario())


def test_a_wrong_key_without_a_key() -> None:
    async def scenario() -> None:
        async with scripted({"tools/call": [refuse(401)]}) as server:
            async with bridged(settings(server.url, key=None, key_source=None)) as client:
                [heard] = await client.ask(CALL)
            assert "requires a key, and none was given" in heard["error"]["message"]
            assert "POSTHOG_AUTH_HEADER" in heard["error"]["message"]
            assert "authorization" not in server.asked[0].headers

    asyncio.run(scenario())


OAUTH = 'Bearer resource_metadata="https://mcp.posthog.com/.well-known/oauth-protected-resource"'
LOGIN = "Sign in with `posthog-wizard login`"
ELSEWHERE = "in a client that can"


@pytest.mark.parametrize(
    ("origin", "challenge", "words"),
    [
        ("https://mcp.posthog.com", OAUTH, LOGIN),
        ("https://mcp.eu.posthog.com", OAUTH.replace("resource_metadata", "Resource_Metadata"), LOGIN),
        ("https://mcp.posthog.com:8443", "Bearer", LOGIN),
        ("https://mcp.posthog.com", None, LOGIN),
        ("https://mcp.linear.app", OAUTH, f"Sign in to `https://mcp.linear.app` {ELSEWHERE}"),
        ("https://evilposthog.com", OAUTH, ELSEWHERE),
        ("https://mcp.posthog.com.example.com", OAUTH, ELSEWHERE),
        ("http://mcp.posthog.com", OAUTH, ELSEWHERE),
        ("https://mcp.linear.app", "Bearer", "set POSTHOG_AUTH_HEADER"),
        ("http://127.0.0.1:8010", None, "set POSTHOG_AUTH_HEADER"),
    ],
)
def test_how_to_sign_in_depends_on_whose_server_it_is(origin: str, challenge: str | None, words: str) -> None:
    headers = {} if challenge is None else {"www-authenticate": challenge}
    failure = error_of_response(HttpErrorResponse(f"{origin}/mcp", 401, headers, b""))
    assert words in str(failure.error.hint)


@pytest.mark.parametrize("message", [LIST, CALL], ids=["list", "call"])
def test_a_server_that_is_not_there_yet_is_tried_again(message: Json) -> None:
    async def scenario() -> None:
        async with scripted() as gone:
            url = gone.url
        async with bridged(settings(url, waits=PATIENT)) as client:
            client.say(message)
            await asyncio.sleep(0.2)
            async with scripted(port=int(url.split(":")[2].split("/")[0])) as server:
                assert (await client.hear())[0]["result"] == {}
                assert server.kinds()[0] == message["method"]

    asyncio.run(scenario())


@pytest.mark.parametrize("message", [LIST, CALL], ids=["list", "call"])
def test_a_server_that_is_not_there_at_all_is_an_error_for_each_request_and_no_end(message: Json) -> None:
    async def scenario() -> None:
        async with scripted() as gone:
            url = gone.url
        async with bridged(settings(url)) as client:
            answers = await client.ask(message, request(2, "ping"), request(3, "ping"))
            assert {each["error"]["data"]["code"] for each in answers} == {"unreachable"}
            assert "it refuses connections" in answers[0]["error"]["message"]
            assert UNSURE not in answers[0]["error"]["message"]
            async with scripted(port=int(url.split(":")[2].split("/")[0])):
                assert (await client.ask(request(4, "ping")))[0]["result"] == {}

    asyncio.run(scenario())


def test_the_network_goes_and_comes_back() -> None:
    async def scenario() -> None:
        async with scripted() as server, bridged(settings(server.url)) as client:
            await client.begin()
            await client.ask(LIST)
            server.cut_all()
            await asyncio.sleep(0.05)
            assert [each["result"] for each in await client.ask(CALL, request(2, "ping"))] == [{}, {}]

    asyncio.run(scenario())
