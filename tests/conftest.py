"""What holds for the whole run."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start: what a shell starts in the background ignores it, and so do children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
