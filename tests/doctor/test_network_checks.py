"""`network.*`: every obstacle on the way is told apart, and named once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.api.http_probe import Unanswered
from posthog_wizard.doctor.check import Status
from posthog_wizard.doctor.context import OwnKey
from posthog_wizard.doctor.probes.network_checks import checks_of
from posthog_wizard.doctor.probes.reachability import Endpoint, Reachability, reach
from posthog_wizard.model import Secret
from posthog_wizard.net.addresses import parse_address
from tests.support.machines import KEY
from tests.support.posthog import SandboxKey, failure, redirect, web_page
from tests.support.posthog_core import posthog
from tests.support.probes import Trial, examined
from tests.support.wire import Reply
from tests.support.world import EU, MCP, US, world

WHO = "/api/users/@me/"
HOSTED = {"type": "http", "url": f"https://{MCP}/mcp", "headers": {"Authorization": f"Bearer {KEY}"}}
NETWORK = ("network.name", "network.proxy", "network.tls", "network.api", "network.hosted", "network.clock")


def network(trial: Trial) -> dict[str, Status]:
    """What is not in order there."""
    return {check_id: status for check_id, status in trial.statuses.items() if check_id.startswith("network.")}


class Fault(NamedTuple):
    """A network, and what is said of it when an entry leads to the hosted server."""

    name: str
    world: dict[str, Any]
    findings: dict[str, Status]
    words: tuple[str, ...] = ()  # in the causes
    kind: str | None = None  # of the entry's trouble


FAULTS = (
    Fault("healthy", {}, {}),
    Fault("the proxy refuses", {"reachable": ()}, {"network.proxy": "fail"}, ("lets nothing through (403 Forbidden)",), "proxy"),
    Fault(
        "the proxy requires a password", {"reachable": (), "refusal": "407 Proxy Authentication Required"},
        {"network.proxy": "fail"}, ("407 Proxy Authentication Required",), "proxy",
    ),
    Fault("the proxy refuses the server alone", {"reachable": (US, EU)}, {"network.proxy": "fail"}, (f"proxy to `{MCP}`",), "proxy"),
    Fault("the proxy refuses both regions", {"reachable": (MCP,)}, {"network.proxy": "fail"}),
    Fault("the proxy refuses one region", {"reachable": (US, MCP)}, {"network.proxy": "warn"}),
    Fault("TLS is intercepted", {"trusted": False}, {"network.tls": "fail"}, ("signed by `Corporate Proxy Inc`",), "intercepted"),
    Fault("a page", {"faults": {"initialize": web_page()}}, {"network.hosted": "fail"}, ("answered in its place",), "blocked"),
    Fault("it fails", {"faults": {"initialize": Reply(503)}}, {"network.hosted": "warn"}, ("status 503",), "failed"),
    Fault("it is no server", {"faults": {"initialize": Reply(200, b"hello")}}, {"network.hosted": "warn"}, ("like PostHog",), "not-mcp"),
    Fault("it hangs up", {"faults": {"initialize": Reply(hang_up=True)}}, {"network.hosted": "fail"}, ("no answer",), "timeout"),
    Fault(
        "our clock is fast", {"faults": {"initialize": Reply(401, {}, (("Date", "Tue, 01 Jan 2019 00:00:00 GMT"),))}},
        {"network.clock": "warn"}, ("seconds fast",), "refused",
    ),
    Fault(
        "our clock is slow", {"faults": {"initialize": Reply(401, {}, (("Date", "Tue, 01 Jan 2097 00:00:00 GMT"),))}},
        {"network.clock": "warn"}, ("seconds slow",), "refused",
    ),
    Fault("no time is told", {"faults": {"initialize": Reply(401, {}, (("Date", "soon"),))}}, {}, (), "refused"),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_network(fault: Fault, tmp_path: Path) -> None:
    with world(tmp_path, **fault.world) as around:
        trial = examined(tmp_path, {"claude-code": HOSTED}, environment=around.environment)
    assert network(trial) == fault.findings
    told = " ".join(f"{check.title}: {check.cause}" for check in trial.checks if check.status != "ok")
    assert [word for word in fault.words if word not in told] == []
    assert trial.one("client.claude-code.connection").data.get("kind") == fault.kind
    assert trial.leaked == []


def test_a_healthy_way_is_measured_and_asked_once(tmp_path: Path) -> None:
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"claude-code": HOSTED, "cursor": HOSTED}, environment=around.environment)
    assert {check.data["host"] for check in trial.of("network.proxy")} == {US, EU, MCP}
    assert {check.data["proxy"] for check in trial.of("network.proxy")} == {around.proxy.url}
    assert {check.data["host"] for check in trial.of("network.tls")} == {US, EU, MCP}
    assert [check.data["host"] for check in trial.of("network.api")] == [US, EU]
    assert [check.data["status"] for check in (*trial.of("network.api"), trial.one("network.hosted"))] == [401] * 3
    assert all(isinstance(check.data["milliseconds"], int) for check in trial.of("network.api"))
    assert abs(trial.one("network.clock").data["seconds"]) <= 2
    assert around.us.lines.count(f"GET {WHO}") == 2  # without a key, and by the key's own check
    assert len([one for one in around.hosted.requests if "authorization" not in one.headers]) == 1


def test_one_proxy_in_the_way_is_one_finding(tmp_path: Path) -> None:
    with world(tmp_path, reachable=()) as around:
        trial = examined(tmp_path, {"claude-code": HOSTED}, environment=around.environment)
    only = trial.one("network.proxy")
    assert (only.status, sorted(only.data["hosts"])) == ("fail", sorted((US, EU, MCP)))
    assert (trial.of("network.tls"), trial.of("network.api"), trial.of("network.hosted")) == ([], [], [])
    assert trial.one("key.valid").status == "skip"


def local(url: str, *flags: str) -> dict[str, Any]:
    """An entry of our own server, which nobody starts."""
    arguments = ["mcp", "serve", "--host", url, *flags]
    return {"type": "stdio", "command": "/opt/posthog-wizard", "args": arguments, "disabled": False}


ANSWERS = {
    "healthy": (None, {}, "network.api"),
    "a page": (web_page(), {"network.api": "fail"}, "in its place"),
    "it fails": (failure(502), {"network.api": "warn"}, "status 502"),
    "a login page elsewhere": (redirect("https://sso.example.com/"), {"network.api": "warn"}, "does not answer like PostHog"),
    "a proxy": (Reply(407), {"network.api": "warn"}, "does not answer like PostHog"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_an_own_posthog(name: str, tmp_path: Path) -> None:
    reply, findings, _ = ANSWERS[name]
    with posthog(SandboxKey(KEY), always=reply) as server:
        named = server.url.replace("127.0.0.1", "localhost")
        trial = examined(tmp_path, {"claude-code": local(named)})
    assert network(trial) == findings
    assert trial.one("network.name").data["milliseconds"] >= 0
    assert trial.of("network.proxy") == trial.of("network.tls") == []


@pytest.mark.parametrize("timeout", [20.0, 0.4])
def test_a_number_needs_no_name_server(timeout: float, tmp_path: Path) -> None:
    """However little time there is: it was said not to answer where nobody had asked it."""
    with posthog(SandboxKey(KEY)) as server:
        trial = examined(tmp_path, {"claude-code": local(server.url)}, timeout=timeout)
    assert trial.of("network.name") == []


def test_a_posthog_that_is_not_there(tmp_path: Path) -> None:
    trial = examined(tmp_path, {"claude-code": local("http://127.0.0.1:9")})
    check = trial.one("network.api")
    assert (check.status, check.cause) == ("fail", "no answer: it refuses connections")
    assert check.fix == "start that PostHog, or correct the address in the entry"


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("http://127.0.0.1:9", "lets nothing through"),
        ("http://user:secret-password@127.0.0.1:9", "`http://127.0.0.1:9`"),
    ],
)
def test_a_proxy_that_is_not_there(proxy: str, words: str, tmp_path: Path) -> None:
    trial = examined(tmp_path, {"claude-code": HOSTED}, environment={"HTTPS_PROXY": proxy})
    assert network(trial) == {"network.proxy": "fail"}
    assert words in str(trial.one("network.proxy").cause)
    assert "secret-password" not in str(trial.checks)


def test_a_proxy_of_a_kind_that_nobody_can_use(tmp_path: Path) -> None:
    trial = examined(tmp_path, {"claude-code": HOSTED}, environment={"ALL_PROXY": "socks4://127.0.0.1:9"})
    assert (trial.one("network.proxy").status, trial.one("client.claude-code.connection").status) == ("fail", "fail")
    assert "socks4://127.0.0.1:9" in str(trial.one("network.proxy").cause)


def test_without_a_network_only_this_machine_is_asked(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY)) as server:
        trial = examined(tmp_path, {"claude-code": HOSTED, "cursor": local(server.url)}, offline=True)
    assert {check.data["host"]: check.status for check in trial.of("network.api")} == {
        US: "skip",
        EU: "skip",
        server.url[7:]: "ok",
    }
    assert {check.cause for check in trial.checks if check.status == "skip" and check.id.startswith("network.")} == {
        "it needs the network (`--offline`)"
    }


@pytest.mark.parametrize(
    ("source", "hosts"),
    [
        (OwnKey(None), set()),
        (OwnKey(Secret(KEY), "the variable X", "eu"), {EU}),
        (OwnKey(Secret(KEY), "the variable X"), {US, EU}),
        (OwnKey(Secret(KEY), "the variable X", "no address"), set()),
    ],
)
def test_the_key_of_our_own_commands_counts_too(source: OwnKey, hosts: set[str], tmp_path: Path) -> None:
    trial = examined(tmp_path, {"claude-code": {"command": "node", "args": []}}, source=source, offline=True)
    assert {check.data.get("host") for check in trial.of("network.api")} == hosts or {None}
    assert trial.statuses == {}
    assert [check.status for check in trial.checks if check.id.startswith("client.")] == []


def test_a_file_of_authorities_that_holds_none(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    with world(tmp_path) as around:
        named = {**around.environment, "SSL_CERT_FILE": str(tmp_path / "none.pem")}
        trial = examined(tmp_path, {"claude-code": HOSTED}, environment=named)
    assert network(trial) == {"network.tls": "fail"}
    assert "none.pem" in str(trial.one("network.tls").cause)
    assert trial.one("client.claude-code.connection").status == "fail"


def test_what_never_answers_is_told_by_the_limit(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY), always=Reply(delay=8)) as server:
        trial = examined(tmp_path, {"claude-code": local(server.url)}, timeout=1.5)
    assert trial.statuses["network.api"] == "fail"
    assert "no answer within" in str(trial.one("network.api").cause)
    assert trial.seconds < 8


NAME = Endpoint("api", parse_address("https://us.posthog.com/api/users/@me/"))


@pytest.mark.parametrize(
    ("failure", "ids", "cause"),
    [
        (
            Unanswered("name", "Name or service not known"),
            ["network.name"],
            "the name cannot be resolved (Name or service not known)",
        ),
        (
            Unanswered("connect", "it refuses connections"),
            ["network.name", "network.api"],
            "no answer: it refuses connections",
        ),
        (
            Unanswered("tls", "wrong version number"),
            ["network.name", "network.tls"],
            "TLS failed (wrong version number)",
        ),
    ],
)
def test_a_step_that_fails_hides_those_after_it(failure: Unanswered, ids: list[str], cause: str) -> None:
    checks = list(checks_of(NAME, Reachability(None, failure, None, 3)))
    assert [check.id for check in checks] == ids
    assert (checks[-1].status, checks[-1].cause) == ("fail", cause)
    assert {check.status for check in checks[:-1]} <= {"ok"}


def test_a_name_that_does_not_exist() -> None:
    """Its label is too long for any name server to be asked."""
    nowhere = NAME._replace(address=NAME.address._replace(host="x" * 70, origin=f"https://{'x' * 70}"))
    way = asyncio.run(reach(nowhere, {}, time.monotonic() + 5))
    assert way.failure is not None
    assert way.failure.step == "name"
