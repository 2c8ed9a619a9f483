"""The real thing for an entry that starts a program: start it as the client would, shake hands, try it, end it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import NamedTuple

from posthog_wizard.doctor.probes import processes
from posthog_wizard.doctor.probes.handshake import Harmless, Offer, no_call
from posthog_wizard.doctor.probes.probe_failure import ADD, FailureKind, ProbeFailure
from posthog_wizard.doctor.probes.stdio_session import StdioSession
from posthog_wizard.doctor.redaction import Redactor
from posthog_wizard.launcher import interpreter_of

_STOPPING = 2.0  # seconds in which a program ends when it is asked to; then it is killed
_SHARE = 1 / 3  # of the time that there is, at most that much for stopping


class Command(NamedTuple):
    """What a client starts, and how it starts it."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path


class ProbeResult(NamedTuple):
    """It works: what is offered, and after how many milliseconds. `noise` was on stdout and is no message."""

    offer: Offer
    milliseconds: int
    noise: str | None = None


def try_program(command: Command, until: float, redactor: Redactor, harmless: Harmless = no_call) -> ProbeResult:
    """Start, shake hands, list the tools, call a `harmless` one, and end everything by `until` of `time.monotonic()`.

    Raises ProbeFailure.
    """
    begun = time.monotonic()
    if begun >= until:
        fix = "give it more: `posthog-wizard mcp doctor --timeout 60`"
        raise ProbeFailure("hung", "there was no time left to start it", fix)
    stopping = max(0.1, min(_STOPPING, (until - begun) * _SHARE))
    words = (_found(command), *command.words[1:])
    try:
        process = processes.start_process(words, command.environment, command.folder)
    except (OSError, ValueError) as error:
        raise _unstartable(words[0], command.folder, error) from error
    try:
        session = StdioSession(process, until - stopping, redactor)
        offer = session.hold(harmless)
        return ProbeResult(offer, round((time.monotonic() - begun) * 1000), session.noise)
    finally:
        processes.stop(process, stopping)


def _found(command: Command) -> str:
    """The program's path: a bare name is looked up in the PATH that it is given, not in ours."""
    name = command.words[0]
    if os.path.dirname(name):  # noqa: PTH120 - pathlib drops a leading `./`
        return name
    path = command.environment.get("PATH", os.defpath)
    found = which(name, path=path)
    if found is None:
        raise not_on_the_path(name, path)
    return found


_RUN_ADD_AGAIN = f"run {ADD} again, which writes the command that works today"

# What the system says of a file that is there, and what that means.
_SAYINGS: dict[int | None, tuple[FailureKind, str]] = {
    errno.ENOENT: ("not-found", "does not exist"),
    errno.EACCES: ("not-executable", "may not be executed"),
    errno.EPERM: ("not-executable", "may not be executed"),
    errno.ENOEXEC: ("not-executable", "is not a program that this system can run"),
    errno.EISDIR: ("not-executable", "is a directory"),
    errno.ENOTDIR: ("not-found", "is not there: a part of its path is not a directory"),
}


def _unstartable(program: str, folder: Path, error: Exception) -> ProbeFailure:
    """The trouble that an error of `subprocess` is; `program` is what was to be started in `folder`."""
    if not folder.is_dir():
        told = f"the folder `{folder}`, in which it is started, does not exist"
        return ProbeFailure("not-found", told, _RUN_ADD_AGAIN)
    number = error.errno if isinstance(error, OSError) else None
    words = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    kind, story = _SAYINGS.get(number, ("not-executable", f"cannot be started: {words}"))
    told = f"the program `{program}` {story}"
    if number == errno.ENOENT and os.path.lexists(program):
        interpreter = interpreter_of(Path(program))
        named = f"the interpreter `{interpreter}` of `{program}`" if interpreter else f"what `{program}` needs to run"
        told = f"{named} does not exist"
    return ProbeFailure(kind, told, _RUN_ADD_AGAIN, {"program": program})


def not_on_the_path(program: str, path: str) -> ProbeFailure:
    """The trouble of a bare name that no folder of PATH holds."""
    told = f"no folder of the client's PATH holds the program `{program}`"
    return ProbeFailure("not-found", told, _RUN_ADD_AGAIN, {"program": program, "path": path})
