"""Loaded by every child process of the tests: no byte may leave the computer, and every program started is written down.

Child processes find this file through PYTHONPATH; `WIZARD_PROGRAMS` names the file that the command lines go to.
"""

from __future__ import annotations

import ipaddress
import os
import sys

PROGRAMS = "WIZARD_PROGRAMS"
STARTS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"}
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.connect"}


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in STARTS:
        note_start(event, arguments)
    if event in LOOK_UPS and not is_here(arguments[1] if event == "socket.connect" else arguments[0]):
        raise OSError("no network in tests")


def note_start(event: str, arguments: tuple[object, ...]) -> None:
    line = [part for part in arguments if not hasattr(part, "keys")]  # without the environment, where a key may travel
    with open(os.environ[PROGRAMS], "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is heavy here
        file.write(f"{event} {line!r}\n")


def is_here(address: object) -> bool:
    name = address[0] if isinstance(address, tuple) else address
    text = name.decode() if isinstance(name, bytes) else str(name)
    try:
        return (isinstance(address, str | bytes) and text.startswith("/")) or ipaddress.ip_address(text).is_loopback
    except ValueError:
        return text == "localhost"


class WithoutTrio:
    """Selenium brings trio along, httpcore loads it where it is there, and it starts `ldconfig`; no user has it."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "trio":
            raise ModuleNotFoundError(name)


if PROGRAMS in os.environ:
    sys.meta_path.insert(0, WithoutTrio)
    sys.addaudithook(watch)
