"""Programs that stand between stdio and an MCP server: started, asked and measured."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
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


class Measured(NamedTuple):
    """What a program needs: milliseconds, megabytes, calls per second. All but `warm` is soon after its start."""

    start: float
    idle: float
    loaded: float
    call: float
    megabyte: float
    per_second: float
    warm: float  # calls per second after many


class Subject:
    """A running program, after its handshake. `start` is how many milliseconds that took."""

    def __init__(self, words: list[str], environment: Mapping[str, str]) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(environment)
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._number = 0
        assert "serverInfo" in self.ask(HELLO)["result"]
        self.start = (time.perf_counter() - began) * 1000
        self._say(READY)

    def ask(self, message: Json) -> Json:
        """One question, and the next line."""
        self._say(message)
        return json.loads(self._stdout.readline())

    def call(self, size: int = 10) -> float:
        """How many milliseconds a call takes that sends and gives back so many bytes."""
        line = self._line(size)
        began = time.perf_counter()
        self._stdin.write(line)
        self._stdin.flush()
        heard = self._stdout.readline()
        took = (time.perf_counter() - began) * 1000
        assert len(heard) > size
        return took

    def calls(self, count: int) -> float:
        """How many calls are answered in a second while IN_FLIGHT are under way."""
        lines = [self._line() for _ in range(count)]
        said = heard = 0
        began = time.perf_counter()
        while heard < count:
            more = lines[said : heard + IN_FLIGHT]
            os.write(self._stdin.fileno(), b"".join(more))
            said += len(more)
            heard += os.read(self._stdout.fileno(), 1 << 16).count(b"\n")
        return count / (time.perf_counter() - began)

    def memory(self) -> float:
        """Megabytes that the program and its children hold (Linux)."""
        return sum(_resident(process) for process in _family(self.process.pid)) / 1024

    def close(self) -> None:
        """End it."""
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
def running(words: list[str], environment: Mapping[str, str]) -> Iterator[Subject]:
    """A program, ended when the block is left."""
    subject = Subject(words, environment)
    try:
        yield subject
    finally:
        subject.close()


def measure(
    programs: Mapping[str, list[str]], environment: Mapping[str, str], rounds: int
) -> dict[str, list[Measured]]:
    """Every round of every program; in each round each is started afresh, so that a busy machine is busy for all."""
    taken: dict[str, list[Measured]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, words in programs.items():
            with running(words, environment) as subject:
                taken[name].append(_round(subject))
    return taken


def _round(subject: Subject) -> Measured:
    time.sleep(0.3)
    idle = subject.memory()
    call = statistics.median(subject.call() for _ in range(200))
    megabyte = statistics.median(subject.call(1_000_000) for _ in range(5))
    per_second = subject.calls(2000)
    loaded = subject.memory()
    return Measured(subject.start, idle, loaded, call, megabyte, per_second, subject.calls(4000))


def _encode(message: Json) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _family(process: int) -> list[int]:
    children: list[str] = []
    for thread in Path(f"/proc/{process}/task").iterdir():
        children += (thread / "children").read_text().split()
    return [process, *(each for child in children for each in _family(int(child)))]


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0])
