"""The container file, judged by the library that editors judge them with. No image is built here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.npm import npm_program
from tests.support.release import ROOT

pytestmark = pytest.mark.e2e
LINTER = ("dockerfile-utils", "0.16.3", "dockerfile-utils")


def test_the_container_file_is_one() -> None:
    words: list[str | Path] = [npm_program(*LINTER), "lint", ROOT / "Containerfile"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "")
