"""The real thing for an entry that starts a program: start it as the client would, shake hands, try it, end it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import NamedTuple

from posthog_wizard.doctor.probes import processes
from posthog_wizard.doctor.probes.handshake import Harmless, Offer, no_call
from posthog_wizard.doctor.probes.probe_failure import ProbeFailure
from posthog_wizard.doctor.probes.stdio_session import StdioSession
from posthog_wizard.doctor.probes.unstartable import not_on_the_path, unstartable
from posthog_wizard.doctor.redaction import Redactor

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
        raise ProbeFailure(
            "hung", "there was no time left to start it", "give it more: `posthog-wizard mcp doctor --timeout 60`"
        )
    stopping = max(0.1, min(_STOPPING, (until - begun) * _SHARE))
    words = (_found(command), *command.words[1:])
    try:
        process = processes.start_process(words, command.environment, command.folder)
    except (OSError, ValueError) as error:
        raise unstartable(words[0], command.folder, error) from error
    try:
        dialogue = StdioSession(process, until - stopping, redactor)
        offer = dialogue.hold(harmless)
        return ProbeResult(offer, round((time.monotonic() - begun) * 1000), dialogue.noise)
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
