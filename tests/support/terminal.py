"""The real program on a terminal of its own (a pty), with somebody who reads and types.

with Terminal(["mcp", "add"], home) as person:
    person.reads("Which clients").types(ENTER)
assert person.code == 0
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.program import Watch, command, surroundings

ENTER, CONTROL_C, DOWN, SPACE, CONTROL_D = "\r", "\x03", "\x1b[B", " ", "\x04"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>])")
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # or Ctrl-C would interrupt nobody
os.execv(sys.argv[1], sys.argv[1:])
"""
WAIT = 30  # seconds for a text to appear
CURSOR = "\x1b[6n"  # prompt_toolkit asks where the cursor is; a terminal answers


class Terminal:
    """A run of the program with a terminal on all its streams; leaving the block waits for its end."""

    def __init__(self, arguments: Sequence[str], home: Path, *, columns: int = 250, **environment: Any) -> None:
        self._columns = columns
        self._watch = Watch(home)
        self._home, self._arguments, self._environment = home, arguments, environment
        self.raw = ""
        self._read_to = 0

    def __enter__(self) -> Self:
        self._watch.__enter__()
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, self._columns))
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", TAKE_TERMINAL, *command(self._arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=self._home,
            env=surroundings(self._home, {"TERM": "xterm", **self._environment}),
            start_new_session=True,
        )
        os.close(theirs)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            self._listen(until=None)
            self.code = self._process.wait(WAIT)
        finally:
            self._process.kill()
            self._process.wait()  # or a later test is told of a child that still runs
            os.close(self._ours)
        self._watch.saw(self.raw.encode())
        self._watch.__exit__(kind, *rest)

    @property
    def text(self) -> str:
        """All that was shown, without colours and movements."""
        return ESCAPES.sub("", self.raw)

    def reads(self, words: str) -> Self:
        """Wait until these words are shown, behind what was read before."""
        self._listen(until=words)
        return self

    def types(self, *keys: str) -> Self:
        """Press keys, one after the other."""
        for key in keys:
            os.write(self._ours, key.encode())
            time.sleep(0.02)
        return self

    def answers(self, *steps: tuple[str, str]) -> Self:
        """Read each question and type its answer, key by key."""
        for words, keys in steps:
            self.reads(words).types(*keys)
        return self

    def _listen(self, until: str | None) -> None:
        deadline = time.monotonic() + WAIT
        while until is None or until not in self.text[self._read_to :]:
            ready, _, _ = select.select([self._ours], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"`{until}` was not shown, but:\n{self.text}"
            try:
                piece = os.read(self._ours, 65536).decode(errors="replace")
            except OSError:  # the program has closed the terminal
                piece = ""
            if not piece:
                assert until is None, f"`{until}` was not shown, but:\n{self.text}"
                return
            self.raw += piece
            if CURSOR in piece:
                os.write(self._ours, b"\x1b[1;1R")
        self._read_to = self.text.index(until, self._read_to) + len(until)
