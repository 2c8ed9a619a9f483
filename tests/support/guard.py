"""What no test may touch: the home of whoever runs it, the network, the keyring. A plugin of pytest (see `conftest.py`).

An audit hook refuses it at once, with an OSError as the system would, and the test that asked fails in the end, whatever it
made of the error. HOME leads nowhere meanwhile, for this process and for children that inherit it; children that get a home
are watched by `tests/support/audit`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.audit.sitecustomize import LOOK_UPS, PROGRAMS, STARTS, is_here, note_start

Arguments = tuple[Any, ...]
REAL_HOME, REAL_BUS = (
    "TESTS_REAL_HOME",
    "TESTS_REAL_BUS",
)  # for the workers of pytest-xdist, whose HOME leads nowhere already
OUTSIDE = {
    **{name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"},  # that is for our own packages
    "HOME": os.environ.get(REAL_HOME) or str(Path.home()),
}  # for what fetches programs that tests need
NOWHERE = Path(tempfile.gettempdir()) / f"no-home-{os.getpid()}"
FORGOTTEN = ("XDG_", "POSTHOG_", "USERPROFILE", "DBUS_SESSION_BUS_ADDRESS")
STAYING = "POSTHOG_WIZARD_TEST_CACHE"
VAULTS = ("Security.framework", "advapi32", "libsecret")  # what asks the keyring past Python's sockets
CHANGING = ("mkdir", "remove", "rmdir", "rename", "link", "symlink", "chmod", "chown", "truncate", "utime")
refused: list[str] = []  # since the last test


class Refused(PermissionError):
    """No test may do that."""


def pytest_configure() -> None:
    """Leave the real home behind, and watch from now on."""
    os.environ.setdefault(REAL_HOME, OUTSIDE["HOME"])
    os.environ.setdefault(REAL_BUS, os.environ.get("DBUS_SESSION_BUS_ADDRESS", ""))
    for name in [name for name in os.environ if name.startswith(FORGOTTEN) and name != STAYING]:
        del os.environ[name]
    os.environ["HOME"] = str(NOWHERE)
    _guarded()  # now, before runs of the program change the environment
    _buses()
    sys.addaudithook(_watch)
    sys.settrace = _patiently(sys.settrace)


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Fail a test that reached for what is not its own."""
    with watching() as reached:
        yield
    made = NOWHERE.exists()
    if made:  # every test after this one would fail, too; a child, since this process may not touch it
        subprocess.run([sys.executable, "-c", "import shutil, sys; shutil.rmtree(sys.argv[1])", NOWHERE], check=True)
    assert reached == []
    assert not made, "a child process made its home"


@contextmanager
def watching() -> Iterator[list[str]]:
    """What is refused inside of the block, which then fails no test by itself."""
    before = len(refused)
    reached: list[str] = []
    try:
        yield reached
    finally:
        reached += refused[before:]
        del refused[before:]


def _patiently(settrace: Callable[[Any], None]) -> Callable[[Any], None]:
    """`settrace`, which waits for another thread's.

    Python 3.11 refuses to install a trace function while another thread is at it, and an audit hook written in Python lets other
    threads run in between: threads that start under coverage ended there (https://github.com/python/cpython/issues/98257).
    """

    def install(tracer: Any) -> None:
        while True:
            try:
                return settrace(tracer)
            except RuntimeError:
                time.sleep(0.001)

    return install


def _watch(event: str, arguments: Arguments) -> None:
    if event in STARTS and PROGRAMS in os.environ:
        note_start(event, arguments)
    look = CHECKS.get(event)
    what = look(arguments) if look else None
    if what:
        refused.append(what)
        raise Refused(13, f"no test may touch {what}")


def _beyond(arguments: Arguments) -> str | None:
    """The network, for the arguments of a look-up: everything but this computer."""
    return None if is_here(arguments[0]) else f"the network: {arguments[0]!r}"


def _peer(arguments: Arguments) -> str | None:
    """The same for a socket and its peer, which may be the bus that leads to the keyring."""
    address = arguments[1] if len(arguments) > 1 else None
    if isinstance(address, str | bytes) and os.fsdecode(address) in _buses():
        return f"the keyring: {address!r}"
    return None if address is None else _beyond((address,))


def _library(arguments: Arguments) -> str | None:
    return next((f"the keyring: {name}" for name in VAULTS if name in str(arguments[0])), None)


def _paths(arguments: Arguments) -> str | None:
    return next((f"the home: {path}" for path in arguments[:2] if _is_at_home(path)), None)


def _path(arguments: Arguments) -> str | None:
    return _paths(arguments[:1])


def _is_at_home(path: object) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False  # a descriptor: it was looked at when it was opened
    homes, own = _guarded()
    whole = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - a Path would be looked at again
    return whole.startswith(homes) and not whole.startswith(own)


@cache
def _guarded() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The homes, and what below them is not the person's but the tests' or Python's own."""
    homes = {os.environ[REAL_HOME], str(NOWHERE)}
    with suppress(ImportError, KeyError):
        import pwd

        homes.add(pwd.getpwuid(os.getuid()).pw_dir)
    kept = (OUTSIDE.get(STAYING), str(Path(__file__).parents[2]), sys.prefix, sys.base_prefix, tempfile.gettempdir())
    own = {path for path in (*kept, *sys.path, *sysconfig.get_paths().values()) if path}
    below = {path for path in own if any(path != home and path.startswith(home) for home in homes)}
    return tuple(sorted(homes)), tuple(sorted(below))


@cache
def _buses() -> frozenset[str]:
    """The sockets of this session's bus."""
    named = os.environ[REAL_BUS].partition("path=")[2].partition(",")[0]
    runtime = OUTSIDE.get("XDG_RUNTIME_DIR") or f"/run/user/{getattr(os, 'getuid', int)()}"
    return frozenset({named, f"{runtime}/bus"} - {""})


CHECKS: dict[str, Callable[[Arguments], str | None]] = {
    **dict.fromkeys(LOOK_UPS, _beyond),
    **dict.fromkeys(("socket.connect", "socket.sendto", "socket.sendmsg"), _peer),
    **dict.fromkeys(("open", "os.listdir", "os.scandir", "os.chdir"), _path),
    **{f"os.{name}": _paths for name in CHANGING},
    "shutil.rmtree": _path,
    "ctypes.dlopen": _library,
}
