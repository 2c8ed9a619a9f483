"""What holds for the whole run."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ("tests.support.guard",)


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start: what a shell starts in the background ignores it, and so do children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user of the machine can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
