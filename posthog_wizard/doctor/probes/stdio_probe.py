"""The real thing for an entry that starts a program: start it as the client would, shake hands, try it, end it.

Without the MCP SDK: doctor has to tell noise, silence and half answers apart, and the SDK takes a second to import.
"""

import asyncio
import errno
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import IO, NamedTuple

from posthog_wizard.doctor.probes import processes
from posthog_wizard.doctor.probes.handshake import Harmless, Offer, SaidNo, answer_for, converse, is_answer, no_call
from posthog_wizard.doctor.probes.probe_failure import ADD, NEW_KEY, UNAUTHORIZED, FailureKind, ProbeFailure
from posthog_wizard.doctor.redaction import Redactor
from posthog_wizard.launcher import interpreter_of
from posthog_wizard.model import Json
from posthog_wizard.net.stdio import LineBuffer
from posthog_wizard.net.strict_json import decoded

_STOPPING = 2.0  # seconds in which a program ends when it is asked to; then it is killed
_SHARE = 1 / 3  # of the time that there is, at most that much for stopping
_LONGEST_LINE = 16 * 1024 * 1024  # bytes of one message
_AHEAD = 8  # lines that wait to be understood
_UNREAD = 8000  # bytes of answers to a program's questions, fewer than any system's pipe takes
_LOOK = 0.1  # seconds between looks whether anybody waits for them
_KEPT = 8192  # bytes of stderr, the last ones
_SHOWN = 5  # lines of it
_LAST_WORDS = 0.5  # seconds to wait for the exit code and the rest of stderr of a program that closed stdout
_BY_HAND = f"start the command of the entry by hand to see more, or run {ADD} again"
_MORE_TIME = "if it is only slow: `posthog-wizard mcp doctor --timeout 60`"
_ERROR = re.compile(r"(?i:\W*(?:[\w.]*error|fatal|panic)\b)|.*\b(?:ERROR|FATAL)\b")
_ADVICE = re.compile(r"\W*(?:hint|note|help|usage|npm \S+ A complete log)\b", re.IGNORECASE)
_CHUNK = 1 << 16  # bytes that are read at once
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
        session = _Session(process, until - stopping, redactor)
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


# ------------------------------------------------------------------ JSON-RPC by lines


class _Session:
    """One conversation. It must be over by `until` of `time.monotonic()`; the program is ended by the caller."""

    def __init__(self, process: subprocess.Popen[bytes], until: float, redactor: Redactor) -> None:
        self.noise: str | None = None  # the first line of stdout that is no message
        self._process, self._until, self._redactor = process, until, redactor
        self._seconds = until - time.monotonic()
        self._heard: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._over, self._unread = False, _UNREAD
        self._stderr = b""
        self._stderr_reader = _in_background(self._read_stderr, process.stderr)
        _in_background(self._listen, process.stdout)

    def hold(self, harmless: Harmless) -> Offer:
        """Hold the conversation to its end. Raises ProbeFailure."""
        try:
            return asyncio.run(converse(harmless, self._exchange))
        except SaidNo as no:
            said, data = self._redactor.line(no.message), self._data()
            told = f"it runs, but answers `{no.method}` with an error: {said}"
            data["code"] = no.code if isinstance(no.code, int) else None
            if UNAUTHORIZED.search(said):
                raise ProbeFailure("refused", told, NEW_KEY, data) from no
            raise ProbeFailure("error", told, _BY_HAND, data) from no
        except ProbeFailure as failure:
            failure.data = {**self._data(), **failure.data}
            raise
        finally:
            self._over = True

    async def _exchange(self, message: dict[str, Json]) -> Json:
        """Send a message; the answer, if it is a request. Nothing else is done in this thread meanwhile."""
        self._say(message)
        while "id" in message:
            line = self._line()
            said = decoded(line)
            if not isinstance(said, dict):
                told = self._redactor.line(line[:_KEPT].decode("utf-8", "replace")) if line.strip() else None
                self.noise = self.noise or told
                continue
            if "method" in said and "id" in said:
                answer = answer_for(said)
                self._unread -= len(json.dumps(answer))
                if self._unread > 0:  # it might not read: a full pipe would hold us for ever
                    self._say(answer)
            if is_answer(said, message["id"]):
                return said
        return None

    def _say(self, message: dict[str, Json]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with suppress(OSError):  # it is gone: what it said last tells more
            if self._process.stdin is not None:
                self._process.stdin.write(line)

    def _line(self) -> bytes:
        """The next line of stdout. Raises ProbeFailure when there is none, or none in time."""
        left = self._until - time.monotonic()
        if left <= 0:  # also for a program that floods us
            raise self._hung()
        try:
            line = self._heard.get(timeout=left)
        except queue.Empty:
            raise self._hung() from None
        if line is None:
            raise self._ended()
        return line

    # -------------------------------------------------------------- what went wrong

    def _hung(self) -> ProbeFailure:
        seconds = f"within {self._seconds:.1f} seconds"
        if self.noise is not None:
            told = f"it wrote `{self.noise}` to standard output, where only messages may stand, and no answer {seconds}"
            return ProbeFailure("noise", told, _BY_HAND)
        return ProbeFailure("hung", f"it started, but did not answer {seconds}", f"{_MORE_TIME}; {_BY_HAND}")

    def _ended(self) -> ProbeFailure:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS)
        self._stderr_reader.join(_LAST_WORDS)
        code, how = self._process.returncode, "it closed its standard output"
        if code is not None and code >= 0:
            how = f"it ended with exit code {code}"
        elif code is not None:  # where the system has signals
            names = {one.value: one.name for one in signal.Signals}
            how = f"it ended by the signal {names.get(-code, -code)}"
        said = self._last_words() or ((self.noise,) if self.noise else ())
        told = [line for line in said if not _ADVICE.match(line)] or said
        errors = [line for line in told if _ERROR.match(line)]  # what comes after the last one may be advice
        last = f": {(errors or told)[-1]}" if told else ""
        return ProbeFailure("crashed", f"{how} before it answered{last}", _BY_HAND)

    def _data(self) -> dict[str, Json]:
        """What a person who looks into it needs: exit code and last lines of stderr, masked."""
        return {"exit_code": self._process.returncode, "stderr": list(self._last_words())}

    def _last_words(self) -> tuple[str, ...]:
        return self._redactor.lines(self._stderr.decode("utf-8", "replace"), _SHOWN)

    # -------------------------------------------------------------- in the background

    def _listen(self, stdout: IO[bytes]) -> None:
        buffer = LineBuffer(_LONGEST_LINE)
        while some := stdout.read(_CHUNK):
            self._hear(*buffer.lines(some))
        self._hear(*buffer.rest(), None)

    def _hear(self, *lines: bytes | None) -> None:
        """Hand lines over. Who floods has to wait while somebody listens, so that memory does not grow; then no more."""
        for line in lines:
            while not self._over:
                with suppress(queue.Full):
                    self._heard.put(line, timeout=_LOOK)
                    break

    def _read_stderr(self, stderr: IO[bytes]) -> None:
        while some := stderr.read(_CHUNK):
            self._stderr = (self._stderr + some)[-_KEPT:]


def _in_background(read: Callable[[IO[bytes]], None], pipe: IO[bytes] | None) -> threading.Thread:
    """A thread that empties a pipe, so that the program never waits for us, and closes it."""

    def drain() -> None:
        if pipe is not None:
            with suppress(OSError), pipe:
                read(pipe)

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    return thread
