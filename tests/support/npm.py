"""Programs from npm, at one version, installed once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from tests.support.guard import REAL_HOME

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
    _run_npm(folder, "install", "--no-save", *packages)


def _run_npm(folder: Path, *words: str) -> None:
    command = ["npm", *words, "--prefix", str(folder), "--no-audit", "--no-fund"]
    home = folder.parent / "home"  # npm and the programs that packages start while they are installed write there
    home.mkdir(exist_ok=True)
    registry = str(Path(os.environ.get(REAL_HOME, "~")).expanduser() / ".npmrc")  # which registry this machine has
    environment = {**os.environ, "HOME": str(home), "NPM_CONFIG_USERCONFIG": registry}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment)
    assert done.returncode == 0, f"npm could not {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
    (folder / "installed").touch()


def npm_lock(project: Path) -> Path:
    """The folder whose `node_modules` holds what the project's `package-lock.json` names."""
    files = [project / name for name in ("package.json", "package-lock.json")]
    folder = CACHE / "npm" / hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for file in files:
                shutil.copy(file, folder)
            _run_npm(folder, "install", "--no-save")
    return folder


def npm_program(name: str, version: str, program: str) -> Path:
    """A program that the package brings."""
    return npm_package(name, version) / "node_modules" / ".bin" / program
