"""The process: real children, how they start, how they end and what they survive."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import home
from tests.support.mcp_process import ROOT, Program
from tests.support.program import run
from tests.support.quick_server import quick_server

AT_ONCE = 6  # seconds; what it must not wait for takes longer, and machines stand still now and then
BRIDGE = (sys.executable, "-m", "posthog_wizard", "mcp", "bridge")
STEADY = (  # a second or less is all that it gives what is under way at its end
    sys.executable,
    "-c",
    "from tests.support import steady_clock; steady_clock.use(); from posthog_wizard.__main__ import main; main()",
    *BRIDGE[3:],
)
KEY = "phx_bridge0123456789abcdefghijklmnop"
CALL: dict[str, Any] = {"method": "tools/call", "params": {"name": "echo", "arguments": {"text": "hi"}}}


def program(url: str, *flags: str, home: Path, command: tuple[str, ...] = BRIDGE, **environment: str) -> Program:
    """The bridge as an entry starts it."""
    return Program("--url", url, *flags, home=home, key=KEY, command=command, environment=environment)


# ------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        ("--url http://mcp.example.com/mcp", 2, "plain http"),
        ("--url ftp://mcp.example.com/mcp", 2, "not an http or https URL"),
        ("--url https://user:pass@mcp.example.com/mcp", 2, "user name"),
        ("--url https:///mcp", 2, "names no host"),
        ("--ca-file /nowhere/ca.pem", 2, "holds no certificates"),
        ("--ca-file {here}", 2, "holds no certificates"),
        ("--log-file /nowhere/at/all.log", 2, "cannot be written"),
        ("--profile .work", 2, "--profile"),
        ("--mode cli --features flags", 2, "--mode tools"),
        ("--mode loud", 2, "--mode"),
        ("--nonsense", 2, "--nonsense"),
        ("--help", 0, "An AI client starts this"),
    ],
)
def test_a_wrong_command_line_does_not_start(flags: str, code: int, words: str, tmp_path: Path) -> None:
    here = tmp_path / "no.pem"
    here.write_text("nothing")
    started = run(["mcp", "bridge", *flags.format(here=here).split()], home(tmp_path))
    assert started.code == code
    assert words in " ".join((started.out + started.err).split())


def test_a_proxy_of_no_use_is_said(tmp_path: Path) -> None:
    url, proxy = "https://mcp.example.com/mcp", "socks4://me:secret@127.0.0.1:1"
    with program(url, home=tmp_path, HTTPS_PROXY=proxy) as started:
        assert started.ended(20)[0] == 2
        _, err = started.last_words()
        assert "the proxy `socks4://127.0.0.1:1`" in err
        assert "secret" not in err


# ------------------------------------------------------------------ the end


def test_it_ends_with_stdin(tmp_path: Path) -> None:
    with quick_server() as server, program(server.url, home=tmp_path) as started:
        started.initialize()
        started.stdin.close()
        code, took = started.ended()
        assert (code, took < AT_ONCE) == (0, True)
        assert started.last_words() == ("", "")


def test_what_is_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    """`printf ... | posthog-wizard mcp bridge` closes stdin at once, also behind a line without an end."""
    with quick_server() as server, program(server.url, home=tmp_path, command=STEADY) as started:
        started.initialize()  # a busy machine may take longer to start than the bridge waits here
        out, _ = started.process.communicate(b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}', timeout=10)
        assert [json.loads(line)["id"] for line in out.splitlines()] == [2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_with_a_signal(number: int, busy: bool, tmp_path: Path) -> None:
    with quick_server() as server, program(server.url, home=tmp_path) as started:
        started.initialize()
        started.send(*[{"id": 5, "method": "tools/call", "params": {"name": "sleep"}}] * busy)
        time.sleep(0.2)
        started.process.send_signal(number)
        code, took = started.ended()
        assert (code, took < AT_ONCE) == (0, True)
        assert started.last_words() == ("", "")


def test_it_ends_while_the_server_does_not_answer(tmp_path: Path) -> None:
    with quick_server() as server, program(server.url, home=tmp_path) as started:
        started.initialize()
        server.pause()
        started.send({"id": 5, **CALL})
        time.sleep(0.2)
        started.stdin.close()
        code, took = started.ended()
        server.resume()
        assert (code, took < AT_ONCE) == (0, True)


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=0, stdout=1, stderr=2)
time.sleep(60)
"""


def test_it_ends_when_its_parent_dies(tmp_path: Path) -> None:
    """Its stdin stays open: somebody else holds the other end."""
    with quick_server() as server:
        words = (sys.executable, "-c", PARENT, *BRIDGE)
        with Program("--url", server.url, home=tmp_path, command=words) as started:
            started.initialize()
            started.process.kill()
            started.process.wait()
            begin = time.monotonic()
            assert started.stdout.read() == b""  # the end of the file: the child has closed it too
            assert time.monotonic() - begin < AT_ONCE


def test_it_ends_when_nobody_reads_its_answers(tmp_path: Path) -> None:
    with quick_server() as server, program(server.url, home=tmp_path) as started:
        started.initialize()
        started.stdout.close()
        started.send({"id": 9, "method": "ping"})
        code, took = started.ended()
        assert (code, took < AT_ONCE) == (0, True)


def test_the_session_is_ended_and_nothing_is_left(tmp_path: Path) -> None:
    with quick_server() as server, program(server.url, home=tmp_path, command=STEADY, TMPDIR=str(tmp_path)) as started:
        started.initialize()
        started.stdin.close()
        started.ended()
        assert server.said("deleted")
        assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ what it survives, and what it says


def test_stdout_holds_nothing_but_messages_and_stderr_no_key(tmp_path: Path) -> None:
    with quick_server() as server:
        url = server.url.replace("/mcp", "/wrong-key")
        with program(url, "--log-level", "debug", home=tmp_path, POSTHOG_API_KEY="phc_x") as started:
            started.send({"id": 1, "method": "ping"})
            assert started.answer(1)["error"]["data"]["code"] == "bad_key"
            started.stdin.close()
            out, err = started.last_words()
            assert out == ""
            assert "rejected the key from the environment variable `POSTHOG_PERSONAL_API_KEY`" in err
            assert KEY not in err


def test_a_project_key_is_passed_over_and_said_so(tmp_path: Path) -> None:
    project = {"POSTHOG_API_KEY": "phc_x"}
    with Program(
        "--url", "http://127.0.0.1:9/mcp", home=tmp_path, key=None, command=BRIDGE, environment=project
    ) as started:
        started.stdin.close()
        assert "note: POSTHOG_API_KEY holds a project key (phc_)" in started.last_words()[1]


def test_an_update_while_it_runs_is_no_bug(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "posthog_wizard", tmp_path / "posthog_wizard", ignore=shutil.ignore_patterns("__pycache__"))
    with quick_server() as server:
        url = f"{server.url}/wrong-key"  # what tells of a refusal is loaded when there is one
        with program(url, home=tmp_path, PYTHONPATH=str(tmp_path)) as started:
            started.raw(b"garbage\n")
            started.answer_any()
            shutil.rmtree(tmp_path / "posthog_wizard")
            told = started.request(1, "tools/list")["error"]["message"]
    assert told.startswith("posthog-wizard was updated or removed while this server ran; start the server anew")


def test_it_logs_to_a_file_of_its_owner(tmp_path: Path) -> None:
    log = tmp_path / "bridge.log"
    with program("http://127.0.0.1:9/mcp", "--log-file", str(log), home=tmp_path) as started:
        started.raw(b"garbage\n")
        started.answer_any()
        started.stdin.close()
        assert started.last_words() == ("", "")
    assert re.search(r"WARNING the client sent a line of 7 bytes that is no JSON-RPC", log.read_text())
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_client_that_does_not_read_is_waited_for(tmp_path: Path) -> None:
    with quick_server() as server, program(server.url, home=tmp_path) as started:
        started.initialize()
        text = "x" * 1_000_000
        big = {"method": "tools/call", "params": {"name": "echo", "arguments": {"text": text}}}
        started.send(*({"id": number, **big} for number in range(1, 31)))
        time.sleep(0.5)
        answers = {started.answer_any()["id"] for _ in range(30)}
        assert answers == set(range(1, 31))


def test_typer_is_not_loaded_for_a_plain_start() -> None:
    script = (
        "import sys; from posthog_wizard.cli import bridge, main; "
        "bridge.start_bridge = lambda said: print(*sys.modules); "
        "main.run(['mcp', 'bridge', '--url', 'http://127.0.0.1:9/mcp'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"typer", "rich", "click", "httpx", "mcp"} & set(done.stdout.split())
