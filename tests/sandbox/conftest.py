"""A sandbox for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from posthog_wizard.sandbox.engine import Engine
from tests.support.leafline import Event, events, opened
from tests.support.sandboxes import Caller, sandbox


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Caller]:
    with sandbox(tmp_path / "sandbox") as caller:
        yield caller


@pytest.fixture(scope="session")
def leafline_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample data, made once, where a killed process had begun to make it."""
    folder = tmp_path_factory.mktemp("leafline")
    (folder / "making-half").mkdir()
    (folder / "making-half/rows.json").touch()
    return folder


@pytest.fixture(scope="session")
def engine(leafline_directory: Path) -> Iterator[Engine]:
    opened_engine = opened(leafline_directory)
    yield opened_engine
    opened_engine.close()


@pytest.fixture(scope="session")
def raw(engine: Engine, leafline_directory: Path) -> tuple[Event, ...]:
    """Every event, in plain Python."""
    engine.query({"kind": "HogQLQuery", "query": "SELECT 1"})
    return events(leafline_directory)
