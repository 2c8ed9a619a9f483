"""Why the system did not start a program, in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from posthog_wizard.doctor.probes.probe_failure import ADD, FailureKind, ProbeFailure
from posthog_wizard.launcher import interpreter_of

_RUN_ADD_AGAIN = f"run {ADD} again, which writes the command that works today"

# What the system says of a file that is there, and what that means.
_SAYINGS: dict[int | None, tuple[FailureKind, str]] = {
    errno.EACCES: ("not-executable", "may not be executed"),
    errno.EPERM: ("not-executable", "may not be executed"),
    errno.ENOEXEC: ("not-executable", "is not a program that this system can run"),
    errno.EISDIR: ("not-executable", "is a directory"),
    errno.ENOTDIR: ("not-found", "is not there: a part of its path is not a directory"),
}


def unstartable(program: str, folder: Path, error: Exception) -> ProbeFailure:
    """The trouble that an error of `subprocess` is; `program` is what was to be started in `folder`."""
    if not folder.is_dir():
        return ProbeFailure(
            "not-found", f"the folder `{folder}`, in which it is started, does not exist", _RUN_ADD_AGAIN
        )
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT and os.path.lexists(program):
        interpreter = interpreter_of(Path(program))
        named = f"the interpreter `{interpreter}` of `{program}`" if interpreter else f"what `{program}` needs to run"
        return ProbeFailure("not-found", f"{named} does not exist", _RUN_ADD_AGAIN, {"program": program})
    if number == errno.ENOENT:
        return ProbeFailure(
            "not-found", f"the program `{program}` does not exist", _RUN_ADD_AGAIN, {"program": program}
        )
    kind, story = _SAYINGS.get(number, ("not-executable", f"cannot be started: {_words(error)}"))
    return ProbeFailure(kind, f"the program `{program}` {story}", _RUN_ADD_AGAIN, {"program": program})


def not_on_the_path(program: str, path: str) -> ProbeFailure:
    """The trouble of a bare name that no folder of PATH holds."""
    told = f"no folder of the client's PATH holds the program `{program}`"
    return ProbeFailure("not-found", told, _RUN_ADD_AGAIN, {"program": program, "path": path})


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
