"""Whether we wrote an entry, for entries whose content alone does not tell: a development server's, for example.

The journal makes an entry ours though it was changed since, as long as no later run took it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.install.disk import Disk, this_disk
from posthog_wizard.model import Edit, Found, Json, KeyPath, Machine, equal

if TYPE_CHECKING:
    from posthog_wizard.install.history import History


def _history(machine: Machine, disk: Disk) -> History:
    from posthog_wizard.install.history import read_history  # noqa: PLC0415 - needed for few entries

    return read_history(machine, disk)


def written_entries(machine: Machine, disk: Disk) -> Iterator[tuple[Path, Edit]]:
    """What earlier runs wrote, and into which file, latest first; the journal is read when the first is asked for.

    What an undo put back is what stood there before us, perhaps somebody else's.
    """
    for run in reversed(_history(machine, disk).runs):
        for record in run.done if run.undoes is None else ():
            yield from ((record.path, edit) for edit in record.edits if edit.after is not None)


def written_by_us(machine: Machine) -> Callable[[Found, KeyPath, bytes], bool]:
    """The question whether an earlier run of ours put this value there. The journal is read when it is first asked.

    Values are compared by what they say, since clients write their files anew in their own layout.
    """
    written = cache(lambda: tuple(written_entries(machine, this_disk())))

    def asked(found: Found, keys: KeyPath, raw: bytes) -> bool:
        load = FORMATS[found.place.format].load
        return any(
            path == found.path
            and edit.keys == keys
            and (edit.after == raw or equal(load(edit.after or b"", keys), load(raw, keys)))
            for path, edit in written()
        )

    return asked


def made_by_us(machine: Machine) -> Callable[[Found, KeyPath], bool]:
    """The question whether an earlier run put a value where there was none; without keys: the file itself."""

    def asked(found: Found, keys: KeyPath) -> bool:
        records = (record for run in _history(machine, this_disk()).runs for record in run.done)
        return any(
            (edit.keys == keys and edit.before is None) if keys else record.before is None
            for record in records
            if record.path == found.path
            for edit in record.edits
        )

    return asked


def left_by_us(machine: Machine) -> Callable[[Found, KeyPath], Mapping[str, Json]]:
    """The question how our last run left an entry; empty where it left none. The journal is read when it is first asked.

    What an undo put back does not count: a stranger may have written it. Nor does what was taken back since.
    """
    history = cache(lambda: _history(machine, this_disk()))

    def asked(found: Found, keys: KeyPath) -> Mapping[str, Json]:
        left = (
            edit.after
            for run in reversed(history().runs)
            if run.undoes is None
            for record in history().left(run)
            if record.path == found.path
            for edit in reversed(record.edits)
            if edit.keys == keys
        )
        raw = next(left, None)
        entry = None if raw is None else FORMATS[found.place.format].load(raw, keys)
        return entry if isinstance(entry, Mapping) else {}

    return asked
