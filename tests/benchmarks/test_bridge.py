"""The bridge side by side with what people use today, in one run. Run it with `-m benchmark -s`.

Fresh processes on this machine; only ratios to mcp-remote, installed, are asserted. All stand before the same loopback
server, which does as little as possible. `warm` tells what is left of the lead after thousands of calls, when node has
compiled mcp-remote.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest

from tests.benchmarks.figures import figure, rounds
from tests.support.load import CALLS_FOR, PATIENCE, Measured, Subject, measure, running
from tests.support.npm import CACHE, npm_package, npm_program
from tests.support.pip import pip_program
from tests.support.quick_server import QuickServer, quick_server
from tests.support.served import SUPERGATEWAY

pytestmark = pytest.mark.benchmark
MCP_REMOTE = ("mcp-remote", "0.15.1")
MCP_PROXY = ("mcp-proxy", "0.13.0")
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
OURS, REMOTE = "posthog-wizard mcp bridge", " ".join(MCP_REMOTE)
ROUNDS = 3
AFTER_MANY = {"loaded", "per_second", "warm"}


@pytest.fixture(scope="module")
def server() -> Iterator[QuickServer]:
    """The server behind all of them."""
    with quick_server() as one:
        yield one


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What all of them are started with."""
    home = str(tmp_path_factory.mktemp("home"))
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    npm = {"npm_config_cache": str(CACHE / "npx"), "npm_config_update_notifier": "false"}
    return {**kept, **npm, "HOME": home, "POSTHOG_AUTH_HEADER": "Bearer phx_test"}


@pytest.fixture(scope="module")
def programs(server: QuickServer, environment: dict[str, str]) -> dict[str, list[str]]:
    """How each is started; npx has its cache warm."""
    npm_package(*MCP_REMOTE)
    with running(npx(server), environment):  # fills its cache
        pass
    remote = [str(npm_program(*MCP_REMOTE, "mcp-remote")), server.url]
    proxy = [str(pip_program(*MCP_PROXY, "mcp-proxy")), "--transport", "streamablehttp", server.url]
    gateway = [str(npm_program(*SUPERGATEWAY, "supergateway")), "--streamableHttp", server.url, "--logLevel", "none"]
    return {
        OURS: [str(PROGRAM), "mcp", "bridge", "--url", server.url],
        REMOTE: remote,
        f"npx -y {REMOTE}, warm": npx(server),
        " ".join(MCP_PROXY): proxy,
        " ".join(SUPERGATEWAY): gateway,
    }


def npx(server: QuickServer) -> list[str]:
    """As people write it into their entries."""
    return ["npx", "-y", "@".join(MCP_REMOTE), server.url]


@pytest.fixture(scope="module")
def measured(programs: dict[str, list[str]], environment: dict[str, str]) -> dict[str, list[Measured]]:
    """Everything, once."""
    return measure(programs, environment, rounds(ROUNDS))


def direct(url: str) -> dict[str, list[float]]:
    """The same calls by HTTP alone: milliseconds of small ones and of some of a megabyte."""
    with httpcore.ConnectionPool() as pool:

        def call(size: int) -> float:
            arguments = {"name": "echo", "arguments": {"text": "x" * size}}
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}).encode()
            began = time.perf_counter()
            assert len(pool.request("POST", url, content=body).content) > size
            return (time.perf_counter() - began) * 1000

        return {"call": [call(10) for _ in range(300)], "megabyte": [call(1_000_000) for _ in range(15)]}


def told(name: str, unit: str, field: str, measured: dict[str, list[Measured]], **more: list[float]) -> float:
    """Keep the figure; ours beside mcp-remote's."""
    values = {_labelled(who, field, each): [getattr(one, field) for one in each] for who, each in measured.items()}
    ours, theirs, *_ = figure(name, unit, {**values, **more}).values()
    return ours / theirs


def _labelled(who: str, field: str, each: list[Measured]) -> str:
    """A program's name, and whether its calls broke off before the figure was taken."""
    if not each:
        return f"{who}: broke off after {PATIENCE:.0f} s"
    slow = field in AFTER_MANY and any(one.broke_off for one in each)
    return f"{who}, calls broke off after {CALLS_FOR:.0f} s" if slow else who


def test_at_most_these_parts_of_mcp_remotes(measured: dict[str, list[Measured]], server: QuickServer) -> None:
    alone = direct(server.url)
    assert told("bridge: start to the answer of `initialize`", "ms", "start", measured) <= 0.4
    assert told("bridge: memory, idle", "MB", "idle", measured) <= 0.3
    assert told("bridge: memory after 2,000 calls", "MB", "loaded", measured) <= 0.3
    assert told("bridge: a call", "ms", "call", measured, **{"HTTP alone": alone["call"]}) <= 0.6
    assert told("bridge: a call of 1 MB", "ms", "megabyte", measured, **{"HTTP alone": alone["megabyte"]}) <= 0.7


def test_more_than_twice_the_calls_with_50_in_flight(measured: dict[str, list[Measured]]) -> None:
    """2.5 to 3.3 times as many were measured."""
    more = told("bridge: 50 calls in flight", "calls/s", "per_second", measured)
    told("bridge: 50 calls in flight, warm", "calls/s", "warm", measured)
    assert more >= 2.3


def test_memory_does_not_grow_over_100_000_messages(
    programs: dict[str, list[str]], environment: dict[str, str]
) -> None:
    with running(programs[OURS], environment, patience=250) as subject:
        subject.calls(10_000, seconds=50)
        before = subject.memory()
        subject.calls(100_000, seconds=200)
        assert not subject.broke_off
        grown = subject.memory() - before
    figure("bridge: memory that 100,000 calls more take", "MB", {OURS: [grown]})
    assert grown <= 3


def test_an_answer_of_50_megabytes(programs: dict[str, list[str]], environment: dict[str, str]) -> None:
    with running(programs[OURS], environment) as subject:
        took = subject.call(50_000_000)
        kept = _settled(subject)
    figure("bridge: a call of 50 MB", "ms", {OURS: [took]})
    figure("bridge: memory held after a call of 50 MB", "MB", {OURS: [kept]})
    assert took < 10_000
    assert kept < 300


def _settled(subject: Subject) -> float:
    subject.call()
    return subject.memory()
