"""What stands in a folder."""

from __future__ import annotations

import stat
from pathlib import Path


def contents(folder: Path) -> list[str]:
    """Every path below a folder, sorted."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def snapshot(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def mode(path: Path) -> int:
    """The mode bits."""
    return stat.S_IMODE(path.stat().st_mode)
