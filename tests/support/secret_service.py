"""A session bus with gnome-keyring on it, in a home of its own: the real Secret Service, without a desktop.

`gnome-keyring-daemon --unlock` makes the login keyring with the password that it reads from stdin, or opens it; started
without that, the daemon finds the keyring locked, and there is nobody who could be asked for its password.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.program import command, surroundings

UNLOCKED = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null"
PATIENCE = 120  # seconds


def around(place: Path) -> dict[str, str]:
    """The environment of a session that looks for its keyring by itself."""
    runtime = place / ".run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    more = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(runtime)}
    environment = surroundings(place, more)
    del environment["PYTHON_KEYRING_BACKEND"]
    return environment


def in_session(place: Path, service: str, *lines: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run shell lines in a session bus of their own; `service` starts its keyring."""
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", "\n".join(["set -e", service, *lines])],
        cwd=place,
        env={**around(place), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def wizard(*arguments: str, after: Mapping[str, str] | None = None) -> str:
    """The shell line that runs the program."""
    return " ".join([shlex.join(command(arguments)), *(f"{sign} {where}" for sign, where in (after or {}).items())])
