"""What holds for the whole run."""

from __future__ import annotations

import signal
from collections.abc import Iterable

import pytest


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start: what a shell starts in the background ignores it, and so do children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Let real clients run one after the other, beside all other tests: each fills a processor, and they share a cache."""
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group("e2e"))
