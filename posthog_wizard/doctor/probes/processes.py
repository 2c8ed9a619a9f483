"""A program that is started to be tried, and the end of it and of everything that it started.

It gets a session of its own, and everything of that session and all its descendants are gone afterwards; only what
daemonised itself before we looked could stay. On Windows `taskkill /T` does that.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # `kill`, a terminal that is closed; not every system has each
_ALIVE: set[subprocess.Popen[bytes]] = set()  # what was started and has not been ended yet, in any thread


class Process(NamedTuple):
    """One line of the system's list."""

    pid: int
    parent: int
    session: int  # 0 where the system does not say


def start_process(words: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that it and its children can be told apart. Raises OSError."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd=folder,
        start_new_session=True,
        bufsize=0,
    )
    _ALIVE.add(process)
    return process


def stop(process: subprocess.Popen[bytes], patience: float) -> None:
    """End the program politely, then it and all that it started without asking, within about `patience` seconds.

    Closing stdin is how a client leaves (https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle).
    """
    known = family(process.pid, running())
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    if not _wait(process, patience / 2):
        _terminate(process)
        _wait(process, patience / 2)
    for pid in survivors(process.pid, known, tuple(running())):
        _kill(pid)
    _end_at_once(process)


def end_all() -> None:
    """End whatever still runs, without asking: the examination is over, or the user wants it to be."""
    for process in tuple(_ALIVE):
        for one in family(process.pid, running()):
            _kill(one.pid)
        _end_at_once(process)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Where a signal would end us at once, leave as after Ctrl-C, so that nothing that was started stays behind.

    Python lets only the main thread of a process say so; in others nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = [getattr(signal, name) for name in _ENDINGS if hasattr(signal, name)]
    default = [one for one in known if signal.getsignal(one) is signal.SIG_DFL]
    before = {one: signal.signal(one, signal.default_int_handler) for one in default}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def family(pid: int, processes: Iterable[Process]) -> frozenset[Process]:
    """The processes of that one's session, and its descendants in others. It itself is not among them."""
    listed = tuple(processes)
    found = {one for one in listed if one.session == pid}
    new = found | {one for one in listed if one.pid == pid}
    while new:
        parents = {one.pid for one in new} | {pid}
        new = {one for one in listed if one.parent in parents} - found
        found |= new
    return frozenset(one for one in found if one.pid != pid)


def survivors(pid: int, known: Iterable[Process], now: Iterable[Process]) -> frozenset[int]:
    """Who of the family still runs, new ones included. A number that was given to a stranger meanwhile is left out."""
    listed = tuple(now)
    were = {(one.pid, one.session) for one in known}
    return frozenset(one.pid for one in listed if (one.pid, one.session) in were) | {
        one.pid for one in family(pid, listed)
    }


def running() -> Iterator[Process]:
    """Every process of the system. Windows, where `taskkill` knows the tree, gives none."""
    if _PROC.joinpath("self/stat").exists():
        return from_proc(_PROC)
    return from_ps(said_by_ps())


def from_proc(folder: Path) -> Iterator[Process]:
    """https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: what follows the name in parentheses."""
    for path in folder.iterdir():
        if path.name.isdigit():
            with suppress(OSError, ValueError):  # it ended meanwhile
                _, parent, _, session = path.joinpath("stat").read_text().rpartition(")")[2].split()[:4]
                yield Process(int(path.name), int(parent), int(session))


def from_ps(said: str) -> Iterator[Process]:
    """The list of `ps -o pid=,ppid=,pgid=`; on macOS ps names no session, but a leader's group comes close."""
    for line in said.splitlines():
        pid, parent, group = map(int, line.split())
        yield Process(pid, parent, group)


def said_by_ps() -> str:
    """What `from_ps` reads; nothing where there is no such program."""
    with suppress(OSError, subprocess.SubprocessError):
        command = ("ps", "-A", "-o", "pid=,ppid=,pgid=")
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    return ""


def _wait(process: subprocess.Popen[bytes], patience: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    return process.returncode is not None


def _terminate(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and its children with it."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGTERM)
        else:
            command = ("taskkill", "/T", "/F", "/PID", str(process.pid))
            subprocess.run(command, capture_output=True, timeout=5, check=False)


def _kill(pid: int) -> None:
    with suppress(OSError):
        os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


def _end_at_once(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    _ALIVE.discard(process)
