"""Generated text that was reviewed once and is compared from then on."""

from __future__ import annotations

from pathlib import Path


def reviewed(path: Path, made: str) -> str:
    """The reviewed text. Where there is none yet `made` is written to be reviewed, and this run fails."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
        raise AssertionError(f"{path.name} is new: look at it, then run again")
    return path.read_text(encoding="utf-8")
