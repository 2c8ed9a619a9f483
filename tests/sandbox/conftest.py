"""A sandbox for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandboxes import Caller, sandbox


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Caller]:
    with sandbox(tmp_path / "sandbox") as caller:
        yield caller
