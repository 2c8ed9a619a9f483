"""What one run of the program works with: the machine and the three streams. The only place of `cli` that asks for them."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from functools import cached_property
from typing import TextIO

from posthog_wizard.machine import this_environment, this_machine
from posthog_wizard.model import Machine


class RunContext:
    """The machine, and stdin, stdout and stderr: those of the process, as far as others are not given.

    A stream's `isatty` says whether a person is behind it; keys are read from `stdin.buffer`.
    """

    def __init__(
        self,
        machine: Machine | None = None,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self._machine = machine
        self.stdin, self.stdout, self.stderr = stdin or sys.stdin, stdout or sys.stdout, stderr or sys.stderr

    @cached_property
    def machine(self) -> Machine:
        """The machine, looked at when it is asked for: help needs none. Raises Unreadable, see `this_machine`."""
        return self._machine or this_machine()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment's variables, known even where the machine cannot be looked at."""
        return self._machine.environment if self._machine else this_environment()

    @property
    def columns(self) -> int:
        """How wide stdout is: as COLUMNS says, else the terminal itself, else 80."""
        said = self.environment.get("COLUMNS", "")
        if said.isdecimal() and int(said):
            return int(said)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or _COLUMNS
        except (OSError, ValueError):  # no terminal, no file at all, or a closed one
            return _COLUMNS


_COLUMNS = 80  # where nothing says how many
_CURRENT: ContextVar[RunContext | None] = ContextVar("_CURRENT", default=None)


def this_run() -> RunContext:
    """The run that goes on in this thread; outside of one that of the process."""
    return _CURRENT.get() or RunContext()


def tell_who_types(program: str) -> None:
    """Say on a terminal why nothing happens: the program waits for a client's messages."""
    if this_run().stdin.isatty():
        this_run().stderr.write(
            f"`mcp {program}` is for an AI client, which speaks MCP with it here; `posthog-wizard mcp add` puts it into one."
            " Ctrl-C ends it.\n"
        )


@contextmanager
def as_this_run(context: RunContext) -> Iterator[None]:
    """Make it this thread's run. What libraries print, as help, goes to its streams too."""
    token = _CURRENT.set(context)
    try:
        with redirect_stdout(context.stdout), redirect_stderr(context.stderr):
            yield
    finally:
        _CURRENT.reset(token)
