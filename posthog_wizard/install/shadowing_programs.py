"""Programs in a project that would run in the place of ours, where an entry names ours without a path.

Windows, and the clients on it, look for a bare name in the current folder before the PATH, and clients start servers in
the project: https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from posthog_wizard.launcher import PROGRAM

_ENDINGS = ("", ".exe", ".com", ".bat", ".cmd", ".ps1")  # what can be started there without any setting up


def shadowing_programs(folder: Path) -> Iterator[Path]:
    """Files of our program's name in this folder, which should hold none."""
    return (path for ending in _ENDINGS if os.path.lexists(path := folder / f"{PROGRAM}{ending}"))
