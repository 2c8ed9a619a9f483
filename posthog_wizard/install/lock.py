"""One wizard at a time: a lock file in the state directory, which the system releases when its holder dies.

`filelock` would be the library; it costs 15 to 40 ms to import (asyncio, hashlib), more than everything else that
`add` imports beside typer.

Killed runs leave temporary files, which may hold a key. Whoever takes the lock removes those in our own folders, and a run
those beside its clients' files; who writes without the lock, and loses a temporary file that way, writes again.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posthog_wizard.errors import WriteRefused
from posthog_wizard.install.disk import LOCK, Disk
from posthog_wizard.install.files import own_directory, system_errors
from posthog_wizard.model import Machine
from posthog_wizard.own_files import PRIVATE, demand_lockless, is_temporary_name, temporary_of

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
    while True:
        try:
            if disk.lock(descriptor):
                return None
        except OSError as problem:  # no locks there: compare-and-swap is what protects, the lock only saves retries
            return demand_lockless(problem, path)
        if disk.monotonic() > deadline:
            holder = disk.read(descriptor).decode(errors="replace").strip() or "a process that does not say its name"
            raise WriteRefused(
                f"another wizard is at work: {holder} has had the lock for {WAIT:.0f} seconds",
                "wait until it is done, or end it, then run the command again",
                path=str(path),
            )
        disk.sleep(jittered(_PAUSE))


def jittered(seconds: float) -> float:
    """Half to one and a half times that long, so that those who wait do not all come back at once."""
    return seconds * (0.5 + os.urandom(1)[0] / 255)


# ------------------------------------------------------------------ what killed runs left


def leftovers(path: Path, disk: Disk) -> tuple[Path, ...]:
    """Those of runs that were killed while they wrote this file; none where nobody can look."""
    target = disk.resolve(path)
    return tuple(target.with_name(name) for name in _names(target.parent, disk) if is_temporary_name(name, target.name))


def own_leftovers(machine: Machine, disk: Disk) -> tuple[Path, ...]:
    """The same for every file of ours: keys, profiles, journal, logs."""
    folders = (machine.state_directory, machine.state_directory / "journal", machine.config_directory)
    # The profiles may be a link into a folder of the user's.
    ours = (folder / name for folder in folders for name in _names(folder, disk) if temporary_of(name))
    return tuple(dict.fromkeys((*ours, *leftovers(machine.config_directory / "config.toml", disk))))


def sweep(paths: Iterable[Path], disk: Disk) -> None:
    """Remove them, as far as that is possible. Only for who has the lock: others may be writing."""
    for path in paths:
        with suppress(OSError):
            disk.remove(path)


def _names(folder: Path, disk: Disk) -> list[str]:
    with suppress(OSError):
        return sorted(disk.listdir(folder))
    return []
