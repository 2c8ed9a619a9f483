"""`mcp doctor` with ten clients beside one of them: they are tried side by side, not one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from posthog_wizard.tools import TOOLS
from tests.benchmarks.side_by_side import Timed, timed
from tests.support.mcp_process import KEY
from tests.support.quick_server import QuickServer, quick_server
from tests.support.serving import instance

pytestmark = pytest.mark.benchmark
WIZARD = str(Path(sys.executable).with_name("posthog-wizard"))
TEN = ("cursor", "zed", "vscode", "claude-code", "windsurf", "gemini-cli", "copilot-cli", "qwen-code", "kiro", "factory-droid")  # fmt: skip
FEATURES = sorted({tool.feature for tool in TOOLS} - {"api"})  # ten, so that no two entries are the same
ROUNDS = 5


@pytest.fixture(scope="module")
def slow() -> Iterator[QuickServer]:
    """A server that answers in half a second."""
    with quick_server(delay=0.5) as server:
        yield server


def surroundings(home: Path) -> Mapping[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1", "POSTHOG_PERSONAL_API_KEY": KEY}  # fmt: skip


def add_all(home: Path, words: Mapping[str, tuple[str, ...]]) -> None:
    """An entry for each client, with its words."""
    for client, said in words.items():
        command = [WIZARD, "mcp", "add", client, "--force", "--no-verify", *said]
        subprocess.run(command, env=surroundings(home), check=True, capture_output=True)


def doctors(home: Path) -> dict[str, Timed]:
    """Doctor for all of them, and for one."""
    named = {"posthog-wizard mcp doctor, ten clients": TEN, "one of them": TEN[:1]}
    return {
        name: Timed([WIZARD, "mcp", "doctor", *clients], surroundings(home), code=1)  # the proxy is a finding
        for name, clients in named.items()
    }


def test_ten_addresses_take_hardly_longer_than_one(slow: QuickServer, tmp_path: Path) -> None:
    add_all(tmp_path, {client: ("--mcp-url", f"{slow.url}/{client}") for client in TEN})
    _, wall = timed("doctor: entries with an address that answers in 0.5 s", doctors(tmp_path), ROUNDS)
    ten, one = wall.values()
    assert ten <= 1.4 * one  # 1.3, and 0.1 for noise


def test_ten_programs_beside_one(tmp_path: Path) -> None:
    with instance() as server:
        words = ("--host", server.url, "--features")
        add_all(tmp_path, {client: (*words, feature) for client, feature in zip(TEN, FEATURES, strict=True)})
        _, wall = timed("doctor: entries that start `mcp serve`", doctors(tmp_path), 3)
    ten, one = wall.values()
    assert ten <= 10 * one
