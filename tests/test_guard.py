"""The tests' own guard fires: home, network and keyring are refused, and whoever hides that still fails."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import guard
from tests.support.program import REPOSITORY

REAL = Path(pwd.getpwuid(os.getuid()).pw_dir)
BUS = f"/run/user/{os.getuid()}/bus"
TOUCHES: dict[str, tuple[Callable[[], object], str]] = {
    "a file of the home is read": ((REAL / ".claude.json").read_text, "the home: "),
    "a file of the home is written": (lambda: (REAL / ".claude.json").open("a"), "the home: "),
    "by its descriptor's means": (lambda: os.open(REAL / ".netrc", os.O_RDONLY), "the home: "),
    "the home is listed": (lambda: list(REAL.iterdir()), "the home: "),
    "the home is walked": (lambda: os.scandir(REAL), "the home: "),
    "a folder is made in it": ((REAL / ".config/Claude").mkdir, "the home: "),
    "a file of it goes": ((REAL / ".claude.json").unlink, "the home: "),
    "a file moves into it": (lambda: Path("/nowhere/x").rename(REAL / ".claude.json"), "the home: "),
    "a folder of it goes": (lambda: shutil.rmtree(REAL / ".none"), "the home: "),
    "HOME": (lambda: Path("~/.claude.json").expanduser().read_text(), "the home: "),
    "a name is looked up": (lambda: socket.getaddrinfo("mcp.posthog.com", 443), "the network: 'mcp.posthog.com'"),
    "an address is connected to": (lambda: socket.create_connection(("192.0.2.1", 443), 0.1), "the network: "),
    "a datagram is sent": (
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
        "the network: ",
    ),
    "IPv6": (lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 443)), "the network: "),
    "the session's bus": (lambda: socket.socket(socket.AF_UNIX).connect(BUS), "the keyring: "),
    "the keychain": (lambda: ctypes.CDLL("/System/Library/Frameworks/Security.framework/Security"), "the keyring: "),
}
SUITE = f"""
import pathlib, pytest, subprocess, sys

@pytest.mark.parametrize("path", [{str(REAL / ".claude.json")!r}, "/nowhere/x"])
def test_it_hides_what_it_did(path):
    try:
        pathlib.Path(path).read_text()
    except OSError:
        pass

@pytest.mark.timeout(1)
def test_it_waits_for_a_child_for_ever():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"])
"""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("touch", "what"), TOUCHES.values(), ids=TOUCHES)
def test_what_no_test_may_touch(touch: Callable[[], object], what: str) -> None:
    with guard.watching() as reached, pytest.raises(guard.Refused):
        touch()
    assert [what in found for found in reached] == [True]


def test_who_hides_it_fails_and_who_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE)
    options = [
        "-p",
        "tests.support.guard",
        "-p",
        "no:cacheprovider",
        "-rA",
        "--rootdir",
        str(tmp_path),
        "-c",
        os.devnull,
    ]
    words = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.count("ERROR at teardown of test_it_hides_what_it_did") == 1
    assert "Failed: Timeout (>1.0s)" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].strip("= ").startswith("1 failed, 2 passed, 1 error in")


def test_what_is_here_is_let_through(tmp_path: Path) -> None:
    with guard.watching() as reached, socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        (tmp_path / "a file").write_text("")
        socket.getaddrinfo("localhost", 80)
    assert reached == []
