"""Which files of the product a command touches: `python -m tests.support.trace mcp add cursor --no-verify`.

The command runs in this process, in a throw-away home with a key in its environment and the clients that it names, all
where it names none, and asks nobody. What counts is what is called; modules that are only imported do not.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import posthog_wizard
from posthog_wizard.cli.main import run
from tests.support.homes import ALL, home
from tests.support.machines import KEY, machine

PRODUCT = f"{Path(posthog_wizard.__file__).parent}{os.sep}"
NO_FUNCTIONS = ("<module>", "<lambda>", "<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")


class Trace:
    """Files and functions of the product, each with how often it was called, and how deep they went."""

    def __init__(self) -> None:
        self.calls: dict[CodeType, int] = {}
        self.depth = self._now = 0

    @property
    def files(self) -> dict[str, int]:
        """Path in the product -> calls."""
        found: dict[str, int] = {}
        for code, calls in self.calls.items():
            name = code.co_filename.removeprefix(PRODUCT)
            found[name] = found.get(name, 0) + calls
        return found

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        """What `sys.setprofile` calls for every call and return."""
        code = frame.f_code
        if not code.co_filename.startswith(PRODUCT) or code.co_name in NO_FUNCTIONS:
            return
        if event == "call":
            self.calls[code] = self.calls.get(code, 0) + 1
        self._now += {"call": 1, "return": -1}.get(event, 0)
        self.depth = max(self.depth, self._now)


def traced(arguments: Sequence[str], root: Path) -> tuple[int, Trace]:
    """Exit code and trace of a command in a home below `root`."""
    home(root, *([client for client in ALL if client in arguments] or ALL))
    here = machine(root, environment={"POSTHOG_PERSONAL_API_KEY": KEY})
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for name in ("stdin", "stdout", "stderr")}
    trace = Trace()
    sys.setprofile(trace)
    try:
        code = run(arguments, machine=here, **streams)
    finally:
        sys.setprofile(None)
    return code, trace


def main() -> None:
    """Print it."""
    with tempfile.TemporaryDirectory() as folder:
        code, trace = traced(sys.argv[1:], Path(folder))
    for name, calls in sorted(trace.files.items()):
        sys.stdout.write(f"{calls:6} {name}\n")
    told = f"{len(trace.files)} files, {len(trace.calls)} functions, {trace.depth} deep, exit code {code}"
    sys.stdout.write(f"{told}\n")


if __name__ == "__main__":
    main()
