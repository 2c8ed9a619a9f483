"""Another user of this machine: what belongs to that user, and what programs of that user can reach.

Root becomes that user; elsewhere `sudo` must do so without a password, as it must for `.ci/run`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NUMBER = 65534  # nobody: the same in every Linux distribution and container
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")
# The interpreter starts as root, since the stranger may not reach the folder that it stands in.
BECOME = f"import os, sys; os.setgroups([]); os.setgid({NUMBER}); os.setuid({NUMBER})\n"


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody can enter, unlike those of pytest: what lies in it has to protect itself."""
    with tempfile.TemporaryDirectory(prefix="posthog-wizard-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def give_away(path: Path) -> None:
    """Make a file or folder the stranger's."""
    subprocess.run([*AS_ROOT, "chown", "-h", str(NUMBER), str(path)], check=True)


def as_stranger(imports: str, code: str, *arguments: str) -> str:
    """What this Python code prints when the stranger runs it."""
    words = [*AS_ROOT, sys.executable, "-I", "-c", f"{imports}\n{BECOME}{code}", *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=True, cwd="/", timeout=60).stdout
