"""A program that speaks MCP over stdio, spoken to line by line: what it says, and how it ends."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
SERVE = (sys.executable, "-m", "posthog_wizard", "mcp", "serve")
KEY = "phx_test"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
INFO = {"name": "test", "version": "1"}
MODERN = "2026-07-28"
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Program:
    """A child process. Its environment holds nothing of this one's but PATH; its home is a folder of the test's."""

    def __init__(
        self,
        *arguments: str,
        home: Path,
        key: str | None = KEY,
        command: tuple[str, ...] = SERVE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        coverage = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        named = {"POSTHOG_PERSONAL_API_KEY": key} if key else {}
        base = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), **NO_KEYRING}
        self._talk = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program
        self.process = subprocess.Popen(
            (*command, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._talk,
            env={**base, **coverage, **named, **(environment or {})},
            cwd=home,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.heard: list[dict[str, Any]] = []
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout, self._talk):
            with suppress(BrokenPipeError):
                stream.close()
        try:  # it ends by itself, which lets it write down its coverage
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def send(self, *messages: dict[str, Any]) -> None:
        """Write messages, each on its line."""
        self.raw(b"".join(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages))

    def raw(self, content: bytes) -> None:
        """Write bytes as they are."""
        self.stdin.write(content)
        self.stdin.flush()

    def request(self, number: int, method: str, **params: Any) -> dict[str, Any]:
        """Ask, and wait for the answer of that id."""
        self.send({"id": number, "method": method, "params": params})
        return self.answer(number)

    def answer(self, number: int, patience: float = 60) -> dict[str, Any]:
        """Wait for the answer of that id; what comes before it is kept in `heard`."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            message = self._message(end - time.monotonic())
            self.heard.append(message)
            if message.get("id") == number and "method" not in message:
                return message
        raise AssertionError(f"no answer to {number}; heard {self.heard}")

    def answer_any(self, patience: float = 30) -> dict[str, Any]:
        """The next message, whatever it is."""
        self.heard.append(self._message(patience))
        return self.heard[-1]

    def initialize(self, version: str = "2025-11-25") -> dict[str, Any]:
        """The handshake of the older era; gives the server's answer."""
        found = self.request(0, "initialize", protocolVersion=version, capabilities={}, clientInfo=INFO)
        self.send({"method": "notifications/initialized"})
        result: dict[str, Any] = found["result"]
        return result

    def call(self, number: int, tool: str, **arguments: Any) -> str:
        """The text of a tool's answer."""
        found = self.request(number, "tools/call", name=tool, arguments=arguments)
        text: str = found["result"]["content"][0]["text"]
        return text

    def ended(self, patience: float = 20) -> tuple[int, float]:
        """The exit code, and how many seconds it took from now."""
        start = time.monotonic()
        code = self.process.wait(patience)
        return code, time.monotonic() - start

    def last_words(self) -> tuple[str, str]:
        """What is left on stdout, and all of stderr, of a program that ends."""
        out = self._rest + self.stdout.read()
        self.process.wait(10)
        self._talk.seek(0)
        return out.decode(), self._talk.read().decode()

    def _message(self, patience: float) -> dict[str, Any]:
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.stdout], [], [], patience)
            assert ready, f"nothing came; heard {self.heard}"
            some = os.read(self.stdout.fileno(), 1 << 16)
            assert some, f"the program ended; heard {self.heard}"
            self._rest += some
        line, _, self._rest = self._rest.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message


def wait_for(true: Callable[[], bool], patience: float = 20) -> None:
    """Look until it is so; fail when it does not come."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.01)
