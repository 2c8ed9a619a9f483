"""What the sandbox costs: its start beside that of a server for a PostHog elsewhere, and its first data.

Run it with `-m benchmark -s`. Medians of alternating runs on this machine.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from posthog_wizard.sandbox.sample.data import ensure
from tests.benchmarks.figures import figure, rounds
from tests.support.mcp_process import KEY, Program
from tests.support.program import command, surroundings

pytestmark = pytest.mark.benchmark
RUNS = 5
QUERY = {"kind": "HogQLQuery", "query": "SELECT event, count() FROM events GROUP BY event"}


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A sandbox on a port, in a home of its own, and its key: a PostHog over HTTP that has answered before."""
    home = tmp_path / "remote"
    home.mkdir()
    words = command(["sandbox", "--json"])
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=surroundings(home), cwd=home) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        first_answer(home, "--host", told["url"], key=told["key"])
        yield told["url"], told["key"]
        process.send_signal(signal.SIGINT)


def first_answer(home: Path, *arguments: str, key: str = KEY) -> float:
    """Seconds from the start of the server to the answer of the first query."""
    start = time.perf_counter()
    with Program(*arguments, home=home, key=key) as program:
        program.initialize()
        assert "$pageview" in program.call(1, "query-run", query=QUERY)
        return time.perf_counter() - start


def test_the_first_answer_takes_at_most_twice_as_long_as_from_a_remote(remote: tuple[str, str], tmp_path: Path) -> None:
    url, key = remote
    first_answer(tmp_path, "--sandbox")  # makes the data
    turns = [
        (first_answer(tmp_path, "--sandbox"), first_answer(tmp_path, "--host", url, key=key))
        for _ in range(rounds(RUNS))
    ]
    took = dict(
        zip(
            ("posthog-wizard mcp serve --sandbox", "a PostHog that runs already"),
            map(list, zip(*turns, strict=True)),
            strict=True,
        )
    )
    ours, theirs = figure("start to the first query's answer", "s", took).values()
    assert ours / theirs <= 2.0


def test_the_first_data_take_at_most_five_seconds_of_the_processor(tmp_path: Path) -> None:
    start = time.process_time()
    file = ensure(tmp_path)
    took = time.process_time() - start
    figure("the sandbox's first data", "s of CPU", {f"posthog-wizard, {file.stat().st_size / 1e6:.1f} MB": [took]})
    assert took <= 5.0
