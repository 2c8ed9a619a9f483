"""Programs from npm, at one version, installed once and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from tests.support.guard import OUTSIDE

CACHE = Path(os.environ.get("POSTHOG_WIZARD_TEST_CACHE") or Path(__file__).parents[2] / ".cache")


def npm_package(name: str, version: str, *beside: str) -> Path:
    """The folder whose `node_modules` holds the package; a package that cannot be installed fails the test.

    `beside` are packages that it needs and does not bring, each as `name@version`.
    """
    folder = CACHE / "npm" / f"{name.replace('/', '+')}@{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):  # tests run in several processes
        if not (folder / "installed").exists():
            _install(folder, f"{name}@{version}", *beside)
    return folder


def _install(folder: Path, *packages: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = ["npm", "install", "--prefix", str(folder), "--no-save", "--no-audit", "--no-fund", *packages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=OUTSIDE)
    assert done.returncode == 0, f"npm could not install {packages[0]}:\n{done.stdout}\n{done.stderr}"
    (folder / "installed").touch()


def npm_program(name: str, version: str, program: str) -> Path:
    """A program that the package brings."""
    return npm_package(name, version) / "node_modules" / ".bin" / program
