"""The process: real children, how they end and what they survive."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mcp_process import ROOT, SERVE, Program, wait_for
from tests.support.posthog import Reply
from tests.support.posthog_tools import said
from tests.support.serving import instance

AT_ONCE = 6  # seconds: the promise is one; the rest is for a machine that stands still now and then
LIST = "dashboards-get-all"


# ------------------------------------------------------------------ the end


def test_it_ends_with_stdin(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        program.stdin.close()
        code, took = program.ended()
        assert (code, took < AT_ONCE) == (0, True)


def test_an_update_while_it_runs_is_no_bug(tmp_path: Path) -> None:
    """What it loads by then is gone, or of another version."""
    shutil.copytree(ROOT / "posthog_wizard", tmp_path / "posthog_wizard", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PYTHONPATH": str(tmp_path)}
    with instance() as server, Program("--host", server.url, home=tmp_path, environment=environment) as program:
        program.initialize()
        shutil.rmtree(tmp_path / "posthog_wizard")
        told = program.request(1, "prompts/get", name="posthog-setup")["error"]["message"]
        assert "posthog-wizard was updated or removed while this server ran" in told
        assert "posthog-wizard was updated or removed while this server ran" in program.call(
            2, "docs-search", query="x"
        )


def test_calls_under_way_are_answered_before_the_end(tmp_path: Path) -> None:
    """`printf ... | posthog-wizard mcp serve` closes stdin at once."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": LIST, "arguments": {}}}
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        out, _ = program.process.communicate(f"{json.dumps(call)}\n".encode(), timeout=10)
        (answer,) = map(json.loads, out.splitlines())
        assert said(answer["result"]["content"][0]["text"])["count"] == 2


def test_a_slow_call_is_answered_after_the_end_of_stdin(tmp_path: Path) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": LIST, "arguments": {}}}
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        server.will_answer("GET", "/api/projects/2/dashboards/", Reply(body={"count": 0, "results": []}, delay=2.0))
        out, _ = program.process.communicate(f"{json.dumps(call)}\n".encode(), timeout=20)
        (answer,) = map(json.loads, out.splitlines())
        assert said(answer["result"]["content"][0]["text"])["count"] == 0


def test_a_signal_ends_a_call_that_outlives_stdin(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        server.will_answer("GET", "/api/organizations/", Reply(body={"results": []}, delay=20))
        program.send({"id": 5, "method": "tools/call", "params": {"name": "organizations-get"}})
        wait_for(lambda: server.lines.count("GET /api/organizations/") == 1)
        program.stdin.close()
        time.sleep(0.2)
        assert program.process.poll() is None
        program.process.send_signal(signal.SIGTERM)
        code, took = program.ended()
        assert (code, took < AT_ONCE) == (0, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_with_a_signal(number: int, busy: bool, tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        server.will_answer("GET", "/api/organizations/", *[Reply(body={"results": []}, delay=0.5)] * busy)
        program.send(*[{"id": 5, "method": "tools/call", "params": {"name": "organizations-get"}}] * busy)
        wait_for(lambda: server.lines.count("GET /api/organizations/") == busy)
        program.process.send_signal(number)
        code, took = program.ended()
        assert (code, took < AT_ONCE) == (0, True)
        assert "Traceback" not in program.last_words()[1]
        time.sleep(0.5)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=0, stdout=1, stderr=2)
print(child.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""


def test_it_ends_when_its_parent_dies(tmp_path: Path) -> None:
    """Its stdin stays open: somebody else holds the other end."""
    with instance() as server:
        command = (sys.executable, "-c", PARENT, *SERVE)
        with Program("--host", server.url, home=tmp_path, command=command) as program:
            program.initialize()
            program.process.kill()
            program.process.wait()
            start = time.monotonic()
            assert program.stdout.read() == b""  # the end of the file: the child has closed it too
            assert time.monotonic() - start < AT_ONCE


def test_it_ends_when_nobody_reads_its_answers(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        program.stdout.close()
        program.send({"id": 9, "method": "ping"})
        assert program.ended()[0] == 0


# ------------------------------------------------------------------ what it survives


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One process, which survives all of it."""
    home = tmp_path_factory.mktemp("tried")
    with instance() as server, Program("--host", server.url, home=home) as program:
        program.initialize()
        yield program


@pytest.mark.parametrize(
    "content",
    [
        b"garbage\n",
        b"\n\n",
        b"\xff\xfe\x00\n",
        b'{"jsonrpc":"2.0","id":7}\n',
        b'{"jsonrpc":"2.0","id":7,"method":"no/such"}\n',
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"no-such"}}\n',
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[1]}\n',
        b'{"jsonrpc":"2.0","method":"notifications/nothing"}\n',
        b'[{"jsonrpc":"2.0","id":7,"method":"ping"}]\n',
        b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":"' + b"y" * 10_000_000 + b'"}}\n',
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"query-run","arguments":{"'
        + b"z" * 10_000_000
        + b'":1}}}\n',
        b"x" * 10_000_000 + b"\n",
    ],
    ids=range(12),
)
def test_it_survives(content: bytes, tried: Program) -> None:
    tried.heard.clear()
    tried.raw(content)
    assert said(tried.call(8, LIST))["count"] == 2
    assert all(len(json.dumps(message)) < 5_000 for message in tried.heard)


def test_garbage_before_the_first_request(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.raw(b"garbage\n" * 20)
        assert program.initialize()["serverInfo"]["name"] == "posthog"


def test_unknown_methods_and_tools_are_errors_of_the_protocol(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        assert program.request(1, "no/such")["error"]["code"] == -32601
        unknown = program.request(2, "tools/call", name="dashboard-gets", arguments={})["error"]
        assert unknown == {
            "code": -32602,
            "message": "there is no tool `dashboard-gets`, did you mean `dashboard-get`?",
        }


@pytest.mark.unfollowed  # one call, a thousand times
def test_a_burst_of_calls_is_answered(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        params = {"name": LIST, "arguments": {"limit": 1}}
        program.send(*[{"id": number, "method": "tools/call", "params": params} for number in range(1, 1001)])
        answers = {program.answer_any()["id"] for _ in range(1000)}
        assert answers == set(range(1, 1001))
        assert not any(message["result"]["isError"] for message in program.heard[1:])
        assert len(server.requests) == 1000 + 2  # and who the key is, once
