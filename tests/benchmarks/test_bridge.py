"""The bridge side by side with what people use today, in one run. Run it with `-m benchmark -s`.

Medians of fresh processes on this machine; only ratios to mcp-remote, installed, are asserted. All stand before the
same loopback server, which does as little as possible. The column `warm` tells what is left of the lead after
thousands of calls, when node has compiled mcp-remote.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest

from tests.support.guard import OUTSIDE
from tests.support.load import Measured, Subject, measure, running
from tests.support.npm import CACHE, npm_package, npm_program
from tests.support.quick_server import QuickServer, quick_server

pytestmark = pytest.mark.benchmark
MCP_REMOTE = ("mcp-remote", "0.15.1")
MCP_PROXY = "mcp-proxy==0.13.0"
PROGRAM = Path(sys.executable).with_name("posthog-wizard")
ROUNDS = 5


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
    remote = str(npm_program(*MCP_REMOTE, "mcp-remote"))
    npx = ["npx", "-y", "@".join(MCP_REMOTE), server.url]
    npm_package(*MCP_REMOTE)
    with running(npx, environment):
        pass
    return {
        "posthog-wizard mcp bridge": [str(PROGRAM), "mcp", "bridge", "--url", server.url],
        "mcp-remote, installed": [remote, server.url],
        "npx -y mcp-remote, warm": npx,
        "mcp-proxy": [str(mcp_proxy()), "--transport", "streamablehttp", server.url],
    }


def mcp_proxy() -> Path:
    """mcp-proxy in an environment of its own: its dependencies are not ours."""
    folder = CACHE / "pypi" / MCP_PROXY
    program = folder / "bin" / "mcp-proxy"
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [folder / "bin" / "pip", "install", "--quiet", MCP_PROXY], check=True, capture_output=True, env=OUTSIDE
        )
    return program


@pytest.fixture(scope="module")
def measured(programs: dict[str, list[str]], environment: dict[str, str]) -> dict[str, Measured]:
    """Everything, once."""
    return measure(programs, environment, ROUNDS)


def direct(url: str) -> tuple[float, float]:
    """The same calls by HTTP alone: milliseconds of a small one and of one of a megabyte."""
    with httpcore.ConnectionPool() as pool:

        def call(size: int) -> float:
            arguments = {"name": "echo", "arguments": {"text": "x" * size}}
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}).encode()
            began = time.perf_counter()
            assert len(pool.request("POST", url, content=body).content) > size
            return (time.perf_counter() - began) * 1000

        return statistics.median(call(10) for _ in range(300)), statistics.median(call(1_000_000) for _ in range(15))


def test_the_table(measured: dict[str, Measured], server: QuickServer) -> None:
    print(
        f"\n{'':28}{'start ms':>10}{'idle MB':>10}{'after MB':>10}{'call ms':>10}{'1 MB ms':>10}{'calls/s':>10}{'warm':>10}"
    )
    for name, one in measured.items():
        print(f"{name:28}" + "".join(f"{value:10.2f}" for value in one))
    print(f"{'HTTP alone':28}{'':30}" + "".join(f"{value:10.2f}" for value in direct(server.url)))
    assert len(measured) == 4


@pytest.mark.parametrize(
    ("what", "most"), [("start", 0.4), ("idle", 0.3), ("loaded", 0.3), ("call", 0.6), ("megabyte", 0.7)]
)
def test_at_most_that_part_of_mcp_remotes(what: str, most: float, measured: dict[str, Measured]) -> None:
    ours, theirs = measured["posthog-wizard mcp bridge"], measured["mcp-remote, installed"]
    ratio = getattr(ours, what) / getattr(theirs, what)
    print(f"\n{what}: {ratio:.2f}x")
    assert ratio <= most


def test_three_times_the_calls_with_50_in_flight(measured: dict[str, Measured]) -> None:
    ours, theirs = measured["posthog-wizard mcp bridge"], measured["mcp-remote, installed"]
    ratio = ours.per_second / theirs.per_second
    print(f"\ncalls per second: {ratio:.1f}x")
    assert ratio >= 3


def test_memory_does_not_grow_over_100_000_messages(
    programs: dict[str, list[str]], environment: dict[str, str]
) -> None:
    with running(programs["posthog-wizard mcp bridge"], environment) as subject:
        subject.calls(10_000)
        before = subject.memory()
        subject.calls(100_000)
        grown = subject.memory() - before
    print(f"\n{before:.1f} MB before, {grown:+.1f} MB after 100,000 more")
    assert grown <= 3


def test_an_answer_of_50_megabytes(programs: dict[str, list[str]], environment: dict[str, str]) -> None:
    with running(programs["posthog-wizard mcp bridge"], environment) as subject:
        took = subject.call(50_000_000)
        kept = _settled(subject)
    print(f"\n50 MB there and back in {took:.0f} ms; {kept:.0f} MB held afterwards")
    assert took < 10_000
    assert kept < 300


def _settled(subject: Subject) -> float:
    subject.call()
    return subject.memory()
