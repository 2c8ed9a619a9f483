"""Take a key out of everything that we keep about earlier runs: the journal, saved texts, logs, temporary files.

A run keeps a token in the key's place, and an undo turns it back while the store holds that very key.
"""

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from posthog_wizard.errors import ConfigError
from posthog_wizard.install import files, journal
from posthog_wizard.install.compare_and_swap import Terms, compare_and_swap
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.install.history import read_history
from posthog_wizard.install.key_placeholder import mask_key, redact
from posthog_wizard.install.lock import hold, leftovers, sweep
from posthog_wizard.model import Change, Machine, Secret


def purge_key(
    machine: Machine, key: Secret, reference: object, host: str, *, disk: Disk | None = None
) -> tuple[Path, ...]:
    """Replace the key wherever it stands below our state directory. The files that could not be changed.

    `reference` tells where the key is kept, as `str` writes it; `host` is the base URL to which it is bound there.
    Temporary files go that a killed run left beside clients' files. Raises WriteRefused when another wizard does not
    let go of the lock.
    """
    disk = disk or this_disk()
    if not machine.state_directory.is_dir():
        return ()
    with hold(machine, disk, "key"):
        with suppress(ConfigError):  # what killed runs left behind, beside the files that they changed
            for record in (record for run in read_history(machine, disk).runs for record in run.records):
                sweep(leftovers(record.path, disk), disk)
        return tuple(path for path in _files(machine, disk) if not _clean(path, key, f"{reference}", host, disk))


def _clean(path: Path, key: Secret, reference: str, host: str, disk: Disk) -> bool:
    """Whether the file does not hold the key any more."""
    try:
        old = files.read_file(path, disk) or b""
        is_run = journal.RUN_FILE_NAME.fullmatch(path.name) is not None
        new = redact(old, key, reference, host) if is_run else mask_key(old, key)
        if new != old:
            compare_and_swap(Change(path, old, new), disk, Terms(private=True))
    except ConfigError:
        return False
    return True


def _files(machine: Machine, disk: Disk) -> Iterator[Path]:
    """Our files: runs, the texts that an undo saved, logs. Not the lock, which would be another file then."""
    for folder in (machine.state_directory, journal.folder(machine)):
        names: list[str] = []
        with suppress(FileNotFoundError):
            names = sorted(disk.listdir(folder))
        for name in names:
            if name != "lock" and _is_file(folder / name, disk):
                yield folder / name


def _is_file(path: Path, disk: Disk) -> bool:
    with suppress(OSError):
        return not disk.is_link(path) and stat.S_ISREG(disk.stat(path).st_mode)
    return False
