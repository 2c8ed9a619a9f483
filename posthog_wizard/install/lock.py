"""One wizard at a time: a lock file in the state directory, which the system releases when its holder dies.

`filelock` would be the library; it costs 15 to 40 ms to import (asyncio, hashlib), more than everything else that
`add` imports beside typer.

Whoever takes it sweeps what killed runs left in our folders; who writes there without it, and loses a temporary file
that way, writes again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posthog_wizard.errors import WriteRefused
from posthog_wizard.install.disk import LOCK, Disk
from posthog_wizard.install.files import own_directory, system_errors
from posthog_wizard.install.leftovers import own_leftovers, sweep
from posthog_wizard.model import Machine
from posthog_wizard.own_files import PRIVATE, demand_lockless

WAIT = 10.0  # seconds
_PAUSE = 0.01
_HOLDER = 200  # bytes in which the holder's process and command are told


@contextmanager
def hold(machine: Machine, disk: Disk, command: str) -> Iterator[None]:
    """Keep every other wizard of this user waiting, and clean up after those that were killed.

    Raises WriteRefused, which names the other process, when it does not finish within `WAIT` seconds.
    """
    path = machine.state_directory / "lock"
    with system_errors(path, WriteRefused, "write"):
        own_directory(machine.state_directory, disk)
        descriptor = disk.open(path, LOCK, PRIVATE)
    try:
        with system_errors(path, WriteRefused, "lock"):
            _wait(descriptor, path, disk)
            sweep(own_leftovers(machine, disk), disk)
            disk.write(descriptor, f"process {os.getpid()} (`{command}`)".encode()[:_HOLDER].ljust(_HOLDER))
        yield
    finally:
        disk.close(descriptor)


def _wait(descriptor: int, path: Path, disk: Disk) -> None:
    deadline = disk.monotonic() + WAIT
    while not _lock(descriptor, path, disk):
        if disk.monotonic() > deadline:
            holder = disk.read(descriptor).decode(errors="replace").strip() or "a process that does not say its name"
            raise WriteRefused(
                f"another wizard is at work: {holder} has had the lock for {WAIT:.0f} seconds",
                "wait until it is done, or end it, then run the command again",
                path=str(path),
            )
        disk.sleep(jittered(_PAUSE))


def _lock(descriptor: int, path: Path, disk: Disk) -> bool:
    """Where the file system has no locks we go on: compare-and-swap is what protects, the lock only saves retries."""
    try:
        return disk.lock(descriptor)
    except OSError as problem:
        demand_lockless(problem, path)
        return True


def jittered(seconds: float) -> float:
    """Half to one and a half times that long, so that those who wait do not all come back at once."""
    return seconds * (0.5 + os.urandom(1)[0] / 255)
