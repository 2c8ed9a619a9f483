"""The pieces of code of a quick start, and the frameworks that they are run with: one version of each, installed once and kept."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from filelock import FileLock

from posthog_wizard.server.quickstarts import quickstart
from tests.support.guard import OUTSIDE
from tests.support.npm import CACHE, npm_lock

FOLDER = Path(__file__).parent / "quick_start_apps"
REQUIREMENTS = FOLDER / "requirements.txt"
TOKEN = "phc_Wd5Rk1Tz7Qp3Mx9Bv6Nc2Lf8Hs4Ga0Ju5Ye1Io7Ku"
PINNED: dict[str, str] = {
    **json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"],
    **dict(re.findall(r"^([\w-]+)==(\S+)$", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)),
}


def code(name: str, base: str) -> list[str]:
    """The pieces of a quick start that go into files, without the commands of a shell."""
    text = quickstart(name, base).replace("<project token>", TOKEN)
    return [
        piece for kind, piece in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if kind != "sh"
    ]


def checked_with(name: str) -> dict[str, str]:
    """The versions that a quick start names: package -> version."""
    line = re.search(r"^Checked with: (.*)\.$", quickstart(name, "https://us.posthog.com"), re.MULTILINE)
    return dict(pair.split(" ") for pair in line[1].split(", ")) if line else {}


def node_modules() -> Path:
    """Where the packages of npm are, as `package-lock.json` says."""
    return npm_lock(FOLDER) / "node_modules"


def python_packages() -> Path:
    """The folder for PYTHONPATH that has the packages of `requirements.txt`."""
    wanted = REQUIREMENTS.read_bytes() + sys.version.encode()
    folder = CACHE / "pip" / hashlib.sha256(wanted).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder)
    return folder


def _install(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(folder),
        "-r",
        str(REQUIREMENTS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=OUTSIDE)
    assert done.returncode == 0, f"pip could not install {REQUIREMENTS}:\n{done.stdout}\n{done.stderr}"
    (folder / "installed").touch()


def filled(template: str, pieces: list[str], mark: str = "#") -> str:
    """The template with the piece of that number for each line `# piece 0`, indented as the line is."""
    return re.sub(
        rf"^( *){mark} piece (\d+)$",
        lambda found: textwrap.indent(pieces[int(found[2])].rstrip("\n"), found[1]),
        template,
        flags=re.MULTILINE,
    )
