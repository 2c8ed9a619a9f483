"""Real installations of this program by pip, pipx and uv, each in a home of its own that is no temporary folder.

Wheels are made of this tree, the second with a higher version. What they need comes through uv's cache, which is kept.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from tests.support.guard import OUTSIDE
from tests.support.npm import CACHE
from tests.support.pip import pip_program
from tests.support.program import Result

UV, PIPX = ("uv", "0.13.9"), ("pipx", "1.18.4")
ROOT = Path(__file__).parents[2]
MADE_OF = ("posthog_wizard", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
NEXT = "0.99.0"  # above every version of ours
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
PATIENCE = 300  # seconds, on a busy machine


class Home(NamedTuple):
    """A home with a client that only starts programs, and the installers."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        """One that has nothing of this process's."""
        return {
            "HOME": str(self.path),
            "PATH": f"{self.path}/.local/bin:{_folder(UV, 'uv')}:{_folder(PIPX, 'pipx')}:{SYSTEM}",
            "UV_CACHE_DIR": str(CACHE / "uv"),
            "UV_CONSTRAINT": str(ROOT / ".ci/constraints.txt"),
            "UV_PYTHON": sys.executable,
            "PIPX_DEFAULT_PYTHON": sys.executable,
            "PIPX_DEFAULT_BACKEND": "uv",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **{name: value for name, value in OUTSIDE.items() if name.startswith(("PIP_", "UV_", "SSL_", "http"))},
        }

    def run(self, *words: str | Path, stdin: str = "", **more: str) -> Result:
        """Run a program there, in an environment that has nothing of this one."""
        done = subprocess.run(
            [str(word) for word in words],
            env={**self.environment, **more},
            cwd=self.path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *words: str | Path, stdin: str = "") -> Result:
        """Run what has to succeed."""
        done = self.run(*words, stdin=stdin)
        assert done.code == 0, done.err
        return done


def _folder(tool: tuple[str, str], program: str) -> Path:
    return pip_program(*tool, program).parent


@contextmanager
def lasting_home() -> Iterator[Home]:
    """A home with Claude Desktop, beside the tools that are kept: entries to programs in temporary folders are refused."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="home-", ignore_cleanup_errors=True) as name:
        (Path(name) / ".config/Claude").mkdir(parents=True)
        yield Home(Path(name))


def wheels(folder: Path) -> tuple[Path, Path]:
    """The wheel of this tree, and the same with a higher version."""
    now, sources = wheel_of_now(folder), folder / "sources"
    (sources / "posthog_wizard/__init__.py").write_text(f'"""The next."""\n\n__version__ = "{NEXT}"\n')
    return now, _wheel(sources, folder / "next")


def wheel_of_now(folder: Path) -> Path:
    """The wheel of this tree."""
    sources = folder / "sources"
    for one in MADE_OF:
        copy = shutil.copytree if (ROOT / one).is_dir() else shutil.copy
        sources.mkdir(exist_ok=True)
        copy(ROOT / one, sources / one)
    return _wheel(sources, folder / "now")


def _wheel(sources: Path, target: Path) -> Path:
    uv = pip_program(*UV, "uv")
    with FileLock(CACHE / "uv.lock"):
        done = subprocess.run(
            [uv, "build", "-q", "--wheel", "--out-dir", target, sources],
            env={**OUTSIDE, "UV_CACHE_DIR": str(CACHE / "uv"), "UV_PYTHON": sys.executable},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return next(target.glob("*.whl"))
