"""A file that is not there yet, in a folder that is, and the machine around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.model import Machine
from tests.support.machines import machine


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "f"
    folder.mkdir()
    return folder / "mcp.json"
