"""The real thing over HTTP: what each broken server, proxy or network is reported as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.doctor.check import Status
from posthog_wizard.model import NOTHING
from tests.support.hosted import HELLO, SESSION
from tests.support.machines import KEY
from tests.support.posthog import redirect, web_page
from tests.support.probes import NOBODY_THERE, examined
from tests.support.program import OTHER_KEY
from tests.support.wire import Reply
from tests.support.world import world

CONNECTION = "client.claude-code.connection"
SHORT, USUAL = 2.5, 20.0
WITH_KEY = {"headers": {"Authorization": f"Bearer {KEY}"}}
HANDSHAKE = ["initialize", "notifications/initialized", "tools/list", "DELETE"]


class Fault(NamedTuple):
    """One server, and what is said of the entry that leads to it."""

    name: str
    status: Status
    kind: str | None = None
    words: tuple[str, ...] = ()
    faults: Mapping[str, Reply] = NOTHING
    key: str = KEY  # that the server wants
    more: Mapping[str, Any] = WITH_KEY  # fields of the entry
    timeout: float = USUAL
    streams: bool = False


def rpc_error(message: str, code: int = -32000) -> Reply:
    """A JSON-RPC error under a good status."""
    return Reply(body={"jsonrpc": "2.0", "id": 2, "error": {"code": code, "message": message}})


def hello(**result: Any) -> Reply:
    """The answer to `initialize`."""
    return Reply(
        body={"jsonrpc": "2.0", "id": 1, "result": {**HELLO, **result}}, headers=(("Mcp-Session-Id", SESSION),)
    )


def asking(number: int) -> Reply:
    """A stream with the answer, and before it a request of the server that has the same id."""
    texts = ({"id": number, "method": "ping"}, {"id": number, "result": {"tools": []}})
    body = "".join(f"data: {json.dumps(text)}\n\n" for text in texts).encode()
    return Reply(body=body, headers=(("Content-Type", "text/event-stream"),))


INITIALIZE = "initialize"
ELSEWHERE = "https://collect.example.com/mcp?key=1"
FAULTS = (
    Fault("healthy", "ok"),
    Fault("healthy, in events", "ok", streams=True),
    Fault("healthy without a session", "ok", faults={"DELETE": Reply(405)}),
    Fault("no tools at all", "ok", faults={"tools/list": rpc_error("Method not found", -32601)}),
    Fault("a strange version", "ok", faults={INITIALIZE: hello(protocolVersion="1\n2")}),
    Fault("it wants a sign-in", "ok", more=NOTHING),
    Fault("401", "fail", "refused", ("does not accept the key (status 401): invalid_token",), key=OTHER_KEY),
    Fault(
        "401 that echoes the key", "fail", "refused", ("no such key: phx_…Jt0B",),
        {INITIALIZE: Reply(401, {"error": {"message": f"no such key: {KEY}"}})},
    ),
    Fault("401 without a word, no key", "fail", "refused", ("the entry has none",), {INITIALIZE: Reply(401)}, more=NOTHING),
    Fault("401 for another header", "ok", more={"headers": {"X-Other": "1"}}),
    Fault("403", "fail", "forbidden", ("does not allow this key", "scope"), {INITIALIZE: Reply(403, {"detail": "scope `a`"})}),
    Fault("404", "fail", "not-mcp", ("has no MCP server",), {INITIALIZE: Reply(404)}),
    Fault("405", "fail", "not-mcp", ("has no MCP server",), {INITIALIZE: Reply(405)}),
    Fault("410", "fail", "not-mcp", ("any more",), {INITIALIZE: Reply(410)}),
    Fault("400", "fail", "error", ("did not accept the message", "bad"), {INITIALIZE: Reply(400, {"error": "bad"})}),
    Fault("407", "fail", "proxy", ("requires a password",), {INITIALIZE: Reply(407)}),
    Fault("429", "fail", "busy", ("how often",), {INITIALIZE: Reply(429)}),
    Fault("500", "fail", "failed", ("failed (status 500)",), {INITIALIZE: Reply(500, [1])}),
    Fault("502 with a page", "fail", "failed", ("failed (status 502)",), {INITIALIZE: web_page(502)}),
    Fault(
        "a proxy's page", "fail", "blocked", ("answered in its place", "titled `Zscaler`", "status 200"),
        {INITIALIZE: Reply(200, b"<!doctype html><title>Zscaler</title>", (("Content-Type", "text/html"),))},
    ),
    Fault("a proxy's refusal", "fail", "blocked", ("status 403",), {INITIALIZE: web_page(403)}),
    Fault("a page in place of the tools", "fail", "blocked", ("status 200",), {"tools/list": web_page()}),
    Fault("text", "fail", "not-mcp", ("with text/plain",), {INITIALIZE: Reply(200, b"hi", (("Content-Type", "text/plain"),))}),
    Fault("nothing", "fail", "not-mcp", ("is not an MCP server",), {INITIALIZE: Reply(200, b"")}),
    Fault("another answer", "fail", "not-mcp", ("not with the message",), {INITIALIZE: Reply(200, {"id": 9, "result": {}})}),
    Fault("JSON that is no message", "fail", "not-mcp", ("not with the message",), {INITIALIZE: Reply(200, [])}),
    Fault("an answer for true", "fail", "not-mcp", ("not with the message",), {INITIALIZE: Reply(200, {"id": True, "result": {}})}),
    Fault("an error without an id", "fail", "error", ("answers `initialize` with an error: too old",), {INITIALIZE: Reply(200, {"id": None, "error": {"code": -32600, "message": "too old"}})}),
    Fault("a question with the id of ours", "ok", faults={"tools/list": asking(2)}),
    Fault("an answer with an id as a fraction", "ok", faults={"tools/list": Reply(body=b'{"id":2.0,"result":{"tools":[]}}')}),
    Fault("NaN", "fail", "not-mcp", ("not with the message",), {"tools/list": Reply(body=b'{"id":2,"result":{"tools":[],"n":NaN}}')}),
    Fault("nested deep", "fail", "not-mcp", ("not with the message",), {INITIALIZE: Reply(body=b'{"id":1,"result":' + b"[" * 990 + b"]" * 990 + b"}")}),
    Fault("a number of 5,000 digits", "fail", "not-mcp", ("not with the message",), {INITIALIZE: Reply(body=b'{"id":1,"result":' + b"9" * 5000 + b"}")}),
    Fault("half an emoji in names", "ok", faults={INITIALIZE: hello(serverInfo={"name": "\ud83d"}), "tools/list": Reply(body={"id": 2, "result": {"tools": [{"name": "\ud83d"}]}})}),
    Fault("tools that are none", "fail", "not-mcp", ("list of tools",), {"tools/list": Reply(body={"id": 2, "result": {}})}),
    Fault("an error", "fail", "error", ("answers `tools/list` with an error: not today",), {"tools/list": rpc_error("not today")}),
    Fault("the notification is refused", "fail", "failed", ("status 503",), {"notifications/initialized": Reply(503)}),
    Fault("elsewhere", "fail", "redirect", ("on to `https://collect.example.com/mcp`",), {INITIALIZE: redirect(ELSEWHERE, 307)}),
    Fault("elsewhere by GET", "fail", "redirect", ("/login`",), {INITIALIZE: redirect("/login", 302)}),
    Fault("in a circle", "fail", "redirect", ("/mcp`",), {INITIALIZE: redirect("/mcp", 308)}),
    Fault("it hangs", "fail", "timeout", ("no answer within 1.",), {INITIALIZE: Reply(delay=3)}, timeout=SHORT),
    Fault("it drips", "fail", "timeout", ("no answer",), {INITIALIZE: Reply(body=b"x" * 99, drip=0.1)}, timeout=SHORT),
    Fault("it hangs up", "fail", "timeout", ("no answer",), {INITIALIZE: Reply(hang_up=True)}),
    Fault("it breaks off", "fail", "timeout", ("no answer",), {INITIALIZE: Reply(body=b"{}" * 99, cut=9)}),
)  # fmt: skip


def entry(url: str = "https://mcp.posthog.com/mcp", key: str | None = KEY) -> dict[str, Any]:
    """As `mcp add` writes it."""
    return {"type": "http", "url": url, **({"headers": {"Authorization": f"Bearer {key}"}} if key else {})}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_an_address_is_tried(fault: Fault, tmp_path: Path) -> None:
    with world(tmp_path, key=fault.key, faults=fault.faults, streams=fault.streams) as around:
        trial = examined(
            tmp_path,
            {"claude-code": {**entry(key=None), **fault.more}},
            environment=around.environment,
            timeout=fault.timeout,
        )
    check = trial.one(CONNECTION)
    assert (check.status, check.data.get("kind")) == (fault.status, fault.kind)
    assert [word for word in fault.words if word not in str(check.cause)] == []
    assert bool(check.cause) == bool(check.fix) == (fault.status != "ok")
    assert trial.seconds < fault.timeout + 2
    assert [check_id for check_id in trial.statuses if check_id.startswith("key.")] == []
    assert trial.leaked == []


def test_the_whole_conversation(tmp_path: Path) -> None:
    with world(tmp_path, streams=True) as around:
        check = examined(
            tmp_path,
            {"claude-code": {**entry(), "url": "https://mcp.posthog.com/mcp?mode=tools"}},
            environment=around.environment,
        ).one(CONNECTION)
    assert (check.data["server"], check.data["protocol"], check.data["tools"]) == ("hosted 1", "2025-11-25", 1)
    ours = [request for request in around.hosted.requests if "authorization" in request.headers]
    assert [request.body.get("method") if request.raw else request.method for request in ours] == HANDSHAKE
    assert {request.parameter("mode") for request in ours} == {"tools"}
    assert [request.headers.get("mcp-session-id") for request in ours] == [None, SESSION, SESSION, SESSION]
    assert [request.headers.get("mcp-protocol-version") for request in ours] == [None, *["2025-11-25"] * 3]


def test_a_redirect_that_keeps_the_origin_is_followed(tmp_path: Path) -> None:
    with world(tmp_path, faults={"initialize": redirect("/mcp/?moved=1", 307)}) as around:
        examined(tmp_path, {"claude-code": entry()}, environment=around.environment)
    targets = [request.query for request in around.hosted.requests if "authorization" in request.headers]
    assert targets[:2] == [(), (("moved", "1"),)]


def test_one_handshake_for_clients_that_share_an_entry(tmp_path: Path) -> None:
    with world(tmp_path) as around:
        trial = examined(
            tmp_path,
            {"claude-code": entry(), "cursor": entry(), "gemini-cli": entry(key=OTHER_KEY)},
            environment=around.environment,
        )
    assert [trial.one(f"client.{client}.connection").status for client in ("claude-code", "cursor", "gemini-cli")] == [
        "ok",
        "ok",
        "fail",
    ]
    sent = [request.headers.get("authorization") for request in around.hosted.requests if b'initialize"' in request.raw]
    assert sorted(map(str, sent)) == sorted([f"Bearer {KEY}", f"Bearer {OTHER_KEY}", "None"])
    assert around.us.lines.count("GET /api/personal_api_keys/@current") == 2  # one for each key


NOT_TRIED: dict[str, tuple[str, dict[str, Any], Status, str]] = {
    "offline": ("claude-code", entry(), "skip", "`--offline`"),
    "it only starts programs": ("claude-desktop", entry(), "fail", "only starts programs"),
    "it asks": ("vscode", {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer ${input:posthog-api-key}"}}, "skip", "asks for the key itself"),
    "the old transport": ("cursor", entry("https://mcp.posthog.com/sse"), "skip", "old transport"),
    "not set": ("cursor", {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer ${env:NOT_SET}"}}, "fail", "is not set"),
    "a project's key": ("claude-code", entry(key="phc_Wd5Rk1Tz7Qp3Mx9Bv6Nc2Lf8Hs4Ga0Ju5Ye1Io7Ku"), "fail", "project API key"),
    "a shape that nobody reads": ("claude-code", {"url": 3, "command": ["mcp.posthog.com"], "args": ["https://mcp.posthog.com/mcp"]}, "fail", "the client does not read it"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_TRIED)
def test_what_is_not_tried(name: str, tmp_path: Path) -> None:
    client, value, status, reason = NOT_TRIED[name]
    with world(tmp_path) as around:
        check = examined(tmp_path, {client: value}, environment=around.environment, offline=name == "offline").one(
            f"client.{client}.connection"
        )
    assert (check.status, reason in str(check.cause)) == (status, True), check
    assert [request for request in around.hosted.requests if "authorization" in request.headers] == []


def test_a_key_is_not_sent_over_plain_http(tmp_path: Path) -> None:
    check = examined(tmp_path, {"claude-code": entry("http://192.0.2.7/mcp")}).one(CONNECTION)
    assert (check.status, check.data["kind"], "everybody on the way" in str(check.cause)) == (
        "fail",
        "plain-http",
        True,
    )


@pytest.mark.parametrize("url", ["https://mcp.posthog.com:port/mcp", "https://u:p@mcp.posthog.com/mcp", "https:///mcp"])
def test_an_address_that_is_none(url: str, tmp_path: Path) -> None:
    check = examined(tmp_path, {"claude-code": entry(url)}, environment=NOBODY_THERE).one(CONNECTION)
    assert (check.status, check.data["kind"]) == ("fail", "error")
    assert "is not the address of an MCP server" in str(check.cause)


def test_what_node_trusts_besides_is_trusted(tmp_path: Path) -> None:
    with world(tmp_path, trusted=False) as around:
        named = {**around.environment, "NODE_EXTRA_CA_CERTS": str(tmp_path / "authority.pem")}
        trial = examined(tmp_path, {"claude-code": entry()}, environment=named)
    assert (trial.one(CONNECTION).status, trial.statuses) == ("ok", {"network.tls": "fail"})
