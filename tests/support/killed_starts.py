"""Starts of a sandbox, each killed at another step: `python killed_starts.py FOLDER` prints what the next start found.

A step is a call to the file system or to SQLite; the rows of the samples, which one transaction makes, count as one.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import traceback
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from posthog_wizard.sandbox.posthog import leafline

KILLED = 9
FILES = {"os.mkdir", "os.chmod", "sqlite3.connect"}


def die_at(step: int) -> None:
    """End this process at that step, as SIGKILL would."""
    steps = count()

    def took() -> None:
        if next(steps) == step:
            os._exit(KILLED)

    def see(event: str, values: tuple[Any, ...]) -> None:
        if event in FILES or (event == "open" and str(values[0]).endswith("sqlite")):  # modules are opened too
            took()

    def call(frame: FrameType, event: str, called: Any) -> None:
        of_samples = str(frame.f_locals.get("statement")).startswith("INSERT OR REPLACE")
        if event in {"c_call", "c_return"} and called.__name__ == "execute" and not of_samples:
            took()

    sys.addaudithook(see)
    sys.setprofile(call)


def killed(folder: Path, step: int) -> bool:
    """Whether a start that is killed at that step did not get to its end; one that fails ends this program."""
    child = os.fork()
    if child == 0:
        try:
            die_at(step)
            leafline(folder).close()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, KILLED}
    return code == KILLED


def found(folder: Path) -> dict[str, Any]:
    """What the next start has: how many projects, how long a key, and the modes of all files."""
    opened = leafline(folder)
    modes = sorted({f"{stat.S_IMODE(path.stat().st_mode):o}" for path in folder.iterdir()})
    seen = {"projects": len(opened.store.rows("projects")), "key": len(opened.key), "modes": modes}
    opened.close()
    return seen


if __name__ == "__main__":
    os.umask(0)
    starts = []
    for number in count():
        place = Path(sys.argv[1]) / str(number) / "posthog-wizard" / "sandbox"
        if not killed(place, number):
            break
        starts.append(found(place))
    sys.stdout.write(json.dumps(starts))
