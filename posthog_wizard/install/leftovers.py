"""Temporary files of runs that were killed: where they are, and how they go.

They may hold a key. Whoever takes the lock removes those in our own folders, and a run those beside its clients' files.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from posthog_wizard.install.disk import Disk
from posthog_wizard.model import Machine
from posthog_wizard.own_files import is_temporary_name, temporary_of

_PROFILES = "config.toml"  # may be a link into a folder of the user's


def leftovers(path: Path, disk: Disk) -> tuple[Path, ...]:
    """Those of runs that were killed while they wrote this file; none where nobody can look."""
    target = disk.resolve(path)
    return tuple(target.with_name(name) for name in _names(target.parent, disk) if is_temporary_name(name, target.name))


def own_leftovers(machine: Machine, disk: Disk) -> tuple[Path, ...]:
    """The same for every file of ours: keys, profiles, journal, logs."""
    folders = (machine.state_directory, machine.state_directory / "journal", machine.config_directory)
    ours = (folder / name for folder in folders for name in _names(folder, disk) if temporary_of(name))
    return tuple(dict.fromkeys((*ours, *leftovers(machine.config_directory / _PROFILES, disk))))


def sweep(paths: Iterable[Path], disk: Disk) -> None:
    """Remove them, as far as that is possible. Only for who has the lock: others may be writing."""
    for path in paths:
        with suppress(OSError):
            disk.remove(path)


def _names(folder: Path, disk: Disk) -> list[str]:
    with suppress(OSError):
        return sorted(disk.listdir(folder))
    return []
