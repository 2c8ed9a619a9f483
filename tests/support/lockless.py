"""The program on a file system without locks: `python -m tests.support.lockless ERRNO mcp add ...`."""

from __future__ import annotations

import fcntl
import os
import sys


def refuse(*_: object) -> None:
    raise OSError(number, os.strerror(number))


number = int(sys.argv.pop(1))
fcntl.flock = refuse  # what the kernel answers there; before anybody takes the name

from posthog_wizard.cli.main import run  # noqa: E402

sys.exit(run(sys.argv[1:]))
