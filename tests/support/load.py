"""Programs that stand between stdio and an MCP server: started, asked and measured.

None may hold up the others: many calls go on for `CALLS_FOR` seconds at most, and a round that has not come to its end
after `PATIENCE` seconds is its program's last.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.model import Json

HELLO: Json = {
    "jsonrpc": "2.0", "id": 0, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}  # fmt: skip
READY: Json = {"jsonrpc": "2.0", "method": "notifications/initialized"}
IN_FLIGHT = 50
CALLS_FOR = 4.0  # seconds; mcp-proxy 0.13.0 needs 20 for 6,000 calls, and gets slower with each
PATIENCE = 60.0  # seconds for a round


class Measured(NamedTuple):
    """What a program needs: milliseconds, megabytes, calls per second. All but `warm` is soon after its start.

    `broke_off`: fewer calls were made, for no more could be in that time.
    """

    start: float
    idle: float
    loaded: float
    call: float
    megabyte: float
    per_second: float
    warm: float  # calls per second after many
    broke_off: bool


class Subject:
    """A running program, after its handshake. `start` is how many milliseconds that took.

    It is killed after `patience` seconds; who waits for its answer then gets an EOFError.
    """

    def __init__(self, words: list[str], environment: Mapping[str, str], patience: float) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
        self._watch = threading.Timer(patience, os.killpg, (self.process.pid, signal.SIGKILL))
        self._watch.start()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._number, self.broke_off = 0, False
        assert "serverInfo" in self.ask(HELLO)["result"]
        self.start = (time.perf_counter() - began) * 1000
        self._say(READY)

    def ask(self, message: Json) -> Json:
        """One question, and the next line."""
        self._say(message)
        return json.loads(_some(self._stdout.readline()))

    def call(self, size: int = 10) -> float:
        """How many milliseconds a call takes that sends and gives back so many bytes."""
        line = self._line(size)
        began = time.perf_counter()
        self._stdin.write(line)
        self._stdin.flush()
        heard = _some(self._stdout.readline())
        took = (time.perf_counter() - began) * 1000
        assert len(heard) > size
        return took

    def calls(self, count: int, seconds: float = CALLS_FOR) -> float:
        """How many calls are answered in a second while IN_FLIGHT are under way; so many are made, or for so long."""
        lines = [self._line() for _ in range(count)]
        said = heard = 0
        began = time.perf_counter()
        while heard < count:
            more = lines[said : heard + IN_FLIGHT]
            os.write(self._stdin.fileno(), b"".join(more))
            said += len(more)
            heard += _some(os.read(self._stdout.fileno(), 1 << 16)).count(b"\n")
            if said < count and time.perf_counter() > began + seconds:
                lines, count, self.broke_off = lines[:said], said, True  # those under way are still answered
        return count / (time.perf_counter() - began)

    def memory(self) -> float:
        """Megabytes that the program and its children hold (Linux)."""
        return sum(_resident(process) for process in _family(self.process.pid)) / 1024

    def close(self) -> None:
        """End it."""
        self._watch.cancel()
        with suppress(BrokenPipeError):
            self._stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.process.kill()
        self.process.wait()
        self._stdout.close()

    def _line(self, size: int = 10) -> bytes:
        self._number += 1
        arguments = {"name": "echo", "arguments": {"text": "x" * size}}
        return _encode({"jsonrpc": "2.0", "id": self._number, "method": "tools/call", "params": arguments})

    def _say(self, message: Json) -> None:
        self._stdin.write(_encode(message))
        self._stdin.flush()


@contextmanager
def running(words: list[str], environment: Mapping[str, str], patience: float = PATIENCE) -> Iterator[Subject]:
    """A program, ended when the block is left."""
    subject = Subject(words, environment, patience)
    try:
        yield subject
    finally:
        subject.close()


def measure(
    programs: Mapping[str, list[str]], environment: Mapping[str, str], rounds: int
) -> dict[str, list[Measured]]:
    """Every round of every program; in each round each is started afresh, so that a busy machine is busy for all.

    One that broke off in a round has no more of them, and perhaps none at all.
    """
    taken: dict[str, list[Measured]] = {name: [] for name in programs}
    ended: set[str] = set()
    for _ in range(rounds):
        for name in [name for name in programs if name not in ended]:
            try:
                with running(programs[name], environment) as subject:
                    taken[name].append(_round(subject))
            except (EOFError, BrokenPipeError):
                ended.add(name)
    return taken


def _round(subject: Subject) -> Measured:
    time.sleep(0.3)
    idle = subject.memory()
    call = statistics.median(subject.call() for _ in range(200))
    megabyte = statistics.median(subject.call(1_000_000) for _ in range(5))
    per_second = subject.calls(2000)
    loaded = subject.memory()
    warm = subject.calls(4000)
    return Measured(subject.start, idle, loaded, call, megabyte, per_second, warm, subject.broke_off)


def _some(answer: bytes) -> bytes:
    """What was read. Raises EOFError where there is nothing more to read."""
    if not answer:
        raise EOFError("the program has ended")
    return answer


def _encode(message: Json) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _family(process: int) -> list[int]:
    children: list[str] = []
    for thread in Path(f"/proc/{process}/task").iterdir():
        children += (thread / "children").read_text().split()
    return [process, *(each for child in children for each in _family(int(child)))]


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0])
